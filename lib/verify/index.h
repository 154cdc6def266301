/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * index.h - the blocks of the frozen heap, and how far the scan is with each
 *
 * Purpose: from any address to the block it lies in, and to that block's mark. The page map knows
 * the first page of a large block only and may remember pages that jemalloc took back; this index
 * has an entry for every page of every live block and no others.
 *
 * Memory: 8 bytes per page of the span from the first to the last block, touched where blocks are
 * (0.2 %); 64 bytes per page of small blocks, two bits for each place where a block can start
 * (1.6 %); 24 bytes for each block of whole pages.
 *
 * Callers: verify/scan.c, verify/mark.c. Locking: none, the child has one thread. Context: raw
 * mappings only.
 */
#ifndef LIB_VERIFY_INDEX_H
#define LIB_VERIFY_INDEX_H

#include "lib/heap/map.h"
#include "lib/heap/sizes.h"
#include "lib/verify/ranges.h"

/* How far the scan is with a block: two bits. */
enum verify_mark {
	VERIFY_DEAD = 0,  /* no live block, or done with */
	VERIFY_WHITE = 1, /* live; nothing has been found to point to it */
	VERIFY_GRAY = 2,  /* pointed to; to be read */
	VERIFY_HIT = 3,   /* white, but a pointer into its middle was found */
};

#define VERIFY_PLANE_WORDS (BASE_PAGE_SIZE / 16 / 64)

/* The marks of the blocks that start in a page of small blocks, by offset / 16. */
struct verify_page {
	uint64_t low[VERIFY_PLANE_WORDS];
	uint64_t high[VERIFY_PLANE_WORDS];
};

/* A block of whole pages. */
struct verify_big {
	uintptr_t start;
	size_t requested;
	uint32_t site;
	uint32_t mark; /* enum verify_mark */
};

/*
 * An entry for a page: 0, or bit 63 | ordinal 31 | phase 16 | class size 16 of a page of small
 * blocks, or 1 more than the number of the big block.
 */
#define VERIFY_SMALL ((uint64_t)1 << 63)

struct verify_span {
	uint64_t *entries;
	uintptr_t first_page, pages;
};

struct verify_index {
	struct verify_span near; /* the page map's window, from the first to the last entry */
	struct verify_span *far; /* runs outside of it, where there are any */
	uint32_t far_count;
	struct verify_page *pages; /* by ordinal */
	uint32_t page_count;
	struct verify_big *bigs;
	uint32_t big_count;
	size_t mapped; /* bytes of address space the index takes */
	/* ceil(2^32 / size) by class size / 16: offsets in a page are divided by it. */
	uint32_t reciprocals[HEAP_CLASS_MAX / HEAP_GRANULE + 1];
};

extern BASE_HIDDEN struct verify_index verify_index;

/* A block, found by an address. */
struct verify_block {
	uintptr_t start;
	size_t requested;
	uint32_t site;
};

/*
 * Finds all live blocks and gives each the mark `first_mark` answers. Only `mappings` that can be
 * read are touched. 0 or -ENOMEM.
 */
typedef enum verify_mark verify_first_mark(struct verify_block block);
int verify_index_build(const struct verify_ranges *mappings, verify_first_mark *first_mark);

uint64_t verify_entry_far(uintptr_t page);

/* The entry of a page. */
BASE_INLINE uint64_t verify_entry(uintptr_t address)
{
	uintptr_t page = address >> BASE_PAGE_SHIFT;
	uintptr_t at = page - verify_index.near.first_page;

	if (BASE_LIKELY(at < verify_index.near.pages))
		return verify_index.near.entries[at];
	if (BASE_LIKELY(verify_index.far_count == 0))
		return 0;
	return verify_entry_far(page);
}

BASE_INLINE uint64_t verify_small(uint32_t ordinal, uint32_t phase, uint32_t class_size)
{
	return VERIFY_SMALL | (uint64_t)ordinal << 32 | phase << 16 | class_size;
}

BASE_INLINE int verify_is_small(uint64_t entry)
{
	return (int64_t)entry < 0;
}

BASE_INLINE uint32_t verify_ordinal(uint64_t small)
{
	return (uint32_t)(small >> 32) & 0x7fffffff;
}

BASE_INLINE uint32_t verify_phase(uint64_t small)
{
	return (uint32_t)small >> 16;
}

BASE_INLINE uint32_t verify_class(uint64_t small)
{
	return (uint32_t)small & 0xffff;
}

BASE_INLINE struct verify_big *verify_big_of(uint64_t entry)
{
	return &verify_index.bigs[entry - 1];
}

/* Where the marks of a small block are. */
struct verify_place {
	struct verify_page *page;
	uint32_t word;
	uint64_t bit;
};

/* The place for a block that starts at `start`, in a page with the entry `small`. */
BASE_INLINE struct verify_place verify_place_of(uintptr_t start, uint64_t small)
{
	uint32_t granule = (uint32_t)(start & (BASE_PAGE_SIZE - 1)) / 16;

	return (struct verify_place){
		.page = &verify_index.pages[verify_ordinal(small)],
		.word = granule / 64,
		.bit = (uint64_t)1 << granule % 64,
	};
}

BASE_INLINE enum verify_mark verify_mark_at(struct verify_place place)
{
	return (enum verify_mark)(((place.page->low[place.word] & place.bit) != 0) |
				  ((place.page->high[place.word] & place.bit) != 0) << 1);
}

BASE_INLINE void verify_set_mark(struct verify_place place, enum verify_mark mark)
{
	uint64_t *low = &place.page->low[place.word];
	uint64_t *high = &place.page->high[place.word];

	*low = mark & 1 ? *low | place.bit : *low & ~place.bit;
	*high = mark & 2 ? *high | place.bit : *high & ~place.bit;
}

/* What the header of a small block says of it. */
struct verify_block verify_small_block(uintptr_t start, uint64_t small);

/* For walks over all pages in order of address within a span; zero-initialised: the first. */
struct verify_walk {
	uint32_t span;
	uintptr_t page;
};

/* The next page of small blocks, with its entry; 0 when there are no more. */
uintptr_t verify_next_page(struct verify_walk *walk, uint64_t *ret_entry);

#endif
