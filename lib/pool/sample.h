/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sample.h - now and then, a whole stack
 *
 * Purpose: with sites told apart by their caller alone there would be no flame graphs. So one
 * allocation per sample= bytes on average (a Poisson process on the bytes requested) has its whole
 * stack noted, with the weight that makes the estimates unbiased: an allocation of s bytes is
 * sampled with probability p = 1 - exp(-s / sample), and counts as 1 / p blocks and s / p bytes.
 *
 * Callers: lib/pool. Locking: making a record takes pool_state.lock. Context: as malloc.
 */
#ifndef LIB_POOL_SAMPLE_H
#define LIB_POOL_SAMPLE_H

#include "lib/pool/caller.h"
#include "lib/pool/thread.h"

/* Draws the first distance; when a thread starts. */
void pool_sample_start(struct pool_thread *thread);

/* Notes the stack of an allocation of `size` bytes, and draws the next distance. */
BASE_COLD void pool_sample(struct pool_thread *thread, struct pool_frame frame, uint32_t site,
			   size_t size);

/*
 * Slow paths: takes `size` from the distance, unless the fast path did already. 1 when the
 * allocation is to be sampled.
 */
BASE_INLINE int pool_sample_due(struct pool_thread *thread, size_t size)
{
	if (thread->sample_left >= 0)
		thread->sample_left -= (int64_t)size;
	return thread->sample_left < 0;
}

#endif
