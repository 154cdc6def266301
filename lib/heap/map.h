/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * map.h - the page map: any address -> what jemalloc handed out there
 *
 * One 8-byte entry per page of address space:
 *   0            not ours
 *   small page   bit 63 | bit 62 | place 44 | class size / 16 10 | bin 8: blocks of one bin, with
 *                headers. Place: the record of the page's span, an address / 64; without bit 62
 *                (the nonpaged pool's blocks, which jemalloc cuts) the phase
 *   record       bit 61 | bit 62 when freed | bit 60 when large | site 20 | requested size 40: the
 *                block that starts in this page. Not large: a block of a bin of whole pages, whose
 *                class size is the requested size rounded up to pages
 *   tail         bit 60 alone | usable pages 28 | offset 12: the second page of a large block,
 *                whose first byte stands at that offset in the page before
 *
 * The phase is the offset of the first block that starts in the page. With it, or the span, any
 * address inside resolves to its block. Further pages of a large block have no entry.
 *
 * The entries near the heap stand in one flat window of address space, found with one load; the few
 * outside in a radix. Both are sparse: 0.2 % of the heap is touched.
 *
 * Callers: lib/pool and what stands on it. Locking: reads need none; an entry is written before the
 * block it speaks of is handed out; making room takes an internal lock. Context: reads anywhere,
 * writes as malloc.
 */
#ifndef LIB_HEAP_MAP_H
#define LIB_HEAP_MAP_H

#include "lib/base/atomic.h"
#include "lib/base/compiler.h"
#include "lib/base/lock.h"
#include "lib/heap/span.h"

#define HEAP_MAP_SMALL     ((uint64_t)1 << 63)
#define HEAP_MAP_SPANNED   ((uint64_t)1 << 62) /* of small pages */
#define HEAP_MAP_FREED     ((uint64_t)1 << 62) /* of records */
#define HEAP_MAP_RECORD    ((uint64_t)1 << 61)
#define HEAP_MAP_LARGE     ((uint64_t)1 << 60)

#define HEAP_MAP_SIZE_BITS 40
#define HEAP_MAP_SITE_BITS 20
#define HEAP_MAP_SIZE_MAX  (((uint64_t)1 << HEAP_MAP_SIZE_BITS) - 1)

/* The most sites there can be, for records and headers alike. */
#define HEAP_SITES_MAX ((uint32_t)1 << HEAP_MAP_SITE_BITS)

struct heap_map_window {
	uint64_t *entries;    /* of the pages first_page, first_page + 1, ... */
	uintptr_t first_page; /* page numbers: address >> 12 */
	uintptr_t pages;      /* 0 until init, or when no window could be had */
};

extern BASE_HIDDEN struct heap_map_window heap_map_window;

/* Reserves the window. Never fails: without one every entry stands in the radix. */
void heap_map_init(void);

/* The entry of a page outside the window. */
uint64_t heap_map_get_far(uintptr_t page);

/* The entry of a page in the window; 0 for all others, NULL among them. */
BASE_INLINE uint64_t heap_map_get_near(const void *address)
{
	uintptr_t index = ((uintptr_t)address >> BASE_PAGE_SHIFT) - heap_map_window.first_page;

	if (BASE_LIKELY(index < heap_map_window.pages))
		return base_load_relaxed(&heap_map_window.entries[index]);
	return 0;
}

BASE_INLINE uint64_t heap_map_get(const void *address)
{
	uintptr_t page = (uintptr_t)address >> BASE_PAGE_SHIFT;

	if (BASE_LIKELY(page - heap_map_window.first_page < heap_map_window.pages))
		return heap_map_get_near(address);
	return heap_map_get_far(page);
}

/* Writes an entry. 0, or -ENOMEM when there is no room for it. */
int heap_map_set(const void *address, uint64_t entry);

/* The same for a page that most likely has an entry already, so that there is room for one. */
BASE_INLINE int heap_map_reset(const void *address, uint64_t entry)
{
	uintptr_t index = ((uintptr_t)address >> BASE_PAGE_SHIFT) - heap_map_window.first_page;

	if (BASE_UNLIKELY(index >= heap_map_window.pages || heap_map_window.entries[index] == 0))
		return heap_map_set(address, entry);
	base_store_relaxed(&heap_map_window.entries[index], entry);
	return 0;
}

/* Writes the entries of the pages that a block of a bin without spans touches. 0 or -ENOMEM. */
int heap_map_set_small(const void *block, uint32_t bin, uint32_t class_size);

BASE_INLINE int heap_map_is_small(uint64_t entry)
{
	return (int64_t)entry < 0;
}

BASE_INLINE uint32_t heap_map_bin(uint64_t small)
{
	return (uint32_t)(small & 0xff);
}

BASE_INLINE uint32_t heap_map_class(uint64_t small)
{
	return (uint32_t)(small >> 4) & 0x3ff0;
}

BASE_INLINE uint64_t heap_map_small(uint32_t bin, uint32_t class_size)
{
	return HEAP_MAP_SMALL | (uint64_t)class_size << 4 | bin;
}

/* The offset in `page`, a page of small blocks, of the first block that starts there or after. */
uint32_t heap_map_phase(const void *page, uint64_t small);

/* The entry of a page outside of spans whose first block to start there stands at `phase`. */
BASE_INLINE uint64_t heap_map_small_at(uint32_t bin, uint32_t class_size, uint64_t phase)
{
	return heap_map_small(bin, class_size) | phase << 18;
}

/* The entry of every page of a span. */
BASE_INLINE uint64_t heap_map_small_of_span(const struct heap_span *span)
{
	return heap_map_small(span->bin, span->size) | HEAP_MAP_SPANNED |
	       (uint64_t)(uintptr_t)span << 12;
}

BASE_INLINE struct heap_span *heap_map_span(uint64_t small)
{
	return (struct heap_span *)(small >> 12 & (((uint64_t)1 << 41) - 1) << 6);
}

BASE_INLINE uint64_t heap_map_record(uint32_t site, size_t requested)
{
	return HEAP_MAP_RECORD | (uint64_t)site << HEAP_MAP_SIZE_BITS | requested;
}

/*
 * jemalloc starts large blocks anywhere in their first page; the second page's entry knows where.
 */
BASE_INLINE uint64_t heap_map_tail(const void *block, size_t usable)
{
	return HEAP_MAP_LARGE | usable | ((uintptr_t)block & (BASE_PAGE_SIZE - 1));
}

/* The tail of the large block whose record is that of the page of `block`. */
BASE_INLINE uint64_t heap_map_tail_of(const void *block)
{
	return heap_map_get((const char *)block + BASE_PAGE_SIZE);
}

/* Whether a tail is that of a large block that starts at `block`. */
BASE_INLINE int heap_map_tail_starts(uint64_t tail, const void *block)
{
	return (tail & (HEAP_MAP_SMALL | HEAP_MAP_RECORD | HEAP_MAP_LARGE)) == HEAP_MAP_LARGE &&
	       ((tail ^ (uintptr_t)block) & (BASE_PAGE_SIZE - 1)) == 0;
}

/* The usable size of a large block, a multiple of the page size. */
BASE_INLINE size_t heap_map_tail_usable(uint64_t tail)
{
	return tail & HEAP_MAP_SIZE_MAX & ~(uint64_t)(BASE_PAGE_SIZE - 1);
}

BASE_INLINE int heap_map_is_record(uint64_t entry)
{
	return (entry & (HEAP_MAP_SMALL | HEAP_MAP_FREED | HEAP_MAP_RECORD)) == HEAP_MAP_RECORD;
}

BASE_INLINE uint32_t heap_map_site(uint64_t record)
{
	return (uint32_t)(record >> HEAP_MAP_SIZE_BITS) & (HEAP_SITES_MAX - 1);
}

BASE_INLINE size_t heap_map_requested(uint64_t record)
{
	return record & HEAP_MAP_SIZE_MAX;
}

/*
 * The start of the small block that holds `address`, given the entry of its page. The block may
 * never have been handed out: check its header.
 */
void *heap_map_block_of(const void *address, uint64_t small);

/* A run of entries of neighbouring pages. */
struct heap_map_run {
	const uint64_t *entries;
	uintptr_t first_page;
	uintptr_t pages;
};

/*
 * The next run of entries that may have been written, in no order: `*cursor` is 0 at first and the
 * callee's between calls. 1, or 0 when there are no more.
 */
int heap_map_next_run(uint32_t *cursor, struct heap_map_run *ret_run);

/* For the list of locks around fork. */
struct base_lock *heap_map_lock(void);

#endif
