/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arena.h - memory for the library's own tables
 *
 * Purpose: a bump arena on raw mmap, so that bookkeeping never allocates from the heap it keeps the
 * books of. What is handed out stays for ever; tables that grow leave their old copy behind (at
 * most the size of the new one in total). Callers: slow paths. Locking: its own lock, innermost of
 * all. Context: not in signal handlers, may run before init.
 */
#ifndef LIB_BASE_ARENA_H
#define LIB_BASE_ARENA_H

#include "lib/base/lock.h"

/* Zeroed memory aligned to 64 bytes, or NULL when the system has none left. `bytes` > 0. */
void *base_arena_take(size_t bytes);

/*
 * Takes memory from the system ahead, for when it may
 * not be asked any more. `bytes` in small pieces.
 */
void base_arena_prepare(size_t bytes);

/* For the list of locks around fork. */
struct base_lock *base_arena_lock(void);

#endif
