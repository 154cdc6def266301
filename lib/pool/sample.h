/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sample.h - now and then, a whole stack
 *
 * Purpose: with sites told apart by their caller alone there would be no flame graphs. So one
 * allocation per sample= bytes on average has its whole stack noted. Each slot of the cache of call
 * sites has a Poisson process of its own on the bytes its site is charged; allocations without a
 * slot, and the first of a slot, share one a thread. Such a process has no memory, so a slot that
 * takes another's place starts anew. The weight makes the estimates unbiased: an allocation that is
 * charged c bytes is sampled with probability p = 1 - exp(-c / sample), and counts as 1 / p blocks
 * and size / p bytes.
 *
 * Callers: lib/pool. Locking: making a record takes pool_state.lock. Context: as malloc.
 */
#ifndef LIB_POOL_SAMPLE_H
#define LIB_POOL_SAMPLE_H

#include "lib/pool/caller.h"
#include "lib/pool/thread.h"

/* Draws the first distance of a thread that starts. */
void pool_sample_start(struct pool_thread *thread);

/* Takes memory for the table of samples. Under pool_state.lock. */
void pool_sample_prepare(void);

/* Draws the next distance of a slot, from an alloc_charge of its cell on. */
void pool_sample_draw(struct pool_thread *thread, const struct pool_slot *slot, uint64_t from);

/* alloc_charge of the slot's cell at which its site is sampled. */
BASE_INLINE uint64_t *pool_sample_at(struct pool_thread *thread, const struct pool_slot *slot)
{
	return &thread->sample_at[slot - thread->slots];
}

/* An allocation that is sampled. */
struct pool_sampled {
	size_t size;   /* requested */
	size_t charge; /* by which it brought the sample nearer */
};

/* Notes the stack of an allocation. */
BASE_COLD void pool_sample(struct pool_thread *thread, struct pool_frame frame, uint32_t site,
			   struct pool_sampled what);

/* Takes an allocation from the thread's own distance; 1 when it is to be sampled. */
BASE_COLD int pool_sample_due(struct pool_thread *thread, size_t charge);

#endif
