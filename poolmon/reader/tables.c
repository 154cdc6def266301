/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/memory.h"
#include "reader/visit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TABLES_BATCH (16u << 10) /* bytes of records that are read at a time */

/* How many of `left` records of `size` bytes to read next. */
static size_t tables_batch(size_t left, size_t size)
{
	size_t most = TABLES_BATCH / size;

	return left < most ? left : most;
}

void visit_drop_tables(struct reader_tables *tables)
{
	if (!tables || --tables->references > 0)
		return;
	free(tables->sites);
	free(tables->pools);
	free(tables->classes);
	free(tables->modules);
	free(tables->frames);
	free(tables->strings);
	free(tables);
}

static int tables_check_frames(const struct segment_visit *visit, const char *what, size_t index,
			       uint32_t first, uint32_t count)
{
	uint32_t frames = visit->file.sections[POOLTAG_SECTION_FRAMES].count;

	if (first <= frames && count <= frames - first)
		return 0;
	return file_fault(visit->fault, READER_INDEX, "%s %zu: frames %u and %u more of %u", what,
			  index, first, count, frames);
}

static int tables_check_site(const struct segment_visit *visit, size_t index,
			     const struct pooltag_site *site)
{
	const struct pooltag_section *sections = visit->file.sections;

	if (site->pool >= POOLTAG_POOL_MAX)
		return file_fault(visit->fault, READER_INDEX, "site %zu: pool %u", index,
				  site->pool);
	if (site->module != POOLTAG_NO_MODULE &&
	    site->module >= sections[POOLTAG_SECTION_MODULES].count)
		return file_fault(visit->fault, READER_INDEX, "site %zu: module %u of %u", index,
				  site->module, sections[POOLTAG_SECTION_MODULES].count);
	if (site->function && site->function >= sections[POOLTAG_SECTION_STRINGS].count)
		return file_fault(visit->fault, READER_STRING, "site %zu: offset %u of %u", index,
				  site->function, sections[POOLTAG_SECTION_STRINGS].count);
	return tables_check_frames(visit, "site", index, site->first_frame, site->frame_count);
}

static int tables_load_sites(const struct segment_visit *visit, struct reader_tables *tables,
			     size_t old)
{
	for (size_t i = old; i < tables->site_count;) {
		struct pooltag_site batch[TABLES_BATCH / sizeof(struct pooltag_site)];
		size_t count = tables_batch(tables->site_count - i, sizeof(batch[0]));

		if (file_read_records(&visit->file, POOLTAG_SECTION_SITES, i, count, batch,
				      sizeof(batch[0]), visit->fault))
			return -1;
		for (size_t k = 0; k < count; k++, i++) {
			const struct pooltag_site *site = &batch[k];
			uint8_t pool = tables->locked ? POOLTAG_POOL_NONPAGED : site->pool;

			if (tables_check_site(visit, i, site))
				return -1;
			tables->sites[i] = (struct reader_site){
				.tag = site->tag,
				.pool = pool,
				.source = site->source,
				.frame_count = site->frame_count,
				.address = site->address,
				.module = site->module,
				.function = site->function,
				.function_offset = site->function_offset,
				.first_frame = site->first_frame,
			};
			tables->pools[i] = pool;
		}
	}
	return 0;
}

static int tables_load_modules(const struct segment_visit *visit, struct reader_tables *tables,
			       size_t old)
{
	for (size_t i = old; i < tables->module_count; i++) {
		struct pooltag_module module;
		struct reader_module *copy = &tables->modules[i];

		if (file_read_records(&visit->file, POOLTAG_SECTION_MODULES, i, 1, &module,
				      sizeof(module), visit->fault))
			return -1;
		if (module.path && module.path >= tables->string_bytes)
			return file_fault(visit->fault, READER_STRING,
					  "module %zu: offset %u of %zu", i, module.path,
					  tables->string_bytes);
		if (module.build_id_size > sizeof(module.build_id))
			return file_fault(visit->fault, READER_INDEX,
					  "module %zu: build id of %u bytes", i,
					  module.build_id_size);
		copy->load_address = module.load_address;
		copy->start = module.start;
		copy->end = module.end;
		copy->path = module.path;
		copy->build_id_size = module.build_id_size;
		memcpy(copy->build_id, module.build_id, sizeof(copy->build_id));
	}
	return 0;
}

static int tables_load_frames(const struct segment_visit *visit, struct reader_tables *tables,
			      size_t old)
{
	for (size_t i = old; i < tables->frame_count;) {
		struct pooltag_frame batch[TABLES_BATCH / sizeof(struct pooltag_frame)];
		size_t count = tables_batch(tables->frame_count - i, sizeof(batch[0]));

		if (file_read_records(&visit->file, POOLTAG_SECTION_FRAMES, i, count, batch,
				      sizeof(batch[0]), visit->fault))
			return -1;
		for (size_t k = 0; k < count; k++, i++) {
			if (batch[k].module != POOLTAG_NO_MODULE &&
			    batch[k].module >= tables->module_count)
				return file_fault(visit->fault, READER_INDEX,
						  "frame %zu: module %u of %zu", i, batch[k].module,
						  tables->module_count);
			tables->frames[i] = (struct reader_frame){.address = batch[k].address,
								  .module = batch[k].module};
		}
	}
	return 0;
}

static int tables_check_sample(const struct segment_visit *visit, size_t index,
			       const struct pooltag_sample *sample)
{
	uint32_t sites = visit->file.sections[POOLTAG_SECTION_SITES].count;

	if (tables_check_frames(visit, "sample", index, sample->first_frame, sample->frame_count))
		return -1;
	if (sample->site >= sites)
		return file_fault(visit->fault, READER_INDEX, "sample %zu: site %u of %u", index,
				  sample->site, sites);
	return 0;
}

int visit_load_samples(struct segment_visit *visit)
{
	size_t count = visit->file.sections[POOLTAG_SECTION_SAMPLES].count;

	if (!(visit->wants & READER_WANT_STACKS))
		return 0;
	visit->samples = memory_resized(visit->samples, count, sizeof(*visit->samples));
	for (size_t i = 0; i < count;) {
		struct pooltag_sample batch[TABLES_BATCH / sizeof(struct pooltag_sample)];
		size_t more = tables_batch(count - i, sizeof(batch[0]));

		if (file_read_records(&visit->file, POOLTAG_SECTION_SAMPLES, i, more, batch,
				      sizeof(batch[0]), visit->fault))
			return -1;
		for (size_t k = 0; k < more; k++, i++) {
			if (tables_check_sample(visit, i, &batch[k]))
				return -1;
			visit->samples[i] = (struct reader_sample){
				.site = batch[k].site,
				.first_frame = batch[k].first_frame,
				.frame_count = batch[k].frame_count,
				.samples = batch[k].samples,
				.blocks = batch[k].blocks,
				.bytes = batch[k].bytes,
			};
		}
	}
	visit->sample_count = count;
	return 0;
}

int visit_load_lookasides(struct segment_visit *visit)
{
	const struct pooltag_section *sections = visit->file.sections;
	size_t count = sections[POOLTAG_SECTION_LOOKASIDES].count;

	if (!(visit->wants & READER_WANT_LOOKASIDES) || count == 0)
		return 0;
	visit->lookasides = memory_resized(visit->lookasides, count, sizeof(*visit->lookasides));
	if (file_read_records(&visit->file, POOLTAG_SECTION_LOOKASIDES, 0, count, visit->lookasides,
			      sizeof(*visit->lookasides), visit->fault))
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct pooltag_lookaside *list = &visit->lookasides[i];

		if (list->pool >= POOLTAG_POOL_MAX)
			return file_fault(visit->fault, READER_INDEX, "lookaside %zu: pool %u", i,
					  list->pool);
		if (list->module != POOLTAG_NO_MODULE &&
		    list->module >= sections[POOLTAG_SECTION_MODULES].count)
			return file_fault(visit->fault, READER_INDEX,
					  "lookaside %zu: module %u of %u", i, list->module,
					  sections[POOLTAG_SECTION_MODULES].count);
		if (list->function && list->function >= sections[POOLTAG_SECTION_STRINGS].count)
			return file_fault(visit->fault, READER_STRING,
					  "lookaside %zu: offset %u of %u", i, list->function,
					  sections[POOLTAG_SECTION_STRINGS].count);
	}
	visit->lookaside_count = count;
	return 0;
}

int visit_load_peaks(struct segment_visit *visit)
{
	size_t sites = visit->segment->tables->site_count;

	if (!(visit->wants & READER_WANT_PEAKS))
		return 0;
	if (file_reload_count(&visit->file, POOLTAG_SECTION_PEAKS, visit->fault))
		return -1;
	/* Those of a segment that is full are in its writer's own memory. */
	if (visit->file.sections[POOLTAG_SECTION_PEAKS].count < sites)
		return 0;
	visit->peaks = memory_resized(visit->peaks, sites, sizeof(*visit->peaks));
	return file_read_records(&visit->file, POOLTAG_SECTION_PEAKS, 0, sites, visit->peaks,
				 sizeof(*visit->peaks), visit->fault);
}

static int tables_load_strings(const struct segment_visit *visit, struct reader_tables *tables,
			       size_t old)
{
	const struct pooltag_section *section = &visit->file.sections[POOLTAG_SECTION_STRINGS];

	if (section->stride != 1)
		return file_fault(visit->fault, READER_SECTION, "STRINGS: stride %u",
				  section->stride);
	if (file_pread(&visit->file, section->offset + old, tables->strings + old,
		       tables->string_bytes - old, visit->fault))
		return -1;
	tables->strings[tables->string_bytes] = '\0';
	if (tables->string_bytes &&
	    (tables->strings[0] != '\0' || tables->strings[tables->string_bytes - 1] != '\0'))
		return file_fault(visit->fault, READER_STRING, "the table does not end with a NUL");
	return 0;
}

static int tables_compare_classes(const void *left, const void *right)
{
	const struct reader_class *a = left;
	const struct reader_class *b = right;

	if (a->pool != b->pool)
		return a->pool < b->pool ? -1 : 1;
	return (a->size > b->size) - (a->size < b->size);
}

/* The sizes of blocks, which are written once. */
static int tables_load_classes(const struct segment_visit *visit, struct reader_tables *tables)
{
	size_t count = visit->file.sections[POOLTAG_SECTION_CLASSES].count;

	tables->classes = memory_zeroed(count, sizeof(*tables->classes));
	for (size_t i = 0; i < count;) {
		struct pooltag_class batch[TABLES_BATCH / sizeof(struct pooltag_class)];
		size_t more = tables_batch(count - i, sizeof(batch[0]));

		if (file_read_records(&visit->file, POOLTAG_SECTION_CLASSES, i, more, batch,
				      sizeof(batch[0]), visit->fault))
			return -1;
		for (size_t k = 0; k < more; k++, i++) {
			const struct pooltag_class *class = &batch[k];

			if (class->pool >= POOLTAG_POOL_MAX || class->header > class->size ||
			    !class->size)
				return file_fault(visit->fault, READER_INDEX,
						  "class %zu: pool %u, header %u of %u bytes", i,
						  class->pool, class->header, class->size);
			tables->classes[i] = (struct reader_class){
				.size = class->size, .header = class->header, .pool = class->pool};
		}
	}
	tables->class_count = count;
	if (count)
		qsort(tables->classes, count, sizeof(*tables->classes), tables_compare_classes);
	return 0;
}

uint64_t reader_class_of(const struct reader_tables *tables, unsigned pool, uint64_t bytes)
{
	uint64_t step = 16;

	for (size_t i = 0; i < tables->class_count; i++) {
		if (tables->classes[i].pool == pool && tables->classes[i].size >= bytes)
			return tables->classes[i].size;
	}
	while (step < UINT64_MAX / 16 && 8 * step <= bytes)
		step *= 2;
	return (bytes + step - 1) / step * step;
}

/* `count` records of `size` bytes in new memory, the first `old_count` of them copied from `old`.
 */
static void *tables_grown(const void *old, size_t old_count, size_t count, size_t size)
{
	char *grown = memory_zeroed(count, size);

	if (old_count)
		memcpy(grown, old, old_count * size);
	return grown;
}

/* Snapshots share tables: a table that grows is replaced, never changed. */
int visit_load_tables(struct segment_visit *visit)
{
	struct reader_tables *old = visit->segment->tables;
	const struct pooltag_section *sections = visit->file.sections;
	/* Frames may be hundreds of megabytes: only for those who look at them. */
	size_t frame_count = visit->wants & READER_WANT_STACKS
				     ? sections[POOLTAG_SECTION_FRAMES].count
				     : old->frame_count;
	bool locked = visit->file.header.flags & POOLTAG_FLAG_LOCKED;
	struct reader_tables *tables;

	if (old->locked == locked && old->site_count == sections[POOLTAG_SECTION_SITES].count &&
	    old->module_count == sections[POOLTAG_SECTION_MODULES].count &&
	    old->frame_count == frame_count &&
	    old->string_bytes == sections[POOLTAG_SECTION_STRINGS].count)
		return 0;
	tables = memory_zeroed(1, sizeof(*tables));
	tables->references = 1;
	/* Sites in another pool are others to whoever has made rows of them. */
	tables->serial = old->locked == locked ? old->serial : visit_next_serial();
	tables->locked = locked;
	tables->site_count = sections[POOLTAG_SECTION_SITES].count;
	tables->module_count = sections[POOLTAG_SECTION_MODULES].count;
	tables->frame_count = frame_count;
	tables->string_bytes = sections[POOLTAG_SECTION_STRINGS].count;
	tables->sites = tables_grown(old->sites, old->site_count, tables->site_count,
				     sizeof(*tables->sites));
	tables->pools = tables_grown(old->pools, old->site_count, tables->site_count, 1);
	tables->modules = tables_grown(old->modules, old->module_count, tables->module_count,
				       sizeof(*tables->modules));
	tables->frames = tables_grown(old->frames, old->frame_count, tables->frame_count,
				      sizeof(*tables->frames));
	tables->strings =
		tables_grown(old->strings, old->string_bytes, tables->string_bytes + 1, 1);
	if (tables_load_strings(visit, tables, old->string_bytes) ||
	    tables_load_modules(visit, tables, old->module_count) ||
	    tables_load_frames(visit, tables, old->frame_count) ||
	    tables_load_sites(visit, tables, old->locked == locked ? old->site_count : 0) ||
	    tables_load_classes(visit, tables)) {
		visit_drop_tables(tables);
		return -1;
	}
	visit_drop_tables(old);
	visit->segment->tables = tables;
	return 0;
}
