/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * index.h - the blocks of the frozen heap
 *
 * Purpose: from any address to the block it lies in. The page map knows the first page of a large
 * block only and may remember pages that jemalloc took back; this index has an entry for every page
 * of every live block and no others.
 *
 * Memory: 8 bytes per page of the span from the first to the last block, touched where blocks are
 * (0.2 %); for each page of small blocks 8 for where it is (0.2 %), and 24 for each block of whole
 * pages.
 *
 * Callers: lib/leaks, in the child of a scan. Locking: none; it stays as it was built. Context: raw
 * mappings only.
 */
#ifndef LIB_LEAKS_INDEX_H
#define LIB_LEAKS_INDEX_H

#include "lib/heap/header.h"
#include "lib/heap/sizes.h"
#include "lib/leaks/ranges.h"
#include "lib/pool/heap_walk.h"

/* A block of whole pages. */
struct leaks_big {
	uintptr_t start;
	size_t requested;
	uint32_t site;
	uint32_t mark; /* enum leaks_mark, see marks.h */
};

/*
 * An entry for a page: 0, or bit 63 | ordinal 31 | phase 16 | class size 16 of a page of small
 * blocks, or 1 more than the number of the big block.
 */
#define LEAKS_SMALL ((uint64_t)1 << 63)

struct leaks_span {
	struct leaks_span *next; /* outside of the window */
	uint64_t *entries;
	uintptr_t first_page, pages;
};

struct leaks_index {
	struct leaks_span near; /* the page map's window, from the first to the last block */
	struct leaks_span *far; /* runs outside of it, where there are any */
	uintptr_t *addresses;   /* of the pages, by ordinal */
	uint32_t page_count;
	const struct leaks_ranges *mappings;
	struct leaks_big *bigs;
	uint32_t big_count;
	size_t big_pages; /* of all of them */
	/* ceil(2^32 / size) by class size / 16: offsets in a page are divided by it. */
	uint32_t reciprocals[HEAP_CLASS_MAX / HEAP_GRANULE + 1];
};

extern BASE_HIDDEN struct leaks_index leaks_index;

/* A block, found by an address. */
struct leaks_block {
	uintptr_t start;
	size_t requested;
	uint32_t site;
};

/* Finds all pages of small blocks, and all big blocks, in what can be read. 0 or -ENOMEM. */
int leaks_index_build(const struct leaks_ranges *mappings);

/* A walk through the heap as far as it can be read; *asked is for its use, and zeroed at first. */
struct pool_heap_walk leaks_heap_walk(struct leaks_range *asked);

uint64_t leaks_entry_far(uintptr_t page);

/* The entry of a page. */
BASE_INLINE uint64_t leaks_entry(uintptr_t address)
{
	uintptr_t page = address >> BASE_PAGE_SHIFT;
	uintptr_t at = page - leaks_index.near.first_page;

	if (BASE_LIKELY(at < leaks_index.near.pages))
		return leaks_index.near.entries[at];
	if (BASE_LIKELY(leaks_index.far == NULL))
		return 0;
	return leaks_entry_far(page);
}

BASE_INLINE uint64_t leaks_small(uint32_t ordinal, uint32_t phase, uint32_t class_size)
{
	return LEAKS_SMALL | (uint64_t)ordinal << 32 | phase << 16 | class_size;
}

BASE_INLINE int leaks_is_small(uint64_t entry)
{
	return (int64_t)entry < 0;
}

BASE_INLINE uint32_t leaks_ordinal(uint64_t small)
{
	return (uint32_t)(small >> 32) & 0x7fffffff;
}

BASE_INLINE uint32_t leaks_phase(uint64_t small)
{
	return (uint32_t)small >> 16;
}

BASE_INLINE uint32_t leaks_class(uint64_t small)
{
	return (uint32_t)small & 0xffff;
}

BASE_INLINE struct leaks_big *leaks_big_of(uint64_t entry)
{
	return &leaks_index.bigs[entry - 1];
}

/*
 * What the header of a small block says of it; 0 when none is live there. A block that was never
 * handed out has no header but zeros, which happen to be a valid one for one address in 2^26.
 */
BASE_INLINE int leaks_small_live(uintptr_t start, uint64_t small, struct leaks_block *ret_block)
{
	uint64_t header = *heap_header_of((void *)start, leaks_class(small));

	*ret_block = (struct leaks_block){
		.start = start,
		.requested = heap_header_requested(header),
		.site = heap_header_site(header),
	};
	return header != 0 && heap_header_valid((const void *)start, header);
}

/*
 * The start of the small block that holds `pointer`, whose page has the entry *small; that becomes
 * the entry of the page in which the block starts. 0 when there is none.
 */
BASE_INLINE uintptr_t leaks_small_start(uintptr_t pointer, uint64_t *small)
{
	uint32_t class_size = leaks_class(*small);
	uint32_t phase = leaks_phase(*small);
	uint32_t offset = (uint32_t)(pointer & (BASE_PAGE_SIZE - 1));
	uintptr_t first = pointer - offset + phase;

	if (BASE_LIKELY(offset >= phase))
		return first +
		       (uint32_t)((uint64_t)(offset - phase) *
					  leaks_index.reciprocals[class_size / HEAP_GRANULE] >>
				  32) *
			       class_size;
	*small = leaks_entry(first - class_size);
	return leaks_is_small(*small) && leaks_class(*small) == class_size ? first - class_size : 0;
}

BASE_INLINE struct leaks_block leaks_big_block(const struct leaks_big *big)
{
	return (struct leaks_block){big->start, big->requested, big->site};
}

/* The live block that starts at `start`. */
BASE_INLINE struct leaks_block leaks_block_at(uintptr_t start)
{
	uint64_t entry = leaks_entry(start);
	struct leaks_block block;

	if (!leaks_is_small(entry))
		return leaks_big_block(leaks_big_of(entry));
	leaks_small_live(start, entry, &block);
	return block;
}

#endif
