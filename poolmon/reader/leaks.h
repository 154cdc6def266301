/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * leaks.h - the last leak scan in a segment
 *
 * The one part of a segment that is written anew: a scan in the process may begin while it is read.
 * Callers: segment.c. Allocates; no locks.
 */
#ifndef POOLMON_READER_LEAKS_H
#define POOLMON_READER_LEAKS_H

#include "reader/file.h"

/*
 * Reads the scan and what it found into *ret_leaks, to be released with leaks_fini(); the counts of
 * SITES and STRINGS must have been loaded. A scan that another one overtakes again and again is
 * RUNNING. Returns 0 or -1 with *fault.
 */
int leaks_load(const struct file *file, struct reader_leaks *ret_leaks,
	       struct segment_fault *fault);
void leaks_fini(struct reader_leaks *leaks);

#endif
