/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peak.h - the most that a site had in use at once
 *
 * Purpose: what is in use of a site is known only as a sum over all threads, so no single counter
 * can tell its peak. A thread that has allocated another step of bytes from the site looks: it adds
 * up all cells of the site. The most that was found did occur.
 *
 * In between, each of the n threads that allocate from the site can add at most one step that
 * nobody sees. So what was found last, with n steps, is an upper bound until the next look; the
 * largest such bound is published with it. Steps are powers of two, looks are due at their
 * multiples, and the step of a site never shrinks: so a thread may forget when its next look is due
 * and find it again from its counter alone. A step is 1 KB or an eighth of what the thread has
 * allocated, at most 16 KB, a few large blocks or 1.5 % of what is in use, and larger with the
 * number of threads, whose cells a look has to read.
 *
 * Blocks freed by other threads while a look reads cells would make the bound too small, or what
 * was found too large: so freed bytes are read both before the allocation is counted and at the
 * end.
 *
 * Callers: lib/pool, when an allocation is counted. Locking: none. Context: as malloc.
 */
#ifndef LIB_POOL_PEAK_H
#define LIB_POOL_PEAK_H

#include "lib/base/atomic.h"
#include "lib/heap/map.h"
#include <pooltag/segment.h>

/* The smallest step, 2 to the power of: 1 KB. */
#define POOL_STEP_SHIFT 10

/* By site: by how much the exponent of its step is above that. */
extern BASE_HIDDEN uint8_t pool_site_steps[HEAP_SITES_MAX];

/* A look under way. */
struct pool_look {
	int wanted; /* 0: not due */
	uint32_t site;
	size_t charge;
	const struct pooltag_cell *cell; /* of the thread that looks */
	uint64_t freed;                  /* charge, by all threads, before it counts */
};

/* alloc_charge at which a cell's owner looks next. */
BASE_INLINE uint64_t pool_look_due(uint32_t site, const struct pooltag_cell *cell)
{
	unsigned shift = POOL_STEP_SHIFT + base_load_relaxed(&pool_site_steps[site]);

	return ((base_load_relaxed(&cell->alloc_charge) >> shift) + 1) << shift;
}

BASE_COLD struct pool_look pool_look_start(uint32_t site, const struct pooltag_cell *cell,
					   size_t charge);

/*
 * Before an allocation is counted in a cell: when it makes the next look due, or is the cell's
 * first, the look begins.
 */
BASE_INLINE struct pool_look pool_look_begin(uint32_t site, const struct pooltag_cell *cell,
					     size_t charge)
{
	uint64_t charged = base_load_relaxed(&cell->alloc_charge);

	if (BASE_LIKELY(charged != 0 && charged + charge < pool_look_due(site, cell)))
		return (struct pool_look){.wanted = 0};
	return pool_look_start(site, cell, charge);
}

/* After it. */
BASE_COLD void pool_look_end(const struct pool_look *look);

#endif
