/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * marks.h - how far a scan is with each block
 *
 * Memory: 64 bytes per page of small blocks, two bits for each place where a block can start (1.6
 * %).
 *
 * Callers: leaks/follow.c, leaks/mark.c, leaks/lost.c. Locking: none; marks change atomically while
 * they are shared. Context: raw mappings only.
 */
#ifndef LIB_LEAKS_MARKS_H
#define LIB_LEAKS_MARKS_H

#include "lib/base/atomic.h"
#include "lib/leaks/index.h"

/* How far the scan is with a block: two bits. */
enum leaks_mark {
	LEAKS_DEAD = 0,  /* no live block, or done with */
	LEAKS_WHITE = 1, /* live, if its header says so; nothing has been found to point to it */
	LEAKS_GRAY = 2,  /* pointed to; to be read, if live */
	LEAKS_HIT = 3,   /* live and white, but a pointer into its middle was found */
};

#define LEAKS_PAGE_WORDS (BASE_PAGE_SIZE / 16 / 32)

/*
 * The marks of the blocks that start in a page of small blocks, by offset / 16: the low bits of 32
 * marks, and in the upper half of the word their high bits.
 */
struct leaks_page {
	uint64_t words[LEAKS_PAGE_WORDS];
};

struct leaks_marks {
	struct leaks_page *pages; /* by ordinal */
	int shared;               /* 1: several threads change them */
};

extern BASE_HIDDEN struct leaks_marks leaks_marks;

/* Once there is an index; big blocks are white. 0 or -ENOMEM. */
int leaks_marks_make(void);

/*
 * Makes white what may be a block in the pages with these numbers: whether it is live only its
 * header tells, which is not read before somebody asks. Of different pages in several threads at
 * once.
 */
void leaks_marks_fill(uint32_t from, uint32_t end);

/*
 * Reads the headers of the white and hit blocks of such pages, and calls `live` for each that is
 * live. The others are dead.
 */
void leaks_marks_prove(uint32_t from, uint32_t end, void (*live)(struct leaks_block block));

/* Makes the hit blocks of such pages gray, and calls `turned` for each page that has any. */
void leaks_marks_turn_hits(uint32_t from, uint32_t end, void (*turned)(uint32_t ordinal));

/*
 * Calls `work` for each block that has the mark `wanted` when its page is come to, in order of
 * address in a span; big ones come last.
 */
void leaks_marks_each(enum leaks_mark wanted, void (*work)(uintptr_t start));

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
		.page = &leaks_marks.pages[leaks_ordinal(small)],
		.word = granule / 32,
		.bit = (uint64_t)1 << granule % 32,
	};
}

/*
 * Where the block starts whose mark has the lowest bit of `bits`, in a word of the marks of a page.
 */
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
		if (!leaks_marks.shared) {
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
	if (leaks_marks.shared)
		before = __atomic_fetch_and(word, ~(gray << 32), __ATOMIC_ACQ_REL);
	else
		*word = before & ~(gray << 32);
	return before >> 32 & gray;
}

BASE_INLINE enum leaks_mark leaks_mark_of(uintptr_t start)
{
	uint64_t entry = leaks_entry(start);

	if (leaks_is_small(entry))
		return leaks_mark_at(leaks_place_of(start, entry));
	return (enum leaks_mark)leaks_big_of(entry)->mark;
}

#endif
