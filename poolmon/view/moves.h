/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * moves.h - keys that move: the selection, and from level to level
 *
 * Callers: view/. Allocates; no locks. Each returns view_reaction bits.
 */
#ifndef POOLMON_VIEW_MOVES_H
#define POOLMON_VIEW_MOVES_H

#include "view/view.h"

/* Up, Down and by pages; the first press selects the first row on the screen. */
int moves_step(struct view *view, int key);

int moves_home(struct view *view, int key);
int moves_end(struct view *view, int key);

/* One level deeper, into the selected row or the first on the screen; and up again. */
int moves_enter(struct view *view, int key);
int moves_back(struct view *view, int key);

/* Up, or at the top: the end. */
int moves_out(struct view *view, int key);

/* Widths, top and selection are of one level. Selects the row with `row`, or the first. */
void moves_restart(struct view *view, const uint32_t *row);

#endif
