/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model.h - from snapshots to the rows people look at
 *
 * Keeps the previous snapshot for the changes, groups, filters and sorts. A row can be entered: then
 * the rows are what it consists of, one level deeper. Knows nothing of terminals and files.
 *
 * Callers: view, export, cmd; one thread. Allocates; no locks. Rows are valid until the next
 * model_update().
 */
#ifndef POOLMON_MODEL_MODEL_H
#define POOLMON_MODEL_MODEL_H

#include "model/columns.h"
#include "reader/reader.h"

/* Which pools are shown, in the order of the key p. */
enum model_pools { MODEL_POOLS_BOTH, MODEL_POOLS_NONPAGED, MODEL_POOLS_PAGED, MODEL_POOLS_MAX };

/*
 * Which processes are shown, by login session. On Windows sessions have pools of their own beside the
 * system's; here a session's pools are those of its processes. As there, session 0 is what belongs
 * to no user who logged in.
 */
enum model_sessions {
	MODEL_SESSIONS_SYSTEM, /* all processes */
	MODEL_SESSIONS_ALL,    /* those of any login session */
	MODEL_SESSIONS_ONE,    /* those of one session */
};

/* What to show. Sort, by_change and pools may change at any time; then call model_arrange(). */
struct model_options {
	enum model_group group;
	enum model_column_id sort;
	bool by_change;
	enum model_pools pools;
	size_t include_count;        /* 0: all tags */
	const char *const *includes; /* tag patterns, not owned */
	size_t exclude_count;
	const char *const *excludes;
	size_t pid_count;     /* 0: all that run */
	const uint32_t *pids; /* not owned; these are shown whatever their state */
	enum model_sessions sessions;
	uint32_t session; /* of ONE */
	uint64_t run_id;  /* not 0: all processes of that run, whatever their state */
};

struct model_row {
	uint32_t key; /* identity: the same row in every update has the same key */
	pooltag_tag tag;
	uint8_t pool;                         /* enum pooltag_pool */
	bool changed;                         /* since the previous update */
	const char *place;                    /* see columns.def */
	const struct reader_process *process; /* of the site with the most bytes */
	size_t site;                          /* that site */
	uint32_t shard;                       /* of a row per thread */
	uint32_t first_frame; /* of a row per stack, of a site's biggest; count 0: none */
	uint32_t frame_count;
	bool sampled; /* a stack that was sampled: allocs and alloc_bytes are estimates, the rest
			 is not known and 0 */
	int share;    /* of a sampled stack: percent of the bytes sampled in these rows */
	int64_t value[MODEL_COLUMN_MAX]; /* of all columns but TEXT ones */
};

/* How many processes there are, whether shown or not. */
struct model_counts {
	size_t shown;   /* that the rows are about */
	size_t running; /* live or unknown */
	size_t crashed;
	size_t gone; /* exited or execed */
};

struct model;

struct model *model_create(const struct model_options *options);
void model_destroy(struct model *model);

/* The options, to look at and to be changed in place. */
const struct model_options *model_settings(const struct model *model);
struct model_options *model_options(struct model *model);

/*
 * Takes a new snapshot, holding on to it, and computes the rows. Changes are against the previous
 * update; there are none after the first, nor where the previous snapshot lacked what rows need.
 */
void model_update(struct model *model, const struct reader_snapshot *snapshot);

/* What snapshots must have for the rows of this level: enum reader_wants bits. */
unsigned model_wants(const struct model *model);

/*
 * Shows what the row with `key` consists of: rows of the group's `next`. Returns 0, or -1 when
 * nothing is below. A level deeper may want more than the present snapshot has. `name` is what the
 * row is called on the way (tags have their own); it is copied.
 */
int model_enter(struct model *model, uint32_t key, const char *name);

/* Back to the level above. Returns 0 and the key of the row that was entered, or -1 at the top. */
int model_leave(struct model *model, uint32_t *ret_key);

/* Shows the processes of all login sessions, of one, or all processes. */
void model_choose_session(struct model *model, enum model_sessions sessions, uint32_t session);

/* How many rows were entered, and what they are called, outermost first. */
size_t model_level_count(const struct model *model);
const char *model_level_name(const struct model *model, size_t level);

/* The frames of a row per stack or site, innermost first, or NULL: its site alone. */
const struct reader_frame *model_frames(const struct model_row *row);

/* Picks and sorts rows again after a change of options. */
void model_arrange(struct model *model);

size_t model_row_count(const struct model *model);
const struct model_row *model_row(const struct model *model, size_t index);

/* The sum of the rows of a pool that pass the tag filters, as a row. */
const struct model_row *model_total(const struct model *model, enum pooltag_pool pool);

const struct model_counts *model_counts(const struct model *model);
const struct reader_snapshot *model_snapshot(const struct model *model);

/* Whether the rows are about `process`. */
bool model_selects(const struct model *model, const struct reader_process *process);

/* Whether the filters of pools and tags let `site` pass. */
bool model_passes(const struct model *model, const struct reader_site *site);

/* What the columns but PID say of the sum `cell`, without changes; the others become 0. */
void model_measure(const struct pooltag_cell *cell, int64_t ret_value[MODEL_COLUMN_MAX]);

/* "Nonp" or "Paged". */
const char *model_pool_name(unsigned pool);

/* Bytes in use of a pool over the shown processes, whatever the filters. */
uint64_t model_pool_bytes(const struct model *model, enum pooltag_pool pool);

#endif
