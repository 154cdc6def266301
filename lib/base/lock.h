/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock.h - a futex lock for slow paths
 *
 * Purpose: mutual exclusion without libc, usable before init. Never taken on a fast path.
 * Callers: slow paths of heap, sites, stats and pool. Locking order, outermost first: pool, sites,
 * stats, heap, arena. Context: never allocates; not async-signal-safe against a holder in the same
 * thread.
 */
#ifndef LIB_BASE_LOCK_H
#define LIB_BASE_LOCK_H

#include "lib/base/compiler.h"

/* Zero-initialised is unlocked. 0 free, 1 held, 2 held and waited for. */
struct base_lock {
	uint32_t word;
};

void base_lock_take(struct base_lock *lock);
/* 1 when it has been taken, 0 when somebody holds it. */
int base_lock_try(struct base_lock *lock);

void base_lock_drop(struct base_lock *lock);

/* In a fork child: whoever held it is gone or is us; free again. */
void base_lock_reset(struct base_lock *lock);

#endif
