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
 * (1.6 %), and 8 for where the page is (0.2 %); 24 bytes for each block of whole pages.
 *
 * Callers: leaks/follow.c, leaks/mark.c, leaks/lost.c. Locking: none; marks are changed atomically while they are shared. Context: raw
 * mappings only.
 */
#ifndef LIB_LEAKS_INDEX_H
#define LIB_LEAKS_INDEX_H

#include "lib/base/atomic.h"
#include "lib/heap/header.h"
#include "lib/heap/map.h"
#include "lib/heap/sizes.h"
#include "lib/leaks/ranges.h"

/* How far the scan is with a block: two bits. */
enum leaks_mark {
	LEAKS_DEAD = 0,  /* no live block, or done with */
	LEAKS_WHITE = 1, /* live, if its header says so; nothing has been found to point to it */
	LEAKS_GRAY = 2,  /* pointed to; to be read, if live */
	LEAKS_HIT = 3,   /* live and white, but a pointer into its middle was found */
};

#define LEAKS_PAGE_WORDS (BASE_PAGE_SIZE / 16 / 32)

/*
 * The marks of the blocks that start in a page of small blocks, by offset / 16: the low bits of 32 marks,
 * and in the upper half of the word their high bits.
 */
struct leaks_page {
	uint64_t words[LEAKS_PAGE_WORDS];
};

/* A block of whole pages. */
struct leaks_big {
	uintptr_t start;
	size_t requested;
	uint32_t site;
	uint32_t mark; /* enum leaks_mark */
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
	struct leaks_span near;   /* the page map's window, from the first to the last block */
	struct leaks_span *far;   /* runs outside of it, where there are any */
	struct leaks_page *pages; /* by ordinal */
	uintptr_t *addresses;     /* of the pages, by ordinal */
	uint32_t page_count;
	const struct leaks_ranges *mappings;
	struct leaks_big *bigs;
	uint32_t big_count;
	size_t big_pages; /* of all of them */
	int shared;       /* 1: marks are changed by several threads */
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

/*
 * Makes white what may be a block in the pages with these numbers: whether it is live only its header
 * tells, which is not read before somebody asks. Of different pages in several threads at once.
 */
void leaks_index_fill(uint32_t from, uint32_t end);

/*
 * Reads the headers of the white and hit blocks of such pages, and calls `live` for each that is live.
 * The others are dead.
 */
void leaks_index_prove(uint32_t from, uint32_t end, void (*live)(struct leaks_block block));

/* Makes the hit blocks of such pages gray, and calls `turned` for each page that has any. */
void leaks_index_turn_hits(uint32_t from, uint32_t end, void (*turned)(uint32_t ordinal));

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

/* Where the marks of a small block are. */
struct leaks_place {
	struct leaks_page *page;
	uint32_t word;
	uint64_t bit;
};

/* The place for a block that starts at `start`, in a page with the entry `small`. */
BASE_INLINE struct leaks_place leaks_place_of(uintptr_t start, uint64_t small)
{
	uint32_t granule = (uint32_t)(start & (BASE_PAGE_SIZE - 1)) / 16;

	return (struct leaks_place){
		.page = &leaks_index.pages[leaks_ordinal(small)],
		.word = granule / 32,
		.bit = (uint64_t)1 << granule % 32,
	};
}

/* Where the block starts whose mark has the lowest bit of `bits`, in a word of the marks of a page. */
BASE_INLINE uintptr_t leaks_start_of(uintptr_t page, uint32_t word, uint64_t bits)
{
	return page + (word * 32 + (uint32_t)__builtin_ctzl(bits)) * 16;
}

BASE_INLINE enum leaks_mark leaks_mark_at(struct leaks_place place)
{
	uint64_t word = base_load_relaxed(&place.page->words[place.word]);

	return (enum leaks_mark)(((word & place.bit) != 0) | ((word & place.bit << 32) != 0) << 1);
}

/* A word of marks in which that of `bit` is another one. */
BASE_INLINE uint64_t leaks_with_mark(uint64_t word, uint64_t bit, enum leaks_mark mark)
{
	return (word & ~(bit | bit << 32)) | (mark & 1 ? bit : 0) | (mark & 2 ? bit << 32 : 0);
}

/* Gives a block the mark if it is white or hit and has another one. 1 when it got it from here. */
BASE_INLINE int leaks_reach(struct leaks_place place, enum leaks_mark mark)
{
	uint64_t *word = &place.page->words[place.word];
	uint64_t before = base_load_relaxed(word);

	for (;;) {
		uint64_t after = leaks_with_mark(before, place.bit, mark);

		if ((before & place.bit) == 0 || after == before)
			return 0;
		if (!leaks_index.shared) {
			*word = after;
			return 1;
		}
		if (__atomic_compare_exchange_n(word, &before, after, 0, __ATOMIC_ACQ_REL,
						__ATOMIC_RELAXED))
			return 1;
	}
}

/* The same for a big block. */
BASE_INLINE int leaks_reach_big(struct leaks_big *big, enum leaks_mark mark)
{
	uint32_t before = base_load_relaxed(&big->mark);

	while ((before & LEAKS_WHITE) != 0 && before != (uint32_t)mark)
		if (__atomic_compare_exchange_n(&big->mark, &before, (uint32_t)mark, 0,
						__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return 1;
	return 0;
}

/* The gray blocks of 32, which are dead then. */
BASE_INLINE uint64_t leaks_take_gray(uint64_t *word)
{
	uint64_t before = base_load_relaxed(word);
	uint64_t gray = before >> 32 & ~before;

	if (gray == 0)
		return 0;
	if (leaks_index.shared)
		before = __atomic_fetch_and(word, ~(gray << 32), __ATOMIC_ACQ_REL);
	else
		*word = before & ~(gray << 32);
	return before >> 32 & gray;
}

/*
 * What the header of a small block says of it; 0 when none is live there. A block that was never handed
 * out has no header but zeros, which happen to be a valid one for one address in 2^26.
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

/* Calls `work` for each block that has the mark `wanted` when its page is come to, in order of address in
 * a span; big ones come last. */
void leaks_for_marks(enum leaks_mark wanted, void (*work)(uintptr_t start));

/*
 * The start of the small block that holds `pointer`, whose page has the entry *small; that becomes the
 * entry of the page in which the block starts. 0 when there is none.
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

BASE_INLINE enum leaks_mark leaks_mark_of(uintptr_t start)
{
	uint64_t entry = leaks_entry(start);

	if (leaks_is_small(entry))
		return leaks_mark_at(leaks_place_of(start, entry));
	return (enum leaks_mark)leaks_big_of(entry)->mark;
}

#endif
