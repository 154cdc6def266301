/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * chooser.h - the screen on which columns are chosen, and the one to sort by
 *
 * Callers: view/. Allocates nothing; no locks. While it is open, all keys are the chooser's.
 */
#ifndef POOLMON_VIEW_CHOOSER_H
#define POOLMON_VIEW_CHOOSER_H

#include "view/view.h"

void chooser_open(struct view *view);

/* Acts on a key. Returns view_reaction bits. */
int chooser_key(struct view *view, int key);

void chooser_render(const struct view *view, struct frame *frame);

#endif
