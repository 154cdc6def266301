/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * line.h - one line of the table: the headings, a row, the total of a pool
 *
 * Callers: view/. Allocates nothing; no locks.
 */
#ifndef POOLMON_VIEW_LINE_H
#define POOLMON_VIEW_LINE_H

#include "view/view.h"

/* Draws the headings as line `line`. */
void line_heading(const struct view *view, const struct layout *layout, struct frame *frame,
		  int line);

/* Draws a row. */
void line_row(const struct view *view, const struct layout *layout, const struct model_row *row,
	      enum frame_attribute attribute, struct frame *frame, int line);

/* Draws the sum of a pool: "Totl" where rows have their tag. */
void line_total(const struct view *view, const struct layout *layout, enum pooltag_pool pool,
		struct frame *frame, int line);

#endif
