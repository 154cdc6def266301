/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * status.h - the last line, and the one about memory above it
 *
 * Callers: view/. Allocates nothing; no locks.
 */
#ifndef POOLMON_VIEW_STATUS_H
#define POOLMON_VIEW_STATUS_H

#include "view/view.h"

/* Draws the last line: how it is sorted, what is special, where the selected row is. */
void status_render(const struct view *view, struct frame *frame);

/* Draws the memory of the shown processes, beside what their pools take, as line `line`. */
void status_memory(const struct view *view, struct frame *frame, int line);

#endif
