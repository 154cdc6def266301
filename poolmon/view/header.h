/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * header.h - the lines above the rows: the machine, and what the table is about
 *
 * Callers: view/. Allocates nothing; no locks.
 */
#ifndef POOLMON_VIEW_HEADER_H
#define POOLMON_VIEW_HEADER_H

#include "view/view.h"

#define HEADER_LINES 5 /* two of the machine, title, heading, blank */

/* Draws lines 0 to 2. */
void header_render(const struct view *view, struct frame *frame);

#endif
