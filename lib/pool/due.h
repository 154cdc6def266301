/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * due.h - what is due now and then at a call site
 *
 * Purpose: a slot of the cache of call sites holds one number that its cell's alloc_charge is
 * compared with at each allocation. When it is reached, the slow path does what is due: a look at
 * what is in use of the site (peak.h), a sampled stack (sample.h). Both find out from the cell when
 * they are due again, so a slot may be forgotten at any time.
 *
 * Callers: lib/pool. Locking: slots are their thread's own. Context: as malloc.
 */
#ifndef LIB_POOL_DUE_H
#define LIB_POOL_DUE_H

#include "lib/pool/charge.h"
#include "lib/pool/site.h"

/* Completes a new slot, whose other members are set. */
void pool_due_start(struct pool_thread *thread, struct pool_slot *slot);

BASE_COLD void pool_due_count_now(struct pool_thread *thread, struct pool_slot *slot,
				  struct pool_frame frame, struct pool_amount amount);

/* Counts an allocation of a site that has a slot, and does what is due. */
BASE_INLINE void pool_due_count(struct pool_thread *thread, struct pool_slot *slot,
				struct pool_frame frame, struct pool_amount amount)
{
	if (BASE_LIKELY(slot->cell->alloc_charge + amount.charge < slot->due))
		pool_count_in(slot->cell, amount);
	else
		pool_due_count_now(thread, slot, frame, amount);
}

/*
 * Does what is due after an allocation of `size` bytes that pool_count_alloc() has counted. `slot`
 * is its site's, NULL where that has none.
 */
void pool_due_counted(struct pool_thread *thread, struct pool_slot *slot, struct pool_frame frame,
		      const void *block, size_t size);

#endif
