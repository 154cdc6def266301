/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * large.h - a thread's few free large blocks
 *
 * Purpose: what the front lists are for small blocks: a large block freed and soon asked for again
 * does not go through jemalloc, which takes a lock and may map and unmap. The newest come first;
 * when there are too many, or too many bytes, the oldest goes back.
 * Callers: lib/pool. Locking: the thread's own. Context: as malloc.
 */
#ifndef LIB_POOL_LARGE_H
#define LIB_POOL_LARGE_H

#include "lib/base/options.h"
#include "lib/pool/thread.h"

/* The newest free block of `charge` usable bytes; NULL when there is none. */
BASE_INLINE struct pool_large *pool_large_find(struct pool_thread *thread, size_t charge)
{
	for (uint32_t i = thread->large_count; i-- > 0;)
		if (thread->large[i].charge == charge)
			return &thread->large[i];
	return NULL;
}

BASE_INLINE void pool_large_remove(struct pool_thread *thread, struct pool_large *kept)
{
	thread->large_bytes -= kept->charge;
	thread->large_count--;
	for (; kept < &thread->large[thread->large_count]; kept++)
		kept[0] = kept[1];
}

/* The most bytes that are kept, and the largest block that is. */
BASE_INLINE size_t pool_large_bytes_max(void)
{
	return base_options.front_bytes * POOL_LARGE_FACTOR;
}

/* Whether a block can be kept without giving others back. */
BASE_INLINE int pool_large_has_room(const struct pool_thread *thread, size_t charge)
{
	return thread->large_count < POOL_LARGE_MAX &&
	       thread->large_bytes + charge <= pool_large_bytes_max();
}

BASE_INLINE void pool_large_add(struct pool_thread *thread, void *block, size_t charge)
{
	thread->large[thread->large_count++] =
		(struct pool_large){.block = block, .charge = charge};
	thread->large_bytes += charge;
}

/* Keeps a free block, giving others back for it; 0, or -1 when it is too large to be kept. */
int pool_large_keep(struct pool_thread *thread, void *block, size_t charge);

/* Gives all back to jemalloc. */
void pool_large_flush(struct pool_thread *thread);

#endif
