/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * layout.h - which columns are shown, and how wide
 *
 * Callers: view/. Does not allocate; no locks. Widths come from headings and data: a figure is
 * never cut. A narrow screen loses the columns with the highest rank first.
 */
#ifndef POOLMON_VIEW_LAYOUT_H
#define POOLMON_VIEW_LAYOUT_H

#include "model/model.h"

#include <stdbool.h>

#define LAYOUT_UNLIMITED 0 /* columns of a page that is as wide as it must be */

/* Which columns to show; zero: those of the group with rank >= 0. */
struct layout_choice {
	bool owners; /* Mapped_Driver stands where PoolMon has it, instead of what is ours */
	size_t count;
	enum model_column_id ids[MODEL_COLUMN_MAX];
	bool fitting; /* those that rows of the group lack are left out */
};

struct layout_column {
	enum model_column_id id;
	int at;    /* screen column */
	int width; /* of the whole column, parentheses included */
};

struct layout {
	int count;
	struct layout_column columns[MODEL_COLUMN_MAX];
};

/* The widest figures seen lately, so that columns do not jump with every digit. Zero-initialise. */
struct layout_memory {
	int data[MODEL_COLUMN_MAX];   /* what counts now, characters */
	int period[MODEL_COLUMN_MAX]; /* widest in this period of drawings */
	int before[MODEL_COLUMN_MAX]; /* and in the one before */
	int age;                      /* drawings in this period */
	int place_least; /* characters of places that other columns make room for; 0: none */
};

/* The columns that are shown of rows of `group`, in order; returns how many. */
size_t layout_columns(const struct layout_choice *choice, enum model_group group,
		      enum model_column_id ret_ids[MODEL_COLUMN_MAX]);

/*
 * Lays out the rows of `model` for a screen `columns` wide. `place_width` is the width of the
 * longest place where rows are about places, which then have the most of a narrow screen; 0: that
 * of the rows' own.
 */
void layout_compute(struct layout *layout, struct layout_memory *memory, const struct model *model,
		    const struct layout_choice *choice, int columns, int place_width);

#endif
