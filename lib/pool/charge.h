/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * charge.h - the counters to charge
 *
 * Purpose: gives each thread its cells, and counts on the slow paths.
 * Callers: lib/pool. Locking: none, except for the shared shard, whose directory is under
 * pool_state.lock. Context: as malloc.
 */
#ifndef LIB_POOL_CHARGE_H
#define LIB_POOL_CHARGE_H

#include "lib/base/atomic.h"
#include "lib/pool/thread.h"

/* The first cell of the segment; slots number cells from here. */
extern BASE_HIDDEN struct pooltag_cell *pool_first_cell;

/* In a fork child: fills the directories of cells, which the kernel has emptied, of all `threads`. */
void pool_cells_find(struct pool_thread *threads);

/* The thread's counters of a site, made on first use. NULL when memory is out. */
struct pooltag_cell *pool_cell_of(struct pool_thread *thread, uint32_t site);

/* What one allocation or free adds. */
struct pool_amount {
	size_t requested;
	size_t charge;
	unsigned big; /* 1: no header */
};

/* Counts in the thread's own cell, or atomically in the shared shard's. */
void pool_count_alloc(struct pool_thread *thread, uint32_t site, struct pool_amount amount);
void pool_count_free(struct pool_thread *thread, uint32_t site, struct pool_amount amount);

/* Starts with what was counted before the segment existed. */
void pool_charge_init(const struct pooltag_cell *early);

/* The thread's cell of a site when it has one already and is its only writer, else NULL. */
BASE_INLINE struct pooltag_cell *pool_own_cell(const struct pool_thread *thread, uint32_t site)
{
	uint32_t chunk = site / POOLTAG_CHUNK_CELLS;

	if (BASE_UNLIKELY(chunk >= thread->chunk_capacity || thread == &pool_orphan ||
			  thread->chunks[chunk] == NULL))
		return NULL;
	return thread->chunks[chunk] + site % POOLTAG_CHUNK_CELLS;
}

#endif
