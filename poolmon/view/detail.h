/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * detail.h - where rows per call site or stack are in the source
 *
 * Callers: view/. Allocates for a moment; no locks. Only what is drawn is looked up, and what is
 * not known yet is drawn without it, with "..." instead.
 */
#ifndef POOLMON_VIEW_DETAIL_H
#define POOLMON_VIEW_DETAIL_H

#include "model/place.h"
#include "view/view.h"

/* Whether rows have such details at this level. */
bool detail_exists(const struct view *view);

/* The row's place with functions, files and lines as far as they are known. */
void detail_place(const struct view *view, const struct model_row *row, char out[PLACE_SIZE]);

/* The lines that a row's frames take, at most `most`. */
int detail_lines(const struct view *view, const struct model_row *row, int most);

/* Draws the frames of a row on `count` lines from `line` on. */
void detail_render(const struct view *view, const struct model_row *row, struct frame *frame,
		   int line, int count);

#endif
