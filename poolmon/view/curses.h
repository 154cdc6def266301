/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * curses.h - the terminal
 *
 * Shows frames and reads keys; view/curses.c is the only includer of the terminal library. The
 * terminal is put back on every way out: a return, exit(), SIGTERM, SIGHUP, SIGINT, SIGQUIT, a
 * stop, and fatal signals. Callers: cmd/live.c. One terminal per process.
 */
#ifndef POOLMON_VIEW_CURSES_H
#define POOLMON_VIEW_CURSES_H

#include "view/view.h"

/* Takes the terminal. Returns 0, or -1 after one line on stderr saying why it cannot. */
int curses_begin(void);
void curses_end(void);

/* The terminal's size. */
void curses_size(int *ret_rows, int *ret_columns);

/* The colours from the next frame on. NO_COLOR and a terminal without colours win. */
void curses_theme(enum view_theme theme);

/*
 * Hands text to the terminal for its clipboard (OSC 52). Returns 0, or -1 when it is longer than
 * terminals take. Nobody learns whether the terminal obeyed.
 */
int curses_copy(const char *text, size_t size);

void curses_show(const struct frame *frame);

/*
 * Waits up to `timeout_ns` for a key. Returns a character or a view_code, VIEW_CODE_NONE when time
 * is up, or CURSES_ENDED when a signal asks to end or the terminal is gone.
 */
#define CURSES_ENDED (-1)

int curses_wait(uint64_t timeout_ns);

#endif
