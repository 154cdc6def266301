/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mark.h - what each block is: reachable, possibly lost, lost
 *
 * Purpose: reads from the roots along all pointers, as memcheck's leak check does:
 *   reachable   a chain of pointers to starts of blocks leads from a root
 *   possible    else, a chain with a pointer into the middle of a block does
 *   indirect    else, a lost block has a pointer to it or into it
 *   definite    the rest. Of blocks that only point at each other in a ring the first in memory is
 *               definite and the others are indirect
 * A block is read once, from its start to its requested end, at addresses divisible by 8.
 *
 * Blocks that are still to be read are gray in the index, and their pages stand in a work list, so
 * that nothing can overflow, whatever points where.
 *
 * A large heap is read by several threads (team.h), to the same result.
 *
 * Callers: leaks/scan.c, in the child. Locking: none. Context: raw mappings only.
 */
#ifndef LIB_LEAKS_MARK_H
#define LIB_LEAKS_MARK_H

#include "lib/leaks/roots.h"
#include <pooltag/segment.h>

/* What becomes of the sites' blocks, by number of the site. */
struct leaks_tally {
	struct pooltag_scan *scan;  /* root_bytes, heap_bytes and blocks are counted there */
	struct pooltag_leak *leaks; /* of `sites` sites, zeroed */
	uint32_t sites;
	struct pooltag_lost *lost; /* of POOLTAG_LOST_MAX records */
	uint32_t *lost_count;
	uint32_t *pulse; /* changed all the time, for those who wait */
};

/* Builds the index, and marks. 0 or -ENOMEM. */
int leaks_mark(const struct leaks_roots *roots, const struct leaks_threads *threads,
	       const struct leaks_tally *tally);

#endif
