/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watch_test.c - what only watching tells, over an hour of a simulated clock
 *
 * Four sites of known behaviour: one leaks, one breathes, one grew once, one rests. Checks who is a
 * suspect and how fast it grows, peaks, histories, differences to a baseline, that a process at
 * rest is noticed when it moves again, and that an hour of refreshes takes no more memory than ten
 * minutes.
 */
#include "fixture/fixture.h"
#include "harness/tap.h"
#include "model/model.h"

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#define WATCH_NS    1000000000ull /* between refreshes */
#define WATCH_BLOCK 32            /* bytes a block takes */

enum watch_site { WATCH_LEAK, WATCH_BREATH, WATCH_ONCE, WATCH_REST, WATCH_SITES };

static const char *const watch_tags[WATCH_SITES] = {"leak", "brth", "once", "rest"};

struct watch {
	char dir[64];
	char path[128];
	struct reader *reader;
	struct model *model;
	uint64_t now_ns;
};

static void watch_describe(struct watch *watch)
{
	FILE *out = fixture_text_begin(watch->dir);

	fputs("process 101.5000 live /usr/bin/watched\nmodule /usr/bin/watched\n", out);
	for (int i = 0; i < WATCH_SITES; i++)
		fprintf(out, "site %s Paged 0 function_%d 16\n", watch_tags[i], i);
	fputs("shard 0\n", out);
	for (int i = 0; i < WATCH_SITES; i++)
		fprintf(out, "cell 0 %d 100 2000 3200 0 0 0\n", i);
	fixture_text_end(out, watch->dir);
	snprintf(watch->path, sizeof(watch->path), "%s/101.5000", watch->dir);
}

/* Blocks of a site that come and go. */
static void watch_move(const struct watch *watch, enum watch_site site, uint64_t allocs,
		       uint64_t frees)
{
	fixture_move(watch->path, site, allocs, frees, 20, WATCH_BLOCK);
}

static void watch_refresh(struct watch *watch)
{
	struct reader_snapshot *snapshot;

	reader_want(watch->reader, model_wants(watch->model));
	if (reader_refresh(watch->reader, &snapshot))
		exit(99);
	watch->now_ns += WATCH_NS;
	snapshot->mono_ns = watch->now_ns;
	model_update(watch->model, snapshot);
	reader_snapshot_drop(snapshot);
}

static const struct model_row *watch_row(const struct watch *watch, enum watch_site site)
{
	for (size_t i = 0; i < model_row_count(watch->model); i++) {
		char tag[5];

		pooltag_tag_to_text(model_row(watch->model, i)->tag, tag);
		if (strcmp(tag, watch_tags[site]) == 0)
			return model_row(watch->model, i);
	}
	return NULL;
}

static int64_t watch_value(const struct watch *watch, enum watch_site site, enum model_column_id id)
{
	const struct model_row *row = watch_row(watch, site);

	return row ? row->value[id] : INT64_MIN;
}

/* One second: a block leaks, and eight seconds of ten allocate what the other two free. */
static void watch_second(struct watch *watch, int second)
{
	watch_move(watch, WATCH_LEAK, 2, 1);
	if (second % 10 < 8)
		watch_move(watch, WATCH_BREATH, 10, 0);
	else
		watch_move(watch, WATCH_BREATH, 0, 40);
	if (second == 1000)
		watch_move(watch, WATCH_ONCE, 500, 0);
	watch_refresh(watch);
}

static void watch_suspects(struct watch *watch)
{
	ok(watch_value(watch, WATCH_LEAK, MODEL_COLUMN_SUSPECT) == 1, "what leaks is a suspect");
	ok(watch_value(watch, WATCH_LEAK, MODEL_COLUMN_SUSTAINED) == 100, "it never stopped");
	ok(watch_value(watch, WATCH_LEAK, MODEL_COLUMN_GROWTH) == 60 * WATCH_BLOCK,
	   "a block a second is %d bytes a minute: %lld", 60 * WATCH_BLOCK,
	   (long long)watch_value(watch, WATCH_LEAK, MODEL_COLUMN_GROWTH));
	ok(watch_value(watch, WATCH_BREATH, MODEL_COLUMN_SUSPECT) == 0, "what breathes is none");
	ok(watch_value(watch, WATCH_ONCE, MODEL_COLUMN_SUSPECT) == 0, "nor is what grew once");
	ok(watch_value(watch, WATCH_REST, MODEL_COLUMN_SUSPECT) == 0, "nor what rests");
	model_options(watch->model)->suspects = true;
	model_arrange(watch->model);
	ok(model_row_count(watch->model) == 1, "suspects alone: one row");
	model_options(watch->model)->suspects = false;
	model_arrange(watch->model);
	ok(model_row_count(watch->model) == WATCH_SITES, "and all rows again");
}

static void watch_peaks(struct watch *watch)
{
	int64_t seen;

	ok(watch_value(watch, WATCH_BREATH, MODEL_COLUMN_PEAK) == 180 * WATCH_BLOCK,
	   "the peak that was seen: %lld",
	   (long long)watch_value(watch, WATCH_BREATH, MODEL_COLUMN_PEAK));
	seen = watch_value(watch, WATCH_LEAK, MODEL_COLUMN_BYTES);
	ok(watch_value(watch, WATCH_LEAK, MODEL_COLUMN_PEAK) == seen,
	   "what only grows is at its peak");
	ok(watch_value(watch, WATCH_LEAK, MODEL_COLUMN_PEAK_MOST) == seen + WATCH_BLOCK,
	   "between refreshes there can have been a block more");
	watch_move(watch, WATCH_REST, 1000, 1000);
	watch_refresh(watch);
	ok(watch_value(watch, WATCH_REST, MODEL_COLUMN_PEAK) == 100 * WATCH_BLOCK,
	   "what came and went in between was not seen");
	ok(watch_value(watch, WATCH_REST, MODEL_COLUMN_PEAK_MOST) == 1100 * WATCH_BLOCK,
	   "but there can have been so much");
}

static void watch_histories(struct watch *watch)
{
	int64_t values[HISTORY_BUCKETS];
	size_t count = model_history(watch->model, watch_row(watch, WATCH_LEAK), values);
	size_t rises = 0;

	for (size_t i = 1; i < count; i++)
		rises += values[i] > values[i - 1];
	ok(count > HISTORY_BUCKETS / 2 && count <= HISTORY_BUCKETS, "a history has %zu parts",
	   count);
	ok(rises == count - 1, "of a leak each is higher than the one before");
	ok(values[count - 1] == watch_value(watch, WATCH_LEAK, MODEL_COLUMN_BYTES),
	   "the last is now");
	ok(model_watched(watch->model) > 3500 && model_watched(watch->model) < 3700,
	   "watched for %.0f s", model_watched(watch->model));
}

static void watch_baseline(struct watch *watch)
{
	int64_t growth = watch_value(watch, WATCH_LEAK, MODEL_COLUMN_GROWTH);

	model_mark(watch->model);
	ok(model_row_count(watch->model) == 0, "at the mark there is no difference");
	watch_move(watch, WATCH_LEAK, 7, 2);
	watch_refresh(watch);
	ok(model_row_count(watch->model) == 1, "then there is one row");
	ok(watch_value(watch, WATCH_LEAK, MODEL_COLUMN_ALLOCS) == 7, "7 allocs");
	ok(watch_value(watch, WATCH_LEAK, MODEL_COLUMN_FREES) == 2, "2 frees");
	ok(watch_value(watch, WATCH_LEAK, MODEL_COLUMN_BYTES) == 5 * WATCH_BLOCK, "5 blocks");
	ok(watch_value(watch, WATCH_LEAK, MODEL_COLUMN_ALLOCS_DELTA) == 7, "since the mark");
	ok(model_total(watch->model, POOLTAG_POOL_PAGED)->value[MODEL_COLUMN_DIFF] == 5,
	   "as the total says");
	watch_refresh(watch);
	ok(watch_value(watch, WATCH_LEAK, MODEL_COLUMN_ALLOCS) == 7 &&
		   watch_value(watch, WATCH_LEAK, MODEL_COLUMN_ALLOCS_DELTA) == 0,
	   "the difference stays, the change does not");
	ok(watch_value(watch, WATCH_LEAK, MODEL_COLUMN_GROWTH) != 0 && growth != 0,
	   "growth is not about the mark");
	model_unmark(watch->model);
	ok(model_row_count(watch->model) == WATCH_SITES, "without the mark all is there again");
}

/* A process that has ended since the mark, and left nothing, took what it had along. */
static void watch_ended(struct watch *watch)
{
	int64_t blocks = watch_value(watch, WATCH_LEAK, MODEL_COLUMN_DIFF);
	int64_t all = model_total(watch->model, POOLTAG_POOL_PAGED)->value[MODEL_COLUMN_BYTES];
	const struct model_row *row;

	model_mark(watch->model);
	if (unlink(watch->path))
		exit(99);
	watch_refresh(watch);
	ok(model_row_count(watch->model) == WATCH_SITES, "all of its rows are a difference");
	row = watch_row(watch, WATCH_LEAK);
	ok(row && row->ended && row->trend == MODEL_TREND_FELL, "of an ended process");
	ok(watch_value(watch, WATCH_LEAK, MODEL_COLUMN_DIFF) == -blocks, "%lld blocks fewer",
	   (long long)blocks);
	ok(watch_value(watch, WATCH_LEAK, MODEL_COLUMN_DIFF_DELTA) == -blocks, "since a moment");
	ok(model_total(watch->model, POOLTAG_POOL_PAGED)->value[MODEL_COLUMN_BYTES] == -all,
	   "as the total says");
	model_options(watch->model)->group = MODEL_GROUP_STACK;
	model_regroup(watch->model);
	watch_refresh(watch);
	watch_refresh(watch);
	ok(model_baseline(watch->model) == NULL && model_row_count(watch->model) == 0,
	   "stacks, which the mark knows nothing of, have no difference");
	model_options(watch->model)->group = MODEL_GROUP_PROCESS;
	model_regroup(watch->model);
	watch_refresh(watch);
	ok(model_row_count(watch->model) == 1 &&
		   strcmp(model_row_state(model_row(watch->model, 0)), "ended") == 0 &&
		   model_row(watch->model, 0)->value[MODEL_COLUMN_BYTES] == -all,
	   "per process, too");
	model_unmark(watch->model);
	ok(model_row_count(watch->model) == 0, "without the mark there is nothing");
}

/* Down and up again: the history of the rows one comes back to goes on. */
static void watch_levels(struct watch *watch)
{
	uint32_t key = watch_row(watch, WATCH_LEAK)->key;
	double watched = model_watched(watch->model);

	ok(model_enter(watch->model, key, "leak") == 0, "entered");
	for (int i = 0; i < 5; i++)
		watch_second(watch, i);
	ok(model_row(watch->model, 0)->value[MODEL_COLUMN_SUSPECT] == 0,
	   "one level deeper one has just begun to watch");
	ok(model_leave(watch->model, &key) == 0, "left");
	watch_second(watch, 5);
	ok(watch_value(watch, WATCH_LEAK, MODEL_COLUMN_SUSPECT) == 1,
	   "the suspect one comes back to is still one");
	ok(model_watched(watch->model) > watched, "and the time went on");
}

static void watch_end(struct watch *watch)
{
	char command[128];

	model_destroy(watch->model);
	reader_destroy(watch->reader);
	snprintf(command, sizeof(command), "rm -r %s", watch->dir);
	ok(system(command) == 0, "cleaned up");
}

int main(void)
{
	struct model_options options = {.sort = MODEL_COLUMN_BYTES};
	struct watch watch = {.dir = "/tmp/poolmon-watch-XXXXXX"};
	size_t early = 0;

	if (!mkdtemp(watch.dir))
		return 99;
	watch_describe(&watch);
	watch.reader = reader_create(watch.dir);
	watch.model = model_create(&options);
	watch_refresh(&watch);
	for (int second = 0; second < 3600; second++) {
		watch_second(&watch, second);
		if (second == 600)
			early = mallinfo2().uordblks;
	}
	ok(mallinfo2().uordblks <= early, "an hour takes no more memory than ten minutes: %zu, %zu",
	   (size_t)mallinfo2().uordblks, early);
	watch_suspects(&watch);
	watch_histories(&watch);
	watch_peaks(&watch);
	watch_baseline(&watch);
	watch_levels(&watch);
	watch_ended(&watch);
	watch_end(&watch);
	return done();
}
