/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/segment.h"

#include "common/memory.h"
#include "common/text.h"
#include "reader/cells.h"
#include "reader/file.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What tells one segment from another under the same name. */
struct segment_identity {
	dev_t device;
	ino_t inode;
	uint64_t created_mono_ns;
	uint64_t created_real_ns;
};

struct segment {
	char *name;
	char *path;
	struct segment_identity identity;
	struct reader_tables *tables; /* NULL until first read */
	size_t chunk_count;
	struct pooltag_chunk *chunks;
	uint32_t shard_count; /* that the chunks were checked against */
	bool session_known;   /* a process stays in its login session */
	uint32_t login_session;
};

/* One refresh of one segment. */
struct segment_visit {
	struct segment *segment;
	struct file file;
	struct cells cells;
	struct pooltag_shard_counters shards;
	bool *inherited; /* by shard */
	unsigned wants;  /* enum reader_wants */
	struct reader_shard *shard_list;
	size_t sample_count;
	struct reader_sample *samples;
	struct segment_fault *fault;
};

static uint64_t segment_next_serial;

struct segment *segment_create(const char *directory, const char *name)
{
	struct segment *segment = memory_zeroed(1, sizeof(*segment));

	segment->name = memory_text(name);
	segment->path = memory_printed("%s/%s", directory, name);
	return segment;
}

static void segment_drop_tables(struct reader_tables *tables)
{
	if (!tables || --tables->references > 0)
		return;
	free(tables->sites);
	free(tables->modules);
	free(tables->frames);
	free(tables->strings);
	free(tables);
}

/* Forgets what was read: the file under the name is another one, or it is damaged. */
static void segment_forget(struct segment *segment)
{
	segment_drop_tables(segment->tables);
	segment->tables = NULL;
	free(segment->chunks);
	segment->chunks = NULL;
	segment->chunk_count = 0;
	segment->shard_count = 0;
}

void segment_destroy(struct segment *segment)
{
	if (!segment)
		return;
	segment_forget(segment);
	free(segment->name);
	free(segment->path);
	free(segment);
}

const char *segment_name(const struct segment *segment)
{
	return segment->name;
}

const char *segment_path(const struct segment *segment)
{
	return segment->path;
}

bool segment_parse_name(const char *name, uint64_t ret_numbers[3])
{
	const char *at = name;

	ret_numbers[2] = 0;
	for (int i = 0; i < 3; i++) {
		char *end;

		if (!isdigit((unsigned char)*at))
			return false;
		errno = 0;
		ret_numbers[i] = strtoull(at, &end, 10);
		if (errno)
			return false;
		if (*end == '\0')
			return i >= 1;
		if (*end != '.')
			return false;
		at = end + 1;
	}
	return false;
}

/* The number after the second dot is the writer's affair. */
static int segment_check_name(const struct segment_visit *visit)
{
	const struct pooltag_segment_header *header = &visit->file.header;
	uint64_t numbers[3];

	if (segment_parse_name(visit->segment->name, numbers) && numbers[0] == header->pid &&
	    numbers[1] == header->start_ticks)
		return 0;
	return file_fault(visit->fault, READER_NAME, "pid %u, start %" PRIu64 " in the header",
			  header->pid, header->start_ticks);
}

/* Whether the file holds less than it did: no honest writer takes anything back. */
static bool segment_shrank(const struct segment *segment, const struct file *file)
{
	const struct pooltag_section *sections = file->sections;

	return segment->tables &&
	       (segment->chunk_count > sections[POOLTAG_SECTION_CHUNKS].count ||
		segment->chunk_count > sections[POOLTAG_SECTION_CELLS].count ||
		segment->shard_count > sections[POOLTAG_SECTION_SHARDS].count ||
		segment->tables->site_count > sections[POOLTAG_SECTION_SITES].count ||
		segment->tables->module_count > sections[POOLTAG_SECTION_MODULES].count ||
		segment->tables->frame_count > sections[POOLTAG_SECTION_FRAMES].count ||
		segment->tables->string_bytes > sections[POOLTAG_SECTION_STRINGS].count);
}

/* Drops what is remembered of another file under this name. */
static void segment_identify(struct segment *segment, const struct file *file)
{
	struct segment_identity now;

	memset(&now, 0, sizeof(now));
	now.device = file->status.st_dev;
	now.inode = file->status.st_ino;
	now.created_mono_ns = file->header.created_mono_ns;
	now.created_real_ns = file->header.created_real_ns;
	if (memcmp(&segment->identity, &now, sizeof(now)) != 0 || segment_shrank(segment, file))
		segment_forget(segment);
	segment->identity = now;
	if (!segment->tables) {
		segment->tables = memory_zeroed(1, sizeof(*segment->tables));
		segment->tables->references = 1;
		segment->tables->serial = ++segment_next_serial;
		segment->tables->strings = memory_zeroed(1, 1);
	}
}

static int segment_reload(struct segment_visit *visit, const unsigned *types, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (file_reload_count(&visit->file, types[i], visit->fault))
			return -1;
	}
	return 0;
}

/* Reads the shards; `only_returned` before the frees are read, everything else after. */
static int segment_load_shards(struct segment_visit *visit, bool only_returned)
{
	struct pooltag_shard_counters sum = {0};
	uint32_t count = visit->file.sections[POOLTAG_SECTION_SHARDS].count;

	visit->inherited = memory_resized(visit->inherited, count, sizeof(*visit->inherited));
	visit->shard_list = memory_resized(visit->shard_list, count, sizeof(*visit->shard_list));
	for (uint32_t i = 0; i < count; i++) {
		struct pooltag_shard shard;

		if (file_read_records(&visit->file, POOLTAG_SECTION_SHARDS, i, 1, &shard,
				      sizeof(shard), visit->fault))
			return -1;
		visit->inherited[i] = shard.flags & POOLTAG_SHARD_INHERITED;
		visit->shard_list[i] = (struct reader_shard){
			.flags = shard.flags, .tid = shard.tid, .threads = shard.counters.threads};
		memcpy(visit->shard_list[i].name, shard.name, sizeof(shard.name));
#define POOLTAG_SHARD(name, unit, pair, help) sum.name += shard.counters.name;
#include "pooltag/counters.def"
	}
	if (!only_returned)
		sum.heap_returned = visit->shards.heap_returned;
	visit->shards = sum;
	visit->segment->shard_count = count;
	return 0;
}

static int segment_load_chunks(struct segment_visit *visit)
{
	struct segment *segment = visit->segment;
	const struct pooltag_section *sections = visit->file.sections;
	size_t count = sections[POOLTAG_SECTION_CHUNKS].count;
	size_t old = segment->chunk_count;

	if (count > sections[POOLTAG_SECTION_CELLS].count)
		count = sections[POOLTAG_SECTION_CELLS].count;
	if (count <= old)
		return 0;
	segment->chunks = memory_resized(segment->chunks, count, sizeof(*segment->chunks));
	if (file_read_records(&visit->file, POOLTAG_SECTION_CHUNKS, old, count - old,
			      segment->chunks + old, sizeof(*segment->chunks), visit->fault))
		return -1;
	for (size_t i = old; i < count; i++) {
		const struct pooltag_chunk *chunk = &segment->chunks[i];

		if (chunk->shard >= sections[POOLTAG_SECTION_SHARDS].count ||
		    chunk->first_site >= sections[POOLTAG_SECTION_SITES].capacity)
			return file_fault(visit->fault, READER_INDEX,
					  "chunk %zu: shard %u, first site %u", i, chunk->shard,
					  chunk->first_site);
	}
	segment->chunk_count = count;
	return 0;
}

/* How many sites to sum: all, and room for those that appear while we read. */
static size_t segment_site_span(const struct segment_visit *visit)
{
	return visit->file.sections[POOLTAG_SECTION_SITES].count + POOLTAG_CHUNK_CELLS;
}

static int segment_check_frames(const struct segment_visit *visit, const char *what, size_t index,
				uint32_t first, uint32_t count)
{
	uint32_t frames = visit->file.sections[POOLTAG_SECTION_FRAMES].count;

	if (first <= frames && count <= frames - first)
		return 0;
	return file_fault(visit->fault, READER_INDEX, "%s %zu: frames %u and %u more of %u", what,
			  index, first, count, frames);
}

static int segment_check_site(const struct segment_visit *visit, size_t index,
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
	return segment_check_frames(visit, "site", index, site->first_frame, site->frame_count);
}

static int segment_load_sites(const struct segment_visit *visit, struct reader_tables *tables,
			      size_t old)
{
	for (size_t i = old; i < tables->site_count;) {
		struct pooltag_site batch[64];
		size_t count = tables->site_count - i;

		if (count > sizeof(batch) / sizeof(batch[0]))
			count = sizeof(batch) / sizeof(batch[0]);
		if (file_read_records(&visit->file, POOLTAG_SECTION_SITES, i, count, batch,
				      sizeof(batch[0]), visit->fault))
			return -1;
		for (size_t k = 0; k < count; k++, i++) {
			const struct pooltag_site *site = &batch[k];

			if (segment_check_site(visit, i, site))
				return -1;
			tables->sites[i] = (struct reader_site){
				.tag = site->tag,
				.pool = site->pool,
				.source = site->source,
				.frame_count = site->frame_count,
				.address = site->address,
				.module = site->module,
				.function = site->function,
				.function_offset = site->function_offset,
				.first_frame = site->first_frame,
			};
		}
	}
	return 0;
}

static int segment_load_modules(const struct segment_visit *visit, struct reader_tables *tables,
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

static int segment_load_frames(const struct segment_visit *visit, struct reader_tables *tables,
			       size_t old)
{
	for (size_t i = old; i < tables->frame_count;) {
		struct pooltag_frame batch[256];
		size_t count = tables->frame_count - i;

		if (count > sizeof(batch) / sizeof(batch[0]))
			count = sizeof(batch) / sizeof(batch[0]);
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

/* The samples, whose figures change. */
static int segment_load_samples(struct segment_visit *visit)
{
	size_t count = visit->file.sections[POOLTAG_SECTION_SAMPLES].count;

	if (!(visit->wants & READER_WANT_STACKS))
		return 0;
	visit->samples = memory_resized(visit->samples, count, sizeof(*visit->samples));
	for (size_t i = 0; i < count; i++) {
		struct reader_sample *copy = &visit->samples[i];
		struct pooltag_sample sample;

		if (file_read_records(&visit->file, POOLTAG_SECTION_SAMPLES, i, 1, &sample,
				      sizeof(sample), visit->fault) ||
		    segment_check_frames(visit, "sample", i, sample.first_frame,
					 sample.frame_count))
			return -1;
		if (sample.site >= visit->file.sections[POOLTAG_SECTION_SITES].count)
			return file_fault(visit->fault, READER_INDEX, "sample %zu: site %u of %u",
					  i, sample.site,
					  visit->file.sections[POOLTAG_SECTION_SITES].count);
		*copy = (struct reader_sample){.site = sample.site,
					       .first_frame = sample.first_frame,
					       .frame_count = sample.frame_count,
					       .samples = sample.samples,
					       .blocks = sample.blocks,
					       .bytes = sample.bytes};
	}
	visit->sample_count = count;
	return 0;
}

static int segment_load_strings(const struct segment_visit *visit, struct reader_tables *tables,
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

uint64_t reader_class_of(const struct reader_tables *tables, uint64_t bytes)
{
	uint64_t step = 16;

	for (size_t i = 0; i < tables->class_count; i++) {
		if (tables->classes[i].size >= bytes)
			return tables->classes[i].size;
	}
	while (step < UINT64_MAX / 16 && 8 * step <= bytes)
		step *= 2;
	return (bytes + step - 1) / step * step;
}

/* `count` records of `size` bytes in new memory, the first `old_count` of them copied from `old`.
 */
static void *segment_grown(const void *old, size_t old_count, size_t count, size_t size)
{
	char *grown = memory_zeroed(count, size);

	if (old_count)
		memcpy(grown, old, old_count * size);
	return grown;
}

/* Snapshots share tables: a table that grows is replaced, never changed. */
static int segment_load_tables(struct segment_visit *visit)
{
	struct reader_tables *old = visit->segment->tables;
	const struct pooltag_section *sections = visit->file.sections;
	/* Frames may be hundreds of megabytes: only for those who look at them. */
	size_t frame_count = visit->wants & READER_WANT_STACKS
				     ? sections[POOLTAG_SECTION_FRAMES].count
				     : old->frame_count;
	struct reader_tables *tables;

	if (old->site_count == sections[POOLTAG_SECTION_SITES].count &&
	    old->module_count == sections[POOLTAG_SECTION_MODULES].count &&
	    old->frame_count == frame_count &&
	    old->string_bytes == sections[POOLTAG_SECTION_STRINGS].count)
		return 0;
	tables = memory_zeroed(1, sizeof(*tables));
	tables->references = 1;
	tables->serial = old->serial;
	tables->site_count = sections[POOLTAG_SECTION_SITES].count;
	tables->module_count = sections[POOLTAG_SECTION_MODULES].count;
	tables->frame_count = frame_count;
	tables->string_bytes = sections[POOLTAG_SECTION_STRINGS].count;
	tables->sites = segment_grown(old->sites, old->site_count, tables->site_count,
				      sizeof(*tables->sites));
	tables->modules = segment_grown(old->modules, old->module_count, tables->module_count,
					sizeof(*tables->modules));
	tables->frames = segment_grown(old->frames, old->frame_count, tables->frame_count,
				       sizeof(*tables->frames));
	tables->strings =
		segment_grown(old->strings, old->string_bytes, tables->string_bytes + 1, 1);
	if (segment_load_strings(visit, tables, old->string_bytes) ||
	    segment_load_modules(visit, tables, old->module_count) ||
	    segment_load_frames(visit, tables, old->frame_count) ||
	    segment_load_sites(visit, tables, old->site_count)) {
		segment_drop_tables(tables);
		return -1;
	}
	segment_drop_tables(old);
	visit->segment->tables = tables;
	return 0;
}

/*
 * The order is the point. Counts are loaded again between the halves: a block may be allocated in a
 * chunk that is younger than the first look and be freed into an old one. What refers is loaded
 * before what it refers to, so that every reference of an honest writer is in bounds.
 */
static int segment_load(struct segment_visit *visit)
{
	static const unsigned before[] = {POOLTAG_SECTION_SHARDS, POOLTAG_SECTION_SITES};
	static const unsigned after[] = {POOLTAG_SECTION_CHUNKS,  POOLTAG_SECTION_CELLS,
					 POOLTAG_SECTION_SHARDS,  POOLTAG_SECTION_SAMPLES,
					 POOLTAG_SECTION_SITES,   POOLTAG_SECTION_FRAMES,
					 POOLTAG_SECTION_MODULES, POOLTAG_SECTION_STRINGS};
	struct segment *segment = visit->segment;

	if (segment_reload(visit, before, sizeof(before) / sizeof(before[0])) ||
	    segment_load_shards(visit, true) || segment_load_chunks(visit))
		return -1;
	cells_resize(&visit->cells, segment_site_span(visit));
	if (cells_add(&visit->cells, &visit->file, CELLS_FREES, segment->chunks,
		      segment->chunk_count, visit->inherited, visit->fault))
		return -1;
	if (segment_reload(visit, after, sizeof(after) / sizeof(after[0])) ||
	    segment_load_shards(visit, false) || segment_load_chunks(visit) ||
	    segment_load_tables(visit) || segment_load_samples(visit))
		return -1;
	cells_resize(&visit->cells, segment_site_span(visit));
	return cells_add(&visit->cells, &visit->file, CELLS_ALLOCS, segment->chunks,
			 segment->chunk_count, visit->inherited, visit->fault);
}

static int segment_load_counters(const struct segment_visit *visit,
				 struct pooltag_process *counters)
{
	memset(counters, 0, sizeof(*counters));
	if (visit->file.sections[POOLTAG_SECTION_PROCESS].count == 0)
		return 0;
	return file_read_records(&visit->file, POOLTAG_SECTION_PROCESS, 0, 1, counters,
				 sizeof(*counters), visit->fault);
}

/* The sum of all counters whose names end in _lost, those of later versions included. */
static uint64_t segment_dropped(const struct pooltag_process *counters)
{
	static const char suffix[] = "_lost";
	uint64_t dropped = 0;

#define POOLTAG_PROCESS(name, unit, help)                                \
	if (sizeof(#name) > sizeof(suffix) &&                            \
	    strcmp(&#name[sizeof(#name) - sizeof(suffix)], suffix) == 0) \
		dropped += counters->name;
#include "pooltag/counters.def"
	return dropped;
}

/* Hands the shards and their cells on. */
static void segment_describe_shards(struct segment_visit *visit, struct reader_shards *by_shard)
{
	by_shard->count = visit->segment->shard_count;
	by_shard->shards = visit->shard_list;
	by_shard->chunk_count = visit->cells.all_chunks;
	by_shard->cells = visit->cells.all;
	by_shard->chunks = memory_zeroed(by_shard->chunk_count, sizeof(*by_shard->chunks));
	if (by_shard->chunk_count)
		memcpy(by_shard->chunks, visit->segment->chunks,
		       by_shard->chunk_count * sizeof(*by_shard->chunks));
	visit->shard_list = NULL;
}

static uint32_t segment_session(struct segment *segment, const struct reader_process *process)
{
	if (!segment->session_known && process->state == READER_LIVE) {
		segment->login_session = liveness_session(process->pid);
		segment->session_known = true;
	}
	return segment->login_session;
}

static void segment_describe(struct segment_visit *visit, const struct liveness_here *here,
			     uint64_t mono_ns, struct reader_process *process)
{
	const struct pooltag_segment_header *header = &visit->file.header;

	process->path = memory_text(visit->segment->path);
	text_escape(header->exe, strnlen(header->exe, sizeof(header->exe)), process->exe);
	process->name_at = (size_t)(text_base_name(process->exe) - process->exe);
	process->pid = header->pid;
	process->host_pid = header->pid;
	process->ppid = header->ppid;
	process->uid = visit->file.status.st_uid;
	process->generation = header->generation;
	process->flags = header->flags;
	process->state = liveness_of(here, header);
	process->login_session = segment_session(visit->segment, process);
	process->start_ticks = header->start_ticks;
	process->run_id = header->run_id;
	process->created_real_ns = header->created_real_ns;
	if (liveness_same_boot(here, header) && header->created_mono_ns < mono_ns)
		process->age_ns = mono_ns - header->created_mono_ns;
	process->shards = visit->shards;
	process->shard_count = visit->segment->shard_count;
	process->dropped = segment_dropped(&process->counters);
	visit->cells.site_count = visit->segment->tables->site_count;
	process->clamped =
		cells_finish(&visit->cells, visit->segment->tables->sites, process->bytes);
	process->sums = visit->cells.sums;
	process->inherited = visit->cells.inherited;
	process->sample_count = visit->sample_count;
	process->samples = visit->samples;
	if (visit->wants & READER_WANT_SHARDS)
		segment_describe_shards(visit, &process->by_shard);
	process->tables = visit->segment->tables;
	process->tables->references++;
}

int segment_read(struct segment *segment, int directory_fd, uid_t owner, unsigned wants,
		 const struct liveness_here *here, uint64_t mono_ns,
		 struct reader_process *ret_process, struct segment_fault *fault)
{
	struct segment_visit visit = {.segment = segment,
				      .cells.keep_all = wants & READER_WANT_SHARDS,
				      .wants = wants,
				      .fault = fault};
	struct pooltag_process counters;
	int opened = file_open(&visit.file, directory_fd, segment->name, owner, fault);

	if (opened <= 0)
		return opened;
	segment_identify(segment, &visit.file);
	if (segment_check_name(&visit) || segment_load(&visit) ||
	    segment_load_counters(&visit, &counters)) {
		segment_forget(segment);
		free(visit.cells.sums);
		free(visit.cells.inherited);
		free(visit.cells.all);
		free(visit.samples);
		opened = -1;
	} else {
		ret_process->counters = counters;
		segment_describe(&visit, here, mono_ns, ret_process);
	}
	free(visit.inherited);
	free(visit.shard_list);
	file_close(&visit.file);
	return opened;
}

void segment_process_fini(struct reader_process *process)
{
	free(process->path);
	free(process->sums);
	free(process->inherited);
	free(process->samples);
	free(process->by_shard.shards);
	free(process->by_shard.chunks);
	free(process->by_shard.cells);
	segment_drop_tables(process->tables);
}
