/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * diff.h - what changed from one snapshot to another
 *
 * Rows are matched by names alone, never by addresses or pids, so that snapshots of other builds
 * and hosts compare: by tag; by the module's base name; by module!function; by tag and
 * module!function (group site); by program (group process). The two pools have rows of their own.
 * Rows of which no counter changed are left out, but counted. Callers: cmd/diff.c. Allocates; no
 * locks.
 */
#ifndef POOLMON_EXPORT_DIFF_H
#define POOLMON_EXPORT_DIFF_H

#include "export/snap.h"

enum diff_side { DIFF_BEFORE, DIFF_AFTER, DIFF_SIDES };

struct diff_row {
	char *tag;   /* "": rows of this group have none */
	char *place; /* "": none */
	uint8_t pool;
	struct pooltag_cell cell[DIFF_SIDES];
	int64_t value[DIFF_SIDES][MODEL_COLUMN_MAX];
};

struct diff {
	const struct snap *snaps[DIFF_SIDES]; /* not owned */
	const char *names[DIFF_SIDES];        /* what to call them, not owned */
	enum model_group group;
	enum model_column_id sort; /* a NUMBER column: most growth first */
	size_t row_count;
	struct diff_row *rows;
	size_t unchanged;                         /* rows left out */
	struct diff_row totals[POOLTAG_POOL_MAX]; /* over all rows */
};

/* Compares; fill in all fields before `row_count` first. Release with diff_fini(). */
void diff_init(struct diff *diff);
void diff_fini(struct diff *diff);

/* The change of a column; wraps around rather than be undefined for absurd figures. */
int64_t diff_change(const struct diff_row *row, enum model_column_id column);

/*
 * As a table: of each of the columns `ids`, before, after and the change. Returns 0 or a negative
 * errno.
 */
int diff_write_text(const struct diff *diff, const enum model_column_id *ids, size_t count,
		    FILE *out);

/*
 * {"schema": "poolmon-diff/1", "group", "before", "after": {"name", "host", "time", "processes"},
 *  "rows": [{"tag", "type", "place", "before", "after", "delta": {all NUMBER columns but pid}}],
 *  "totals": {"Paged", "Nonp": {"before", "after", "delta"}}, "unchanged": rows left out}
 */
int diff_write_json(const struct diff *diff, FILE *out);

#endif
