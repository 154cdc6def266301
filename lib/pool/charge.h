/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * charge.h - from a return address to the counters to charge
 *
 * Purpose: makes sites (module, tag, number, record for readers) on first sight, gives each thread
 * its cells, and counts on the slow paths.
 * Callers: lib/pool, lib/interpose. Locking: making a site takes pool_state.lock; counting takes
 * none, except in the shared shard, whose directory is under the lock. Context: as malloc.
 */
#ifndef LIB_POOL_CHARGE_H
#define LIB_POOL_CHARGE_H

#include "lib/base/atomic.h"
#include "lib/pool/caller.h"
#include "lib/pool/thread.h"

/* The first cell of the segment; slots number cells from here. */
extern struct pooltag_cell *pool_first_cell;

/*
 * The site to charge for a call: site 0 when the tables are full, never none. Returns the thread's
 * slot of it, or NULL when the thread has none (it counts in the shared shard, or memory is out).
 */
struct pool_slot *pool_slot_for(struct pool_thread *thread, struct pool_frame frame,
				uint32_t *ret_site);

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

BASE_INLINE struct pool_slot *pool_slot_of(struct pool_thread *thread, uintptr_t return_address)
{
	uint64_t hash = (uint64_t)return_address * 0x9e3779b97f4a7c15u;

	return &thread->slots[hash >> (64 - POOL_SLOT_BITS)];
}

#endif
