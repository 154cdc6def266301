/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * atomic.h - the few atomic operations the library uses, by what they mean
 *
 * Callers: everything in lib/. Context: any; nothing here allocates or blocks.
 */
#ifndef LIB_BASE_ATOMIC_H
#define LIB_BASE_ATOMIC_H

#include "lib/base/compiler.h"

#define base_load_relaxed(p)     __atomic_load_n((p), __ATOMIC_RELAXED)
#define base_load_acquire(p)     __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define base_store_relaxed(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define base_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define base_add_atomic(p, v)    __atomic_fetch_add((p), (v), __ATOMIC_RELAXED)

/*
 * Adds to a counter that has exactly one writer. On x86 this is one `add` to memory without a lock
 * prefix: other threads and processes may read it at any time and see the old or the new value.
 */
BASE_INLINE void base_add_owned(uint64_t *counter, uint64_t amount)
{
	/* The compiler would make a load, an addition and a store of a relaxed load and store. */
	__asm__ volatile("addq %1, %0" : "+m"(*counter) : "er"(amount) : "cc");
}

#endif
