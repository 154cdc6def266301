/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * graph.h - what was in use over time, drawn
 *
 * With block and braille characters, or with ASCII where the terminal has no others.
 * Callers: view/. Allocates nothing; no locks.
 */
#ifndef POOLMON_VIEW_GRAPH_H
#define POOLMON_VIEW_GRAPH_H

#include "view/view.h"

/* The history of a row as `width` characters of one line, the right one is now. */
void graph_line(const struct view *view, const struct model_row *row, int width, char *out,
		size_t size);

/*
 * Graphs of the pools and of `row` (NULL: none) side by side, their heading the first of `lines`.
 */
void graph_panel(const struct view *view, const struct model_row *row, struct frame *frame,
		 int line, int lines);

#endif
