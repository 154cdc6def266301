/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.h - what the library says on stderr
 *
 * Callers: everything in lib/. Locking: none; a line is one write. Context: async-signal-safe,
 * never allocates, may run before init.
 */
#ifndef LIB_BASE_REPORT_H
#define LIB_BASE_REPORT_H

#include "lib/base/compiler.h"

/* Notes are not printed from now on (option quiet=1). Fatal reports always are. */
void base_report_silence(void);

/* Prints "pooltag: <line>" unless silenced. Not for the fast path. */
BASE_COLD void base_note(const char *line);

/* Prints "pooltag: <line>" whatever was silenced: the host has asked for it. */
BASE_COLD void base_say(const char *line);

/* Prints "pooltag: <line>" and ends the process with status 1: it cannot run like this. */
BASE_COLD __attribute__((noreturn)) void base_refuse(const char *line);

/* From now on base_report() also sets `bit` in *flags, for those who cannot see stderr. */
void base_report_mark(uint32_t *flags, uint32_t bit);

/* Prints "pooltag: <line>", silenced or not: a part of a fatal report. */
BASE_COLD void base_report(const char *line);

/* The end of a fatal report of several lines. */
BASE_COLD __attribute__((noreturn)) void base_abort(void);

/* Prints "pooltag: <line>" and ends the process with SIGABRT, as a bug check does. */
BASE_COLD __attribute__((noreturn)) void base_fatal(const char *line);

#endif
