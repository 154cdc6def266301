/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * actions.h - keys that change what is shown; keys.def says what each is for
 *
 * Callers: view/keys.c. Allocates; no locks. Each returns view_reaction bits.
 */
#ifndef POOLMON_VIEW_ACTIONS_H
#define POOLMON_VIEW_ACTIONS_H

#include "view/view.h"

int actions_change(struct view *view, int key);
int actions_pools(struct view *view, int key);
int actions_totals(struct view *view, int key);
int actions_highlight(struct view *view, int key);
int actions_reverse(struct view *view, int key);
int actions_sort_beside(struct view *view, int key);
int actions_columns(struct view *view, int key);
int actions_preset(struct view *view, int key);
int actions_group(struct view *view, int key);
int actions_graphs(struct view *view, int key);
int actions_mark(struct view *view, int key);
int actions_states(struct view *view, int key);
int actions_memory(struct view *view, int key);
int actions_pause(struct view *view, int key);
int actions_interval(struct view *view, int key);
int actions_copy(struct view *view, int key);
int actions_theme(struct view *view, int key);
int actions_refresh(struct view *view, int key);
int actions_help(struct view *view, int key);
int actions_quit(struct view *view, int key);

#endif
