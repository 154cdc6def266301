/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * largest.h - the screen with the largest blocks of a line
 *
 * The view knows what to ask for; asking, which takes a moment, is its caller's. While the screen
 * is open, all keys are its own. Callers: view/, cmd/live.c, tests. Allocates nothing; no locks.
 */
#ifndef POOLMON_VIEW_LARGEST_H
#define POOLMON_VIEW_LARGEST_H

#include "view/view.h"

/* The key: asks for the blocks of the selected row, or of the first on the screen. */
int largest_ask(struct view *view, int key);

/* Takes the answer over, and shows it. */
void largest_show(struct view *view, const struct blocks *blocks);

/* Acts on a key while it is open. Returns view_reaction bits. */
int largest_key(struct view *view, int key);

void largest_render(struct view *view, struct frame *frame);

#endif
