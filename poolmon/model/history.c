/* SPDX-License-Identifier: BSD-2-Clause */
#include "model/history.h"

#include "common/number.h"

#include <string.h>

#define HISTORY_MINUTE_NS 60e9

static int64_t history_least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t history_most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void history_advance(struct history_axis *axis, uint64_t now_ns)
{
	axis->now_ns = now_ns;
	if (axis->count && axis->in_bucket < axis->per_bucket) {
		axis->in_bucket++;
		return;
	}
	if (axis->count == HISTORY_BUCKETS) {
		for (size_t i = 0; i < HISTORY_BUCKETS / 2; i++)
			axis->at[i] = axis->at[2 * i];
		axis->count = HISTORY_BUCKETS / 2;
		axis->per_bucket *= 2;
		axis->merges++;
	}
	if (axis->count == 0)
		axis->per_bucket = 1;
	axis->at[axis->count++] = now_ns;
	axis->in_bucket = 1;
}

static void history_merge(struct history *history)
{
	for (size_t i = 0; i < HISTORY_BUCKETS / 2; i++) {
		history->low[i] = history_least(history->low[2 * i], history->low[2 * i + 1]);
		history->high[i] = history_most(history->high[2 * i], history->high[2 * i + 1]);
	}
}

static void history_fill(struct history *history, size_t first, size_t end, int64_t bytes)
{
	for (size_t i = first; i < end; i++) {
		history->low[i] = bytes;
		history->high[i] = bytes;
	}
}

/* Brings a history to the axis' present bucket: it stayed what it was where nobody looked. */
static void history_catch_up(struct history *history, const struct history_axis *axis)
{
	uint64_t merges = axis->merges - history->merges;

	history->merges = axis->merges;
	if (merges > 1) {
		history_fill(history, 0, axis->count, history->last);
	} else if (merges == 1) {
		history_fill(history, history->bucket + 1, HISTORY_BUCKETS, history->last);
		history_merge(history);
		history_fill(history, HISTORY_BUCKETS / 2, axis->count, history->last);
	} else {
		history_fill(history, history->bucket + 1, axis->count, history->last);
	}
}

static void history_begin(struct history *history, const struct history_axis *axis,
			  uint32_t context, int64_t before, int64_t bytes)
{
	memset(history, 0, sizeof(*history));
	history->context = context;
	history->merges = axis->merges;
	history_fill(history, 0, axis->count, before);
	history->low[axis->count - 1] = bytes;
	history->peak_most = bytes;
	history->peak = bytes;
}

static void history_go_on(struct history *history, const struct history_axis *axis, int64_t bytes,
			  uint64_t allocated)
{
	size_t bucket = axis->count - 1;
	int64_t between = history->last;

	history_catch_up(history, axis);
	if (axis->in_bucket == 1)
		history_fill(history, bucket, axis->count, bytes);
	history->low[bucket] = history_least(history->low[bucket], bytes);
	/* All that was allocated may have been there before anything was freed. */
	if (allocated > history->last_allocated)
		between += (int64_t)(allocated - history->last_allocated);
	history->peak = history_most(history->peak, bytes);
	history->peak_most = history_most(history->peak_most, history_most(between, bytes));
}

void history_put(struct history *history, const struct history_axis *axis, uint32_t context,
		 bool fresh, int64_t bytes, uint64_t allocated)
{
	size_t bucket = axis->count - 1;

	if (!history->begun || history->context != context)
		history_begin(history, axis, context, fresh ? bytes : 0, bytes);
	else
		history_go_on(history, axis, bytes, allocated);
	history->high[bucket] = history_most(history->high[bucket], bytes);
	history->last = bytes;
	history->last_allocated = allocated;
	history->bucket = bucket;
	history->begun = true;
}

/* The floor of part number `part` of `count` buckets. */
static int64_t history_floor(const struct history *history, size_t count, size_t part)
{
	size_t end = (part + 1) * count / HISTORY_PARTS;
	int64_t floor = INT64_MAX;

	for (size_t i = part * count / HISTORY_PARTS; i < end; i++)
		floor = history_least(floor, history->low[i]);
	return floor;
}

struct history_growth history_growth(const struct history *history, const struct history_axis *axis)
{
	struct history_growth growth = {0};
	size_t last = (HISTORY_PARTS - 1) * axis->count / HISTORY_PARTS;
	int64_t first_floor;
	int64_t floor;
	int rises = 0;
	int falls = 0;

	if (axis->count < HISTORY_PARTS || axis->at[last] <= axis->at[0])
		return growth;
	first_floor = history_floor(history, axis->count, 0);
	floor = first_floor;
	for (size_t part = 1; part < HISTORY_PARTS; part++) {
		int64_t next = history_floor(history, axis->count, part);

		rises += next > floor;
		falls += next < floor;
		floor = next;
	}
	growth.known = true;
	growth.suspect = falls == 0 && rises >= HISTORY_RISES;
	growth.sustained = rises * 100 / (HISTORY_PARTS - 1);
	growth.per_minute = number_whole(((double)floor - (double)first_floor) * HISTORY_MINUTE_NS /
					 (double)(axis->at[last] - axis->at[0]));
	return growth;
}
