/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slab.h - blocks below a page, placed as a kernel pool places them
 *
 * Purpose: drivers may count on where a block below PAGE_SIZE lies: it never starts a page, and it
 * does not cross into another one, so that a free routine can tell blocks by their alignment alone.
 * jemalloc's classes promise neither. A slab is one page of jemalloc's with blocks of one size
 * after a few bytes of its own, which stand where no block may; which blocks are free is a bitmap
 * there, so that a write to a freed block cannot derail the pool. Sizes of 4057 to 4095 bytes
 * cannot have both: they do not start a page, and run into a second one.
 *
 * In the page map the blocks are small ones with headers, whose bin says HEAP_SLABS + pool.
 * Callers: lib/pool. Locking: one lock per pool, inside. Context: as malloc.
 */
#ifndef LIB_HEAP_SLAB_H
#define LIB_HEAP_SLAB_H

#include "lib/base/lock.h"
#include "lib/heap/sizes.h"

#define HEAP_SLAB_MAX   (BASE_PAGE_SIZE - 1) /* most bytes of a block, without its header */
#define HEAP_CACHE_LINE 64

/*
 * A block with room for `size` <= HEAP_SLAB_MAX bytes and a header, aligned to 16, or to a cache
 * line. NULL when there is no memory. `ret_taken` is what had to be taken from jemalloc.
 */
void *heap_slab_take(enum heap_pool pool, size_t size, unsigned cache_aligned, size_t *ret_taken);

/* Gives a block back whose page has `entry` in the map; returns the bytes that went to jemalloc. */
size_t heap_slab_give(void *block, uint64_t entry);

/* Bytes of slabs that are in no block's use; exact while nobody allocates. */
size_t heap_slab_held(void);

/* For the list of locks around fork. */
struct base_lock *heap_slab_lock(enum heap_pool pool);

#endif
