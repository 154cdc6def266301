/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * signals.h - what may interrupt the live view
 *
 * Signals are delivered only while signals_wait() waits, so that none is missed and none meets a
 * half-drawn screen. Callers: view/curses.c. One per process; handlers only take notes, but for
 * signals that are fatal.
 */
#ifndef POOLMON_VIEW_SIGNALS_H
#define POOLMON_VIEW_SIGNALS_H

#include <stdint.h>

enum signals_event {
	SIGNALS_NONE,      /* time is up, or there is input */
	SIGNALS_HANGUP,    /* there is no more input, ever, when none has come */
	SIGNALS_CONTINUED, /* we were stopped, and go on; the size may be another */
	SIGNALS_ENDED,     /* a signal asks to end */
};

/*
 * From now on SIGTERM, SIGHUP, SIGINT and SIGQUIT ask to end, unless they were ignored. `rescue` is
 * called before a fatal signal ends the program: it may do only what handlers may.
 */
void signals_catch(void (*rescue)(void));

/* Waits up to `timeout_ns` for input on `fd` or for a signal. */
enum signals_event signals_wait(int fd, uint64_t timeout_ns);

/* If a signal asked to end, ends the program by it, as its sender expects. */
void signals_die(void);

#endif
