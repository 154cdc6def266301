/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock.h - the driver kit's own locks, all in one place for the sake of fork
 *
 * Purpose: a fork child has only the thread that forked, so whatever another one was in the middle
 * of has to be done with first: around fork all locks are taken, in the order of the list, before
 * the pool's. The locks of drivers are not among them.
 *
 * Callers: lib/kernel. Locking: who holds one takes only later ones. Context: as pool.h; the first
 * take starts the library.
 */
#ifndef LIB_KERNEL_LOCK_H
#define LIB_KERNEL_LOCK_H

#include "lib/base/compiler.h"

enum kernel_lock {
	KERNEL_LOCK_TREE,    /* framework objects: parents, children, states */
	KERNEL_LOCK_HANDLES, /* who has which handle */
	KERNEL_LOCK_IMAGE,   /* locked sections of files */
	KERNEL_LOCK_RESOURCES,
	KERNEL_LOCK_LISTS, /* which lookaside list has which record; after it each record's own */
	KERNEL_LOCK_PAGES,
	KERNEL_LOCK_RANGES,
	KERNEL_LOCK_THREADS,
	KERNEL_LOCKS,
};

void kernel_lock_take(enum kernel_lock lock);
void kernel_lock_drop(enum kernel_lock lock);

/* 1, and one more in each fork child: for words in the memory of drivers, which are not taken. */
int32_t kernel_generation(void);

#endif
