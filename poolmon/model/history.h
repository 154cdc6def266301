/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * history.h - what was in use over the time one has watched
 *
 * A history has a fixed number of buckets. When they are full, two become one each, so it always
 * covers all the time since the first update, and takes the same memory after a minute and after a
 * month. A bucket keeps the least and the most that was seen in it.
 *
 * The rule for leak suspects. The buckets are divided into HISTORY_PARTS equal parts. The least in
 * use of a part is its floor: what caches and bursts come back to. A row is a suspect when its
 * floor fell in no part and rose in all of the HISTORY_PARTS - 1 steps but one at most. Its growth
 * is what the floor rose by from the first part to the last, per minute. The longer one watches,
 * the longer the parts and the slower a leak that shows.
 *
 * Callers: model/. Allocates; no locks.
 */
#ifndef POOLMON_MODEL_HISTORY_H
#define POOLMON_MODEL_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTORY_BUCKETS 64 /* even */
#define HISTORY_PARTS   8
#define HISTORY_RISES   (HISTORY_PARTS - 2) /* of a suspect */

/* The time that all rows' buckets share. */
struct history_axis {
	size_t count;        /* buckets begun */
	uint64_t per_bucket; /* updates */
	uint64_t in_bucket;  /* updates in the last one */
	uint64_t merges;     /* how often buckets were merged */
	uint64_t now_ns;
	uint64_t at[HISTORY_BUCKETS]; /* when each began */
};

/* What was in use: of one row, or of a pool. */
struct history {
	uint64_t merges; /* of the axis, that its buckets are up to */
	size_t bucket;   /* of the last put */
	bool begun;
	uint32_t context; /* in which rows mean the same; another one begins anew */
	int64_t low[HISTORY_BUCKETS];
	int64_t high[HISTORY_BUCKETS];
	int64_t last;
	uint64_t last_allocated; /* bytes ever, at the last put */
	int64_t peak;            /* seen */
	int64_t peak_most;       /* possible between what was seen */
};

/* What a history says about growth. */
struct history_growth {
	bool known; /* there are enough buckets */
	bool suspect;
	int64_t per_minute; /* bytes by which the floor rose */
	int sustained;      /* percent of the steps in which it rose */
};

/* Begins another update at `now_ns`, which is later than the one before. */
void history_advance(struct history_axis *axis, uint64_t now_ns);

/*
 * Puts what is in use now, of `allocated` bytes ever. `fresh`: rows of this context have not been
 * put in the update before, so what this one was then is not known, rather than nothing.
 */
void history_put(struct history *history, const struct history_axis *axis, uint32_t context,
		 bool fresh, int64_t bytes, uint64_t allocated);

struct history_growth history_growth(const struct history *history,
				     const struct history_axis *axis);

#endif
