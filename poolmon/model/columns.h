/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * columns.h - columns and groups as data
 *
 * Callers: model, view, export, cmd. Constant tables; no function allocates.
 */
#ifndef POOLMON_MODEL_COLUMNS_H
#define POOLMON_MODEL_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

enum model_group {

#define MODEL_GROUP(id, name, heading, next, help) MODEL_GROUP_##id,
#include "model/groups.def"
	MODEL_GROUP_MAX
};

enum model_column_id {

#define MODEL_COLUMN(id, heading, json, key, kind, narrow, wide, rank, change, groups, help) \
	MODEL_COLUMN_##id,
#include "model/columns.def"
	MODEL_COLUMN_MAX
};

enum model_kind {
	MODEL_KIND_TEXT,
	MODEL_KIND_NUMBER,
	MODEL_KIND_DELTA,
	MODEL_KIND_PERCENT,
	MODEL_KIND_FACT,
	MODEL_KIND_GRAPH
};

#define MODEL_IN(group) (1u << MODEL_GROUP_##group)
#define MODEL_IN_ALL    ((1u << MODEL_GROUP_MAX) - 1)

struct model_column {
	const char *heading;
	const char *json;
	char key; /* 0: none */
	enum model_kind kind;
	int narrow; /* characters */
	int wide;
	int rank;
	enum model_column_id change;
	unsigned groups;
	const char *help;
};

struct model_group_info {
	const char *name;
	const char *heading;
	enum model_group next; /* that a row is taken apart into; itself: none */
	const char *help;
};

extern const struct model_column model_columns[MODEL_COLUMN_MAX];
extern const struct model_group_info model_groups[MODEL_GROUP_MAX];

/* Whether a column's values follow from a row's counters alone. */
static inline bool model_column_is_measured(int id)
{
	return model_columns[id].kind == MODEL_KIND_NUMBER ||
	       model_columns[id].kind == MODEL_KIND_PERCENT;
}

/* Whether a column has an integer per row. */
static inline bool model_column_is_number(int id)
{
	return model_columns[id].kind != MODEL_KIND_TEXT &&
	       model_columns[id].kind != MODEL_KIND_GRAPH;
}

/* The column whose sort letter is `key` or whose JSON name is `name`; -1: none. */
int model_column_by_key(int key);
int model_column_by_name(const char *name, size_t length);

/* The group called `name`; -1: none. */
int model_group_by_name(const char *name);

#endif
