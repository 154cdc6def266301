/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mark.h - what each block is: reachable, possibly lost, lost
 *
 * Purpose: the phases of a scan, which reads from the roots along all pointers, as memcheck's leak
 * check does:
 *   reachable   a chain of pointers to starts of blocks leads from a root
 *   possible    else, a chain with a pointer into the middle of a block does
 *   indirect    else, a lost block has a pointer to it or into it
 *   definite    the rest. Of blocks that only point at each other in a ring the first in memory is
 *               definite and the others are indirect
 *
 * Callers: leaks/scan.c, in the child. Locking: none. Context: raw mappings only.
 */
#ifndef LIB_LEAKS_MARK_H
#define LIB_LEAKS_MARK_H

#include "lib/leaks/result.h"
#include "lib/leaks/roots.h"

/* Builds the index, marks, and counts in the result. 0 or -ENOMEM. */
int leaks_mark(const struct leaks_roots *roots, const struct leaks_threads *threads,
	       struct leaks_result *result);

#endif
