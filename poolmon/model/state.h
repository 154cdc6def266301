/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.h - what a model consists of, for the files that are the model
 *
 * filter.c says what is shown, sums.c adds cells up per key, rows.c makes rows of sums, arrange.c
 * picks and sorts them, tree.c orders processes by their parents, model.c holds it together.
 *
 * Callers: those six. Allocates; no locks.
 */
#ifndef POOLMON_MODEL_STATE_H
#define POOLMON_MODEL_STATE_H

#include "model/history.h"
#include "model/keys.h"
#include "model/model.h"

/* What is summed per key in one update. */
struct model_sum {
	struct pooltag_cell cell;
	int64_t most_bytes; /* of a single site */
	uint32_t process;   /* index in the snapshot of that site's process */
	uint32_t site;
	uint32_t shard;       /* of a thread */
	uint32_t first_frame; /* of a sampled stack */
	uint32_t frame_count;
	bool present;
};

/* The peaks that the processes themselves found at a row's sites. */
struct model_peak {
	uint64_t found; /* the highest of a site's */
	uint64_t most;  /* if all were at once */
	bool unknown;   /* of some site nothing is known */
};

/* A row that was entered. */
struct model_level {
	uint32_t key; /* its group is keys.keys[key].group */
	char *name;
};

/* What one process adds to a row. */
struct model_part {
	uint32_t key;
	uint32_t site; /* its biggest */
	int64_t most_bytes;
	struct pooltag_cell cell;
};

/* The keys of one process's sites, computed once, and what they add up to. */
struct model_binding {
	uint64_t serial; /* of the tables */
	size_t site_count;
	uint32_t *keys;
	uint64_t sums; /* serial of those that `parts` were made of, 0: of none */
	size_t part_count;
	struct model_part *parts;
};

struct model {
	struct model_options options;
	const struct reader_snapshot *snapshot;
	struct reader_snapshot *held;     /* the same, as a reference */
	struct reader_snapshot *previous; /* a reference, or NULL */
	struct reader_snapshot *baseline; /* a reference, or NULL */
	struct keys keys;
	size_t level_count;
	size_t levels_allocated;
	struct model_level *levels;
	size_t sums_allocated;
	struct model_sum *now;
	struct model_sum *before;
	struct model_sum *base;    /* of the baseline */
	uint32_t *places;          /* all 0 but while a process is summed up */
	struct history *histories; /* by key, too */
	struct model_peak *peaks;  /* and these; valid when has_peaks */
	bool has_peaks;
	bool has_before;
	bool has_base;
	double seconds;      /* from the update before to the present one, 0: there is none */
	uint32_t context;    /* of the sums, see model_context() */
	bool context_is_new; /* the update before had another one */
	struct history_axis axis;
	struct history pool_histories[POOLTAG_POOL_MAX];
	size_t binding_count;
	size_t bindings_allocated;
	struct model_binding *bindings; /* in the order of the snapshot */
	size_t row_count;
	size_t rows_allocated;
	struct model_row *rows;
	size_t order_count;
	const struct model_row **order;
	struct model_row totals[POOLTAG_POOL_MAX];
	uint64_t pool_bytes[POOLTAG_POOL_MAX];
	uint64_t sampled_bytes; /* of the rows' sampled stacks */
	struct model_counts counts;
	struct ledger ledger; /* of all shown */
	size_t ledger_count;
	struct ledger *ledgers; /* of each process in the snapshot */
};

/* filter.c: whether the filters let a tag and a pool pass. */
bool model_tag_passes(const struct model_options *options, pooltag_tag tag);
bool model_pool_passes(const struct model_options *options, unsigned pool);

/* sums.c */

/* The group of the row entered at `level`. */
enum model_group model_level_group(const struct model *model, size_t level);

/* Forgets which keys sites have, but for the first `keep` processes. */
void model_drop_bindings(struct model *model, size_t keep);

/* Sums a snapshot up in model->now. */
void model_sum_up(struct model *model, const struct reader_snapshot *snapshot);

/* The present sums become those before; model_sum_up() has to follow. */
void model_swap(struct model *model);

/* A number for which processes are shown. */
uint32_t model_selection(const struct model_options *options);

/* Which rows mean the same: a number of the group, the levels and the processes shown. */
uint32_t model_context(const struct model *model);

/* The sums of a key, less those of the baseline; `before` in the update before. */
struct pooltag_cell model_cell(const struct model *model, uint32_t key, bool before);

/* tree.c: orders model->order as a tree, siblings as they stand. */
void model_make_tree(struct model *model);

/* rows.c: the values of a cell's columns, and their changes unless `before` is NULL. */
void model_fill(struct model_row *row, const struct pooltag_cell *now,
		const struct pooltag_cell *before);

/* rows.c: makes the rows of the sums, and counts the processes of the snapshot. */
void model_fill_rows(struct model *model);
void model_count(struct model *model);

#endif
