/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nonpaged.h - the nonpaged pools: memory that is never swapped out
 *
 * Purpose: a jemalloc arena of its own whose every page is locked with mlock as it is mapped, so
 * that the kernel shows it as VmLck; and a second one in which code may run, for drivers that ask
 * for the executable pool by name. When RLIMIT_MEMLOCK is spent the pool is exhausted and
 * allocations from it fail, as on Windows; with best effort they go on unlocked, and how much is
 * counted.
 * Callers: lib/pool. Locking: creation takes an internal lock; jemalloc's own otherwise. Context:
 * as malloc.
 */
#ifndef LIB_HEAP_NONPAGED_H
#define LIB_HEAP_NONPAGED_H

#include "lib/base/compiler.h"
#include "lib/base/lock.h"
#include "lib/heap/sizes.h"

/* Unlocked memory is allowed from now on; `unlocked` counts its bytes, atomically. */
void heap_nonpaged_best_effort(uint64_t *unlocked);

/* Returned for a pool that cannot be had. */
#define HEAP_NO_POOL (-1)

/*
 * The mallocx flags that allocate from, and free to, a pool; creates it on first use. HEAP_NO_POOL
 * when it cannot be had.
 */
int heap_pool_flags(enum heap_pool pool);

/*
 * Locks what is mapped of the pools between two addresses once more, after something that unlocks
 * memory: munlock by the program, or fork, whose child inherits no locks. Bytes that could not be.
 */
size_t heap_nonpaged_lock_again(uintptr_t start, uintptr_t end);

/* For the list of locks around fork. */
struct base_lock *heap_nonpaged_lock(void);

/* The same; taken while jemalloc's locks are held. */
struct base_lock *heap_nonpaged_extents_lock(void);

#endif
