/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * front.h - filling and emptying front lists
 *
 * Purpose: the slow half of the front lists: jemalloc is asked for, and given back, several blocks
 * at a time, and the depth of a list adapts to its use by the rule published for Windows' dynamic
 * lookaside lists (Bayet and Fariello, SSTIC 2020, 2.1): per scan period with A allocations and M
 * misses, A < 25: depth - 10; M/A < 0.5 %: depth - 1; else depth + (M/A) * (maximum - depth) / 2 +
 * 5; within [4, maximum]. Callers: lib/pool, lib/kernel, lib/verify. Locking: the thread's own
 * lists; jemalloc's inside.
 * Context: as malloc.
 */
#ifndef LIB_POOL_FRONT_H
#define LIB_POOL_FRONT_H

#include "lib/pool/thread.h"

/* A list that holds nothing and takes nothing. */
void pool_front_make_empty(struct pool_front *front, uint32_t size);

/* Lays the lists of a new state out. 0 or -ENOMEM. */
int pool_fronts_init(struct pool_thread *thread);

/*
 * A block of `bin`, the list being refilled when it is empty. Works for the empty states, too
 * (which keep no lists). NULL when the system has no memory.
 */
void *pool_front_refill(struct pool_thread *thread, uint32_t bin);

/* Puts a block into a full list, half of which goes back to jemalloc first. */
void pool_front_overflow(struct pool_thread *thread, uint32_t bin, void *block);

/* Gives back one block without any list. */
void pool_heap_return(struct pool_thread *thread, uint32_t bin, void *block);

/* Counts bytes taken from or returned to jemalloc for `thread`'s shard. */
void pool_count_taken(struct pool_thread *thread, size_t bytes);
void pool_count_returned(struct pool_thread *thread, size_t bytes);

/* Empties one list. */
void pool_front_flush(struct pool_thread *thread, uint32_t bin);

#endif
