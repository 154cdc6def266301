/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * follow_test.c - who has watched all along sees what somebody sees who looks for the first time
 *
 * A process that runs is not read and summed up anew with every refresh, only what has changed of it.
 * Here sites, threads and figures appear and change at random, and after every refresh each figure of
 * each row has to be that of a reader and a model that know nothing of the time before.
 */
#include "fixture/fixture.h"
#include "harness/tap.h"
#include "model/model.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define FOLLOW_STEPS  120
#define FOLLOW_SITES  130 /* not whole groups */
#define FOLLOW_SHARDS 4
#define FOLLOW_TAGS   17
#define FOLLOW_KEPT   3

struct follow {
	char dir[64];
	int sites;
	int shards;
	int inherited; /* the shard that is, -1: none */
	long allocs[FOLLOW_SHARDS][FOLLOW_SITES];
	long frees[FOLLOW_SHARDS][FOLLOW_SITES];
	int chunk_count; /* in the order in which they came, as in a segment */
	struct pooltag_chunk chunks[FOLLOW_SHARDS * (FOLLOW_SITES / POOLTAG_CHUNK_CELLS + 1)];
};

/* A shard begins to count at a site: its group of sites has a chunk. */
static void follow_touch(struct follow *follow, int shard, int site)
{
	struct pooltag_chunk chunk = {.shard = (uint32_t)shard,
				      .first_site = (uint32_t)site / POOLTAG_CHUNK_CELLS *
						    POOLTAG_CHUNK_CELLS};
	int i = 0;

	while (i < follow->chunk_count && (follow->chunks[i].shard != chunk.shard ||
					   follow->chunks[i].first_site != chunk.first_site))
		i++;
	if (i == follow->chunk_count)
		follow->chunks[follow->chunk_count++] = chunk;
}

static void follow_describe_chunk(const struct follow *follow, const struct pooltag_chunk *chunk,
				  FILE *out)
{
	for (uint32_t i = 0; i < POOLTAG_CHUNK_CELLS; i++) {
		uint32_t site = chunk->first_site + i;
		long allocs = site < FOLLOW_SITES ? follow->allocs[chunk->shard][site] : 0;
		long frees = site < FOLLOW_SITES ? follow->frees[chunk->shard][site] : 0;

		if (allocs || frees)
			fprintf(out, "cell %u %u %ld %ld %ld %ld %ld %ld\n", chunk->shard, site,
				allocs, 10 * allocs, 32 * allocs, frees, 10 * frees, 32 * frees);
	}
}

static void follow_describe(const struct follow *follow)
{
	FILE *out = fixture_text_begin(follow->dir);

	fputs("process 101.5000 live /usr/bin/followed\nmodule /usr/bin/followed\n", out);
	for (int site = 0; site < follow->sites; site++)
		fprintf(out, "site t%03d %s 0 function_%d %d\n", site % FOLLOW_TAGS,
			site % 5 ? "Paged" : "Nonp", site, 16 * site);
	for (int shard = 0; shard < follow->shards; shard++)
		fprintf(out, "shard %d\n", shard == follow->inherited ? 2 : shard == 0);
	for (int i = 0; i < follow->chunk_count; i++)
		follow_describe_chunk(follow, &follow->chunks[i], out);
	fixture_text_end(out, follow->dir);
}

/* A few blocks come and go; what one thread allocated another one may free. */
static void follow_move(struct follow *follow)
{
	for (int i = rand() % 6; i > 0; i--) {
		int site = rand() % follow->sites;
		int shard = rand() % follow->shards;
		long in_use = 0;

		follow->allocs[shard][site] += 1 + rand() % 50;
		follow_touch(follow, shard, site);
		for (int other = 0; other < follow->shards; other++)
			in_use += follow->allocs[other][site] - follow->frees[other][site];
		if (in_use && rand() % 2) {
			shard = rand() % follow->shards;
			follow->frees[shard][site] += 1 + rand() % in_use;
			follow_touch(follow, shard, site);
		}
	}
	if (follow->sites < FOLLOW_SITES && rand() % 3 == 0)
		follow->sites++;
	if (follow->shards < FOLLOW_SHARDS && rand() % 20 == 0)
		follow->shards++;
}

static struct reader_snapshot *follow_look(struct reader *reader, struct model *model,
					   uint64_t step)
{
	struct reader_snapshot *snapshot;

	if (reader_refresh(reader, &snapshot))
		exit(99);
	snapshot->mono_ns = (step + 1) * 1000000000ull;
	model_update(model, snapshot);
	return snapshot;
}

/* Whether all rows have the same counters; changes and peaks are the watcher's alone. */
static bool follow_is_same(const struct model *watching, const struct model *fresh)
{
	bool same = model_row_count(watching) == model_row_count(fresh);

	for (size_t i = 0; same && i < model_row_count(fresh); i++) {
		const struct model_row *a = model_row(watching, i);
		const struct model_row *b = model_row(fresh, i);

		for (int id = 0; id < MODEL_COLUMN_MAX; id++)
			same &= !model_column_is_measured(id) || a->value[id] == b->value[id];
		same &= a->tag == b->tag && a->pool == b->pool && strcmp(a->place, b->place) == 0;
	}
	for (unsigned pool = 0; pool < POOLTAG_POOL_MAX; pool++)
		same &= model_pool_bytes(watching, pool) == model_pool_bytes(fresh, pool);
	return same;
}

/* Whether both say the same of what was there before a fork. */
static bool follow_inherits_same(const struct reader_snapshot *one,
				 const struct reader_snapshot *other)
{
	const struct reader_process *a = &one->processes[0];
	const struct reader_process *b = &other->processes[0];

	return !a->inherited == !b->inherited &&
	       (!a->inherited || memcmp(a->inherited, b->inherited,
					a->tables->site_count * sizeof(*a->inherited)) == 0);
}

/* A snapshot that somebody keeps, and what it said at first. */
struct follow_kept {
	struct reader_snapshot *snapshot;
	struct pooltag_cell sums[FOLLOW_SITES];
};

static void follow_keep(struct follow_kept *kept, const struct reader_snapshot *snapshot)
{
	const struct reader_process *process = &snapshot->processes[0];

	kept->snapshot = reader_snapshot_hold(snapshot);
	memcpy(kept->sums, process->sums, process->tables->site_count * sizeof(*kept->sums));
}

/* Whether it still says so; it is given back. */
static bool follow_give_back(struct follow_kept *kept)
{
	const struct reader_process *process;
	bool same = true;

	if (kept->snapshot) {
		process = &kept->snapshot->processes[0];
		same = memcmp(kept->sums, process->sums,
			      process->tables->site_count * sizeof(*kept->sums)) == 0;
	}
	reader_snapshot_drop(kept->snapshot);
	kept->snapshot = NULL;
	return same;
}

static void follow_watch(const char *what, int inherited, enum model_group group)
{
	struct model_options options = {.group = group, .sort = MODEL_COLUMN_BYTES};
	struct follow follow = {.dir = "/tmp/poolmon-follow-XXXXXX",
				.sites = 20,
				.shards = 2,
				.inherited = inherited};
	struct follow_kept kept[FOLLOW_KEPT] = {0};
	struct reader *reader;
	struct model *model;
	char command[96];
	int wrong = 0;
	int other = 0;

	if (!mkdtemp(follow.dir))
		exit(99);
	reader = reader_create(follow.dir);
	model = model_create(&options);
	for (uint64_t step = 0; step < FOLLOW_STEPS; step++) {
		struct reader *first = reader_create(follow.dir);
		struct model *fresh = model_create(&options);
		struct reader_snapshot *snapshots[2];

		follow_move(&follow);
		follow_describe(&follow);
		snapshots[0] = follow_look(reader, model, step);
		snapshots[1] = follow_look(first, fresh, step);
		if (!(follow_is_same(model, fresh) &&
		      follow_inherits_same(snapshots[0], snapshots[1])) &&
		    wrong++ == 0)
			diag("first after step %d", (int)step);
		/* Some are kept for a while, some for long, some not at all. */
		if (step % 8 < FOLLOW_KEPT) {
			other += !follow_give_back(&kept[step % 8]);
			follow_keep(&kept[step % 8], snapshots[0]);
		}
		model_destroy(fresh);
		reader_snapshot_drop(snapshots[0]);
		reader_snapshot_drop(snapshots[1]);
		reader_destroy(first);
	}
	ok(wrong == 0, "%s: %d of %d refreshes differ", what, wrong, FOLLOW_STEPS);
	for (int i = 0; i < FOLLOW_KEPT; i++)
		other += !follow_give_back(&kept[i]);
	ok(other == 0, "%d snapshots that were kept are not what they were", other);
	ok(follow.sites > 40 && follow.shards == FOLLOW_SHARDS,
	   "with %d sites and %d threads in the end", follow.sites, follow.shards);
	model_destroy(model);
	reader_destroy(reader);
	snprintf(command, sizeof(command), "rm -r %s", follow.dir);
	ok(system(command) == 0, "cleaned up");
}

static void follow_write(const char *path, const void *bytes, size_t size, size_t offset)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || pwrite(fd, bytes, size, (off_t)offset) != (ssize_t)size)
		exit(99);
	close(fd);
}

static struct reader_process *follow_process(struct reader *reader,
					     struct reader_snapshot **ret_snapshot)
{
	if (reader_refresh(reader, ret_snapshot) || (*ret_snapshot)->process_count != 1)
		exit(99);
	return (*ret_snapshot)->processes;
}

/* What becomes of all sites at once, while most of them rest. */
static void follow_odd(void)
{
	char dir[] = "/tmp/poolmon-follow-XXXXXX";
	const uint32_t locked = POOLTAG_FLAG_LOCKED;
	struct reader_snapshot *snapshots[4];
	struct reader_process *process;
	struct reader *reader;
	char command[96];
	char path[96];
	uint64_t all;

	if (!mkdtemp(dir))
		exit(99);
	fixture_many(dir, 1, 40, 1);
	snprintf(path, sizeof(path), "%s/%u.%u", dir, FIXTURE_MANY_PID, FIXTURE_MANY_START);
	reader = reader_create(dir);
	all = follow_process(reader, &snapshots[0])->bytes[POOLTAG_POOL_PAGED];
	follow_write(path, &locked, sizeof(locked), offsetof(struct pooltag_segment_header, flags));
	process = follow_process(reader, &snapshots[1]);
	ok(all && process->bytes[POOLTAG_POOL_NONPAGED] == all &&
		   process->bytes[POOLTAG_POOL_PAGED] == 0,
	   "a process at rest locks its memory: all of it is nonpaged");
	fixture_move(path, 20, 0, 1u << 20, 10, 32);
	fixture_move(path, 0, 1, 0, 10, 32);
	ok(follow_process(reader, &snapshots[2])->clamped == 1, "a damaged site");
	fixture_move(path, 0, 1, 0, 10, 32);
	process = follow_process(reader, &snapshots[3]);
	ok(process->clamped == 1, "is not forgotten when another one changes");
	ok(process->sums[20].frees == process->sums[20].allocs, "and its frees are lowered still");
	for (int i = 0; i < 4; i++)
		reader_snapshot_drop(snapshots[i]);
	reader_destroy(reader);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	ok(system(command) == 0, "cleaned up");
}

int main(void)
{
	srand(4);
	follow_odd();
	follow_watch("tags", -1, MODEL_GROUP_TAG);
	follow_watch("functions", -1, MODEL_GROUP_FUNCTION);
	follow_watch("of a fork child", 1, MODEL_GROUP_TAG);
	return done();
}
