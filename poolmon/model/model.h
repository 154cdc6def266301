/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model.h - from snapshots to the rows people look at
 *
 * Keeps the previous snapshot for the changes, another one as a baseline when asked to, and what
 * was in use over time. Groups, filters and sorts. A row can be entered: then the rows are what it
 * consists of, one level deeper. Knows nothing of terminals and files.
 *
 * Callers: view, export, cmd; one thread. Allocates; no locks. Rows are valid until the next
 * model_update().
 */
#ifndef POOLMON_MODEL_MODEL_H
#define POOLMON_MODEL_MODEL_H

#include "model/columns.h"
#include "model/history.h"
#include "model/ledger.h"
#include "model/owners.h"
#include "reader/reader.h"

/* Which pools are shown, in the order of the key p. */
enum model_pools { MODEL_POOLS_BOTH, MODEL_POOLS_NONPAGED, MODEL_POOLS_PAGED, MODEL_POOLS_MAX };

/*
 * Which processes are shown, by login session. On Windows sessions have pools of their own beside
 * the system's; here a session's pools are those of its processes. As there, session 0 is what
 * belongs to no user who logged in.
 */
enum model_sessions {
	MODEL_SESSIONS_SYSTEM, /* all processes */
	MODEL_SESSIONS_ALL,    /* those of any login session */
	MODEL_SESSIONS_ONE,    /* those of one session */
};

/* Which processes are shown, in the order of the key x. */
enum model_states {

#define MODEL_STATES(id, name, title, help) MODEL_STATES_##id,
#include "model/states.def"
	MODEL_STATES_MAX
};

struct model_states_info {
	const char *name;
	const char *title; /* for the status line, "" for the usual */
	const char *help;
};

extern const struct model_states_info model_states[MODEL_STATES_MAX];

/* The states called `name`; -1: none. */
int model_states_by_name(const char *name);

/*
 * What to show. Those of the first part may change at any time; then call model_arrange(). After a
 * change in the second part call model_regroup().
 */
struct model_options {
	enum model_column_id sort;
	bool reverse; /* numbers from the least, words from the last */
	bool by_change;
	bool suspects; /* only rows that are leak suspects */
	bool memory;   /* keep a ledger, from the next update on */
	bool tree;     /* rows per process stand below their parents */
	enum model_pools pools;
	const char *filter; /* only rows whose tag or place holds it, in any case; NULL: all */

	enum model_group group;
	enum model_states states;
	size_t include_count;        /* 0: all tags */
	const char *const *includes; /* tag patterns, not owned */
	size_t exclude_count;
	const char *const *excludes;
	size_t pid_count;     /* 0: those of `states` */
	const uint32_t *pids; /* not owned; these are shown whatever their state */
	enum model_sessions sessions;
	uint32_t session;      /* of ONE */
	struct owners *owners; /* of the column Mapped_Driver, NULL: there is none; not owned */
	uint64_t run_id;       /* not 0: all processes of that run, whatever their state */
};

/* What became of a row since the previous update. */
enum model_trend {
	MODEL_TREND_NONE,
	MODEL_TREND_CHANGED, /* other figures, as many bytes */
	MODEL_TREND_ROSE,
	MODEL_TREND_FELL,
	MODEL_TREND_NEW /* was not there */
};

struct model_row {
	uint32_t key; /* identity: the same row in every update has the same key */
	pooltag_tag tag;
	uint8_t pool;    /* enum pooltag_pool */
	uint8_t trend;   /* enum model_trend */
	uint8_t depth;   /* in the tree of processes */
	bool estimated;  /* of a row per size: a mean of several sizes */
	bool ended;      /* its processes were there at the baseline, and have left nothing since */
	uint32_t parent; /* in that tree: its process, 0: none */
	const struct history *history;        /* of its Bytes; NULL: none is kept */
	const char *place;                    /* see columns.def */
	const char *owner;                    /* see columns.def; "" without tag files */
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

/*
 * From now on everything is a difference to the present snapshot, and rows without one are left
 * out; or no longer so. What ended processes had then is less than nothing now. Where the baseline
 * lacks what rows need, figures are absolute: model_baseline() is NULL then.
 */
void model_mark(struct model *model);
void model_unmark(struct model *model);
bool model_is_marked(const struct model *model);
const struct reader_snapshot *model_baseline(const struct model *model);

/*
 * Computes the rows anew after a change of the group or of the processes shown. Leaves all levels.
 */
void model_regroup(struct model *model);

/* How many rows were entered, and what they are called, outermost first. */
size_t model_level_count(const struct model *model);
const char *model_level_name(const struct model *model, size_t level);

/* The frames of a row per stack or site, innermost first, or NULL: its site alone. */
const struct reader_frame *model_frames(const struct model_row *row);

/* Picks and sorts rows again after a change of options. */
void model_arrange(struct model *model);

size_t model_row_count(const struct model *model);
const struct model_row *model_row(const struct model *model, size_t index);

/*
 * The sum of the rows of a pool that pass the filters, as a row; its history is the whole pool's.
 */
const struct model_row *model_total(const struct model *model, enum pooltag_pool pool);

const struct model_counts *model_counts(const struct model *model);
const struct reader_snapshot *model_snapshot(const struct model *model);

/* The memory of the shown processes; zero unless it is kept. */
const struct ledger *model_ledger(const struct model *model);

/* That of one process in the snapshot; NULL: it is not kept, or could not be read. */
const struct ledger *model_process_ledger(const struct model *model, size_t index);

/* Whether the rows are about `process`. */
bool model_selects(const struct model *model, const struct reader_process *process);

/* Whether the row's tag or place holds `words`, in upper or lower case. */
bool model_holds(const struct model *model, const struct model_row *row, const char *words);

/* Whether the filters of pools and tags let `site` pass. */
bool model_passes(const struct model *model, const struct reader_site *site);

/* What the measured columns say of the sum `cell`; the others become 0. */
void model_measure(const struct pooltag_cell *cell, int64_t ret_value[MODEL_COLUMN_MAX]);

/*
 * What was in use over the time watched: the most in each bucket, at most HISTORY_BUCKETS. Returns
 * how many there are.
 */
size_t model_history(const struct model *model, const struct model_row *row,
		     int64_t ret_values[HISTORY_BUCKETS]);

/* How long has been watched, in seconds. */
double model_watched(const struct model *model);

/* What became of the row's process, in a word. */
const char *model_row_state(const struct model_row *row);

/* "Nonp" or "Paged". */
const char *model_pool_name(unsigned pool);

/* Bytes in use of a pool over the shown processes, whatever the filters. */
uint64_t model_pool_bytes(const struct model *model, enum pooltag_pool pool);

#endif
