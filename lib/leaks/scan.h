/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scan.h - a leak scan, from the request to the result in the segment
 *
 * Purpose: holds the other threads, forks, lets them go, and waits while the child reads its frozen
 * copy of the process. The child takes no lock, calls nothing but the kernel and writes nothing but
 * its own memory and the result, so it does not matter what the threads were doing.
 *
 * A scan and a fork never wait for each other: a scan takes no lock that is held around fork, but
 * one of its own, which every child finds free.
 *
 * Callers: lib/interpose. Locking: one scan at a time. Context: not while holding a lock of the
 * library; otherwise anywhere, signal handlers included. errno is unchanged.
 */
#ifndef LIB_LEAKS_SCAN_H
#define LIB_LEAKS_SCAN_H

#include "lib/leaks/result.h"

/*
 * Scans, and calls `use` with the result once it stands in the segment (NULL: nothing more to do).
 * 0, or -1 when it could not be done: result->scan.reason says why.
 */
typedef void leaks_use(const struct leaks_result *result, void *argument);
int leaks_scan(enum pooltag_scan_trigger trigger, leaks_use *use, void *argument);

/* In a fork child: a scan by a thread of its parent, which it does not have, is none of its own. */
void leaks_scan_forked(void);

/* Notes in the segment that the program wants no scan. */
void leaks_scan_off(void);

#endif
