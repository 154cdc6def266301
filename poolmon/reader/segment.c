/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/segment.h"

#include "common/memory.h"
#include "common/text.h"
#include "reader/changes.h"
#include "reader/leaks.h"
#include "reader/visit.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t visit_next_serial(void)
{
	static uint64_t last;

	return ++last;
}

struct segment *segment_create(const char *directory, const char *name)
{
	struct segment *segment = memory_zeroed(1, sizeof(*segment));

	segment->name = memory_text(name);
	segment->path = memory_printed("%s/%s", directory, name);
	return segment;
}

static void segment_drop_sums(struct reader_sums *sums)
{
	if (!sums || --sums->references > 0)
		return;
	free(sums->cells);
	free(sums->inherited);
	free(sums->changes);
	free(sums);
}

static void segment_drop_older(struct segment *segment)
{
	for (size_t i = 0; i < sizeof(segment->older) / sizeof(segment->older[0]); i++) {
		segment_drop_sums(segment->older[i]);
		segment->older[i] = NULL;
	}
}

/* Forgets what was read: the file under the name is another one, or it is damaged. */
static void segment_forget(struct segment *segment)
{
	visit_drop_tables(segment->tables);
	segment->tables = NULL;
	free(segment->chunks);
	segment->chunks = NULL;
	free(segment->totals);
	segment->totals = NULL;
	for (size_t part = 0; part < FILE_PARTS; part++)
		mapping_drop(&segment->mapped[part]);
	segment_drop_older(segment);
	segment_drop_sums(segment->sums);
	segment->sums = NULL;
	segment->chunk_count = 0;
	segment->shard_count = 0;
	liveness_forget(&segment->watch);
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
		segment->tables->serial = visit_next_serial();
		segment->tables->strings = memory_zeroed(1, 1);
	}
}

/* Loads counts again if there may be others. */
static int segment_reload(struct segment_visit *visit, const unsigned *types, size_t count)
{
	bool grown;

	if (file_has_grown(&visit->file, &grown, visit->fault))
		return -1;
	if (!grown)
		return 0;
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
	visit->shard_records =
		memory_resized(visit->shard_records, count, sizeof(*visit->shard_records));
	if (file_read_records(&visit->file, POOLTAG_SECTION_SHARDS, 0, count, visit->shard_records,
			      sizeof(*visit->shard_records), visit->fault))
		return -1;
	for (uint32_t i = 0; i < count; i++) {
		struct pooltag_shard shard = visit->shard_records[i];

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

/* The chunks that have cells. */
static size_t segment_chunk_count(const struct segment_visit *visit)
{
	size_t chunks = visit->file.sections[POOLTAG_SECTION_CHUNKS].count;
	size_t cells = visit->file.sections[POOLTAG_SECTION_CELLS].count;

	return chunks < cells ? chunks : cells;
}

static int segment_load_chunks(struct segment_visit *visit)
{
	struct segment *segment = visit->segment;
	const struct pooltag_section *sections = visit->file.sections;
	size_t count = segment_chunk_count(visit);
	size_t old = segment->chunk_count;

	if (count <= old)
		return 0;
	segment->chunks = memory_resized(segment->chunks, count, sizeof(*segment->chunks));
	segment->totals = memory_resized(segment->totals, count, sizeof(*segment->totals));
	memset(segment->totals + old, 0, (count - old) * sizeof(*segment->totals));
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

/* Whether it is enough to read what has changed. */
static bool segment_compares(const struct segment_visit *visit)
{
	const struct segment *segment = visit->segment;
	bool locked = visit->file.header.flags & POOLTAG_FLAG_LOCKED;

	return segment->sums && segment->sums->clamped == 0 && segment->tables->locked == locked &&
	       !visit->cells.keep_all;
}

/* Brings sums from before the changes of `by` up to date. */
static void segment_catch_up(struct pooltag_cell *cells, const struct reader_sums *by,
			     const struct reader_sums *last)
{
	for (size_t i = 0; i < by->change_count; i++)
		cells[by->changes[i].site] = last->cells[by->changes[i].site];
}

/*
 * The last sums, to be changed: made of those of two
 * changes ago, where no snapshot has them any more.
 */
static struct pooltag_cell *segment_take_sums(struct segment *segment)
{
	const struct reader_sums *last = segment->sums;
	struct reader_sums *old = segment->older[1];
	struct pooltag_cell *cells;

	if (old && old->references == 1) {
		cells = old->cells;
		old->cells = NULL;
		segment_catch_up(cells, segment->older[0], last);
		segment_catch_up(cells, last, last);
		return cells;
	}
	cells = memory_resized(NULL, last->count, sizeof(*cells));
	memcpy(cells, last->cells, last->count * sizeof(*cells));
	return cells;
}

/* Whether reading everything anew is less work than changing the last sums. */
static bool segment_most_changed(const struct segment_visit *visit)
{
	size_t groups = cells_group_count(visit->cells.site_count);
	size_t changed = 0;

	for (size_t group = 0; group < groups; group++)
		changed += visit->cells.changed[group];
	return changed > groups / 2;
}

static int segment_load_all_frees(struct segment_visit *visit, size_t span)
{
	const struct segment *segment = visit->segment;

	cells_resize(&visit->cells, span);
	return cells_add(&visit->cells, &visit->file, CELLS_FREES, segment->chunks,
			 segment->chunk_count, visit->inherited, visit->fault);
}

/*
 * The frees halves: of all sites, or of those that have changed since the refresh before; when
 * there are none, nothing is read again.
 */
static int segment_load_frees(struct segment_visit *visit)
{
	struct segment *segment = visit->segment;
	const struct reader_sums *last = segment->sums;
	size_t span = segment_site_span(visit);
	bool changed = false;

	visit->cells.totals = segment->totals;
	if (last)
		file_map(&visit->file, segment->chunk_count);
	if (!segment_compares(visit))
		return segment_load_all_frees(visit, span);
	if (changes_find(&visit->cells, &visit->file, segment->chunks, segment->chunk_count,
			 last->count, span, &changed, visit->fault))
		return -1;
	if (visit->file.sections[POOLTAG_SECTION_SITES].count > last->count) {
		cells_mark_new(&visit->cells, last->count);
		changed = true;
	}
	if (segment_most_changed(visit)) {
		free(visit->cells.changed);
		visit->cells.changed = NULL;
		return segment_load_all_frees(visit, span);
	}
	visit->rests = !changed;
	if (visit->rests) {
		segment_drop_older(segment);
		return 0;
	}
	cells_begin_changed(&visit->cells, segment_take_sums(segment), last, span);
	return cells_add(&visit->cells, &visit->file, CELLS_FREES, segment->chunks,
			 segment->chunk_count, visit->inherited, visit->fault);
}

/* The allocs halves of the same sites, and of those that have got chunks meanwhile. */
static int segment_load_allocs(struct segment_visit *visit, size_t chunk_count)
{
	struct segment *segment = visit->segment;
	size_t span = segment_site_span(visit);

	if (visit->rests && segment->chunk_count == chunk_count &&
	    segment->sums->count == visit->file.sections[POOLTAG_SECTION_SITES].count)
		return 0;
	if (visit->rests)
		cells_begin_changed(&visit->cells, segment_take_sums(segment), segment->sums,
				    visit->cells.site_count);
	visit->rests = false;
	visit->cells.totals = segment->totals;
	if (visit->cells.changed)
		cells_add_changed(&visit->cells, segment->chunks, chunk_count, segment->chunk_count,
				  segment->sums->count, span);
	else
		cells_resize(&visit->cells, span);
	return cells_add(&visit->cells, &visit->file, CELLS_ALLOCS, segment->chunks,
			 segment->chunk_count, visit->inherited, visit->fault);
}

/* A scan knows only sites that were there when its result was written. */
static int segment_load_leaks(struct segment_visit *visit)
{
	if (!(visit->wants & READER_WANT_LEAKS))
		return 0;
	return leaks_load(&visit->file, &visit->leaks, visit->fault);
}

/*
 * The order is the point. Counts are loaded again between the halves: a block may be allocated in a
 * chunk that is younger than the first look and be freed into an old one. What refers is loaded
 * before what it refers to, so that every reference of an honest writer is in bounds.
 *
 * Where the counters of a site are what they were, they have been so ever since they were read
 * before: they only grow. So what was read then still holds, and only the others are read again.
 */
static int segment_load(struct segment_visit *visit)
{
	static const unsigned before[] = {POOLTAG_SECTION_SHARDS, POOLTAG_SECTION_SITES};
	static const unsigned after[] = {
		POOLTAG_SECTION_CHUNKS,  POOLTAG_SECTION_CELLS,      POOLTAG_SECTION_SHARDS,
		POOLTAG_SECTION_SAMPLES, POOLTAG_SECTION_LOOKASIDES, POOLTAG_SECTION_SITES,
		POOLTAG_SECTION_FRAMES,  POOLTAG_SECTION_MODULES,    POOLTAG_SECTION_STRINGS};
	struct segment *segment = visit->segment;
	size_t chunk_count;

	if (segment_chunk_count(visit) > segment->chunk_count &&
	    segment_reload(visit, before, sizeof(before) / sizeof(before[0])))
		return -1;
	if (segment_load_shards(visit, true) || segment_load_chunks(visit))
		return -1;
	chunk_count = segment->chunk_count;
	if (segment_load_frees(visit) ||
	    segment_reload(visit, after, sizeof(after) / sizeof(after[0])) ||
	    segment_load_shards(visit, false) || segment_load_chunks(visit) ||
	    visit_load_tables(visit) || visit_load_samples(visit) || visit_load_lookasides(visit) ||
	    segment_load_leaks(visit))
		return -1;
	return segment_load_allocs(visit, chunk_count);
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

/*
 * Notes which sites have changed, unless most have:
 * those who follow the sums need not read them all.
 */
static void segment_note_changes(const struct segment_visit *visit, struct reader_sums *sums)
{
	const struct reader_sums *last = visit->segment->sums;
	size_t most = sums->count / 4;
	size_t allocated = 0;

	for (size_t i = 0; i < last->count; i++) {
		if (!visit->cells.changed[i / POOLTAG_CHUNK_CELLS]) {
			i |= POOLTAG_CHUNK_CELLS - 1; /* to the end of the group */
			continue;
		}
		if (memcmp(&last->cells[i], &sums->cells[i], sizeof(sums->cells[i])) == 0)
			continue;
		if (sums->change_count == most)
			return;
		memory_reserve(&sums->changes, &allocated, sums->change_count,
			       sizeof(*sums->changes));
		sums->changes[sums->change_count++] =
			(struct reader_change){.site = (uint32_t)i, .before = last->cells[i]};
	}
	sums->from = last->serial;
}

/* `sums` become the last; those before are kept as long as their changes are known. */
static void segment_put_sums(struct segment *segment, struct reader_sums *sums)
{
	if (sums->from) {
		segment_drop_sums(segment->older[1]);
		segment->older[1] = segment->older[0];
		segment->older[0] = segment->sums;
	} else {
		segment_drop_older(segment);
		segment_drop_sums(segment->sums);
	}
	segment->sums = sums;
}

/* The sums of this refresh become the last, unless they are the same. */
static void segment_keep_sums(struct segment_visit *visit)
{
	struct segment *segment = visit->segment;
	struct reader_sums *sums = memory_zeroed(1, sizeof(*sums));

	visit->cells.site_count = segment->tables->site_count;
	sums->clamped =
		cells_finish(&visit->cells, segment->sums, segment->tables->pools, sums->bytes);
	sums->references = 1;
	sums->serial = visit_next_serial();
	sums->count = visit->cells.site_count;
	sums->cells = visit->cells.sums;
	sums->inherited = visit->cells.inherited;
	if (segment->sums && segment->sums->count == sums->count && !visit->cells.changed &&
	    memcmp(segment->sums->bytes, sums->bytes, sizeof(sums->bytes)) == 0 &&
	    !segment->sums->inherited == !sums->inherited &&
	    memcmp(segment->sums->cells, sums->cells, sums->count * sizeof(*sums->cells)) == 0 &&
	    (!sums->inherited || memcmp(segment->sums->inherited, sums->inherited,
					sums->count * sizeof(*sums->inherited)) == 0)) {
		segment_drop_sums(sums);
		return;
	}
	if (visit->cells.changed && segment->sums->count == sums->count)
		segment_note_changes(visit, sums);
	segment_put_sums(segment, sums);
}

/* Where nothing has happened since the last refresh, snapshots share their sums. */
static void segment_sum_up(struct segment_visit *visit, struct reader_process *process)
{
	struct reader_sums *sums;

	if (!visit->rests)
		segment_keep_sums(visit);
	sums = visit->segment->sums;
	sums->references++;
	process->shared = sums;
	process->sums = sums->cells;
	process->inherited = sums->inherited;
	process->clamped = sums->clamped;
	memcpy(process->bytes, sums->bytes, sizeof(process->bytes));
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
		segment->login_session = liveness_session(process->host_pid);
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
	process->host_pid = liveness_host_pid(here, header);
	process->ppid = header->ppid;
	process->uid = visit->file.status.st_uid;
	process->generation = header->generation;
	process->flags = header->flags;
	process->state = liveness_of(here, header, &visit->segment->watch);
	process->login_session = segment_session(visit->segment, process);
	process->start_ticks = header->start_ticks;
	process->run_id = header->run_id;
	process->created_real_ns = header->created_real_ns;
	if (liveness_same_boot(here, header) && header->created_mono_ns < mono_ns)
		process->age_ns = mono_ns - header->created_mono_ns;
	process->shards = visit->shards;
	process->shard_count = visit->segment->shard_count;
	process->dropped = segment_dropped(&process->counters);
	segment_sum_up(visit, process);
	process->sample_count = visit->sample_count;
	process->samples = visit->samples;
	process->leaks = visit->leaks;
	process->lookaside_count = visit->lookaside_count;
	process->lookasides = visit->lookasides;
	process->peaks = visit->peaks;
	if (visit->wants & READER_WANT_SHARDS)
		segment_describe_shards(visit, &process->by_shard);
	process->tables = visit->segment->tables;
	process->tables->references++;
}

static bool segment_is_chosen(const struct pooltag_segment_header *header,
			      const struct reader_choice *choice)
{
	return (choice->run_id == 0 || choice->run_id == header->run_id) &&
	       (choice->pid == 0 || choice->pid == header->pid);
}

int segment_read(struct segment *segment, int directory_fd, uid_t owner,
		 const struct reader_choice *choice, const struct liveness_here *here,
		 uint64_t mono_ns, struct reader_process *ret_process, struct segment_fault *fault)
{
	struct segment_visit visit = {.segment = segment,
				      .cells.keep_all = choice->wants & READER_WANT_SHARDS,
				      .wants = choice->wants,
				      .fault = fault};
	struct pooltag_process counters;
	int opened =
		file_open(&visit.file, directory_fd, segment->name, owner, segment->mapped, fault);

	if (opened <= 0)
		return opened;
	if (!segment_is_chosen(&visit.file.header, choice)) {
		file_close(&visit.file);
		return 0;
	}
	segment_identify(segment, &visit.file);
	if (segment_check_name(&visit) || segment_load(&visit) || visit_load_peaks(&visit) ||
	    segment_load_counters(&visit, &counters)) {
		segment_forget(segment);
		free(visit.cells.sums);
		free(visit.cells.inherited);
		free(visit.cells.all);
		free(visit.cells.filled);
		free(visit.samples);
		leaks_fini(&visit.leaks);
		free(visit.lookasides);
		free(visit.peaks);
		opened = -1;
	} else {
		ret_process->counters = counters;
		segment_describe(&visit, here, mono_ns, ret_process);
	}
	free(visit.cells.changed);
	free(visit.inherited);
	free(visit.shard_list);
	free(visit.shard_records);
	file_close(&visit.file);
	return opened;
}

void segment_process_fini(struct reader_process *process)
{
	free(process->path);
	segment_drop_sums(process->shared);
	free(process->samples);
	leaks_fini(&process->leaks);
	free(process->lookasides);
	free(process->peaks);
	free(process->by_shard.shards);
	free(process->by_shard.chunks);
	free(process->by_shard.cells);
	visit_drop_tables(process->tables);
}
