/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * charge.h - the counters to charge
 *
 * Purpose: gives each thread its cells, and counts on the slow paths.
 * Callers: lib/pool, lib/kernel, lib/verify. Locking: none, except for the shared shard, whose
 * directory is under pool_state.lock. Context: as malloc.
 */
#ifndef LIB_POOL_CHARGE_H
#define LIB_POOL_CHARGE_H

#include "lib/base/atomic.h"
#include "lib/pool/thread.h"

/*
 * In a fork child: fills the directories of cells, which the kernel has emptied, of all `threads`.
 */
void pool_cells_find(struct pool_thread *threads);

/* The thread's counters of a site, made on first use. NULL when memory is out. */
struct pooltag_cell *pool_cell_of(struct pool_thread *thread, uint32_t site);

/* What one allocation or free adds. */
struct pool_amount {
	size_t requested;
	size_t charge;
	unsigned big; /* 1: no header */
};

/* Counts an allocation in a cell of the calling thread's. */
BASE_INLINE void pool_count_in(struct pooltag_cell *cell, struct pool_amount amount)
{
	base_add_owned(&cell->allocs, 1);
	base_add_owned(&cell->alloc_bytes, amount.requested);
	base_add_owned(&cell->alloc_charge, amount.charge);
	base_add_owned(&cell->big_allocs, amount.big);
}

/* Counts in the thread's own cell, or atomically in the shared shard's. */
void pool_count_alloc(struct pool_thread *thread, uint32_t site, struct pool_amount amount);
void pool_count_free(struct pool_thread *thread, uint32_t site, struct pool_amount amount);

/* In a fork child: the cells of what it has from its parent; nobody writes them. */
struct pool_inherited {
	struct pooltag_cell **chunks; /* as a thread's */
	uint32_t sites;               /* there are entries for */
};

extern BASE_HIDDEN struct pool_inherited pool_inherited;

/* Makes pool_inherited, for `sites` sites; without memory for it, empty. */
void pool_inherited_make(uint32_t sites);

/* The cell of a site in a directory that another thread may be adding to, or NULL. */
BASE_INLINE const struct pooltag_cell *pool_cell_seen(struct pooltag_cell *const *chunks,
						      uint32_t site)
{
	const struct pooltag_cell *cells = base_load_acquire(&chunks[pool_chunk_of(site)]);

	return cells != NULL ? cells + site % POOLTAG_CHUNK_CELLS : NULL;
}

/* Starts with what was counted before the segment existed. */
void pool_charge_init(const struct pooltag_cell *early);

/* The thread's cell of a site when it has one already and is its only writer, else NULL. */
BASE_INLINE struct pooltag_cell *pool_own_cell(const struct pool_thread *thread, uint32_t site)
{
	uint32_t chunk = pool_chunk_of(site);

	if (BASE_UNLIKELY(thread == &pool_orphan || thread->chunks[chunk] == NULL))
		return NULL;
	return thread->chunks[chunk] + site % POOLTAG_CHUNK_CELLS;
}

#endif
