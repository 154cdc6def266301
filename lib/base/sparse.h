/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sparse.h - address space set aside for tables, and what memory locks do to it
 *
 * Purpose: gigabytes of address space of which a few pages are ever touched would all be memory
 * once the program calls mlockall, and would be held against its RLIMIT_MEMLOCK. So such tables are
 * mapped here, and mlockall is made of locks on everything else: it succeeds, fails and takes what
 * it would without the library. The tables themselves may be swapped out.
 *
 * Callers: everything in lib/ that maps more than it touches; lib/interpose for the locks. Locking:
 * none. Context: raw system calls only; never allocates; may run before init.
 */
#ifndef LIB_BASE_SPARSE_H
#define LIB_BASE_SPARSE_H

#include "lib/base/compiler.h"

/* Private anonymous zeroed memory that is never unmapped, or an error value for base_is_error. */
void *base_map_sparse(size_t bytes, int protection);

/* The same care for what was mapped in another way. */
void base_sparse_add(const void *start, size_t bytes);

/* mlockall: 0 or a negative errno. */
long base_lock_all(int flags);

/* munlockall: 0 or a negative errno. */
long base_unlock_all(void);

/* A fork child has none of the locks. */
void base_lock_forked(void);

/* Whether all that the program has and will have is locked. */
int base_all_locked(void);

#endif
