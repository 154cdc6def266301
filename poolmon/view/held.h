/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * held.h - messages on standard error are held back while there is a screen
 *
 * Libraries, and the end of memory, write there at any time; on the screen that would be garbage,
 * and gone a moment later. Callers: view/curses.c. Allocates nothing; held_end() may run in a
 * signal handler.
 */
#ifndef POOLMON_VIEW_HELD_H
#define POOLMON_VIEW_HELD_H

/* From now on messages are kept, where standard error is a terminal. */
void held_begin(void);

/* Shows what was kept, and all that comes at once. */
void held_end(void);

#endif
