/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lookaside.h - lookaside lists of drivers
 *
 * Purpose: the three kinds of lists (legacy paged and nonpaged, Ex, the framework's) on one: a
 * stack of free blocks in the driver's own structure, and a record of ours, out of its reach, with
 * the lock, the books and where they stand in the segment. A record outlives its list; the next
 * list made at the same place with the same tag and size goes on with it.
 *
 * Depth adapts by the rule published for Windows' dynamic lists (Bayet and Fariello, SSTIC 2020,
 * 2.1), once a second as the balance set manager does there, but on the list's next use, as the
 * library has no thread of its own.
 *
 * Callers: lib/kernel. Locking: one lock per list, held for a push or a pop; never while a callback
 * runs or the pool is asked. Context: as pool.h.
 */
#ifndef LIB_KERNEL_LOOKASIDE_H
#define LIB_KERNEL_LOOKASIDE_H

#include "lib/base/compiler.h"
#include <pooltag/segment.h>

/*
 * An active list whose structure lies in the `size` bytes from `start` on; NULL when there is none.
 */
const void *kernel_lookaside_within(const void *start, size_t size);

#define KERNEL_LOOKASIDE_DEPTH_MIN 4u

/* The rule: the next depth, after a second with so many allocations, so many of them misses. */
BASE_INLINE uint32_t kernel_lookaside_next_depth(uint32_t depth, uint32_t maximum,
						 uint64_t allocates, uint64_t misses)
{
	int64_t next;

	if (allocates < 25)
		next = (int64_t)depth - 10;
	else if (misses * 200 < allocates)
		next = (int64_t)depth - 1;
	else
		next = depth + (int64_t)(misses * (maximum - depth) / (2 * allocates)) + 5;
	if (next < KERNEL_LOOKASIDE_DEPTH_MIN)
		next = KERNEL_LOOKASIDE_DEPTH_MIN;
	return next > maximum ? maximum : (uint32_t)next;
}

#endif
