/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/marks.h"
#include "lib/leaks/tables.h"
#include <errno.h>

struct leaks_marks leaks_marks;

int leaks_marks_make(void)
{
	size_t bytes = leaks_index.page_count * sizeof(struct leaks_page);

	leaks_marks = (struct leaks_marks){.pages = leaks_map_dense(bytes)};
	if (leaks_marks.pages == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < leaks_index.big_count; i++)
		leaks_index.bigs[i].mark = LEAKS_WHITE;
	return 0;
}

/* Makes the blocks that start in a page white. */
static void fill_page(const struct pool_heap_walk *walk, uint32_t ordinal)
{
	uintptr_t start = leaks_index.addresses[ordinal];
	uint64_t small = leaks_entry(start);
	struct leaks_page marks = {0};
	struct pool_page_layout layout;

	if (pool_heap_layout(walk, start, heap_map_get((const void *)start), &layout) != 0)
		return;
	for (uintptr_t block = layout.first; block < layout.end; block += layout.class_size) {
		struct leaks_place place = leaks_place_of(block, small);

		marks.words[place.word] |= place.bit;
	}
	leaks_marks.pages[ordinal] = marks;
}

void leaks_marks_fill(uint32_t from, uint32_t end)
{
	struct leaks_range asked = {0};
	struct pool_heap_walk walk = leaks_heap_walk(&asked);

	for (; from < end; from++)
		fill_page(&walk, from);
}

/* Has the headers of the white blocks of a page fetched. */
static void look_at_page(uint32_t ordinal)
{
	const struct leaks_page *page = &leaks_marks.pages[ordinal];
	uintptr_t address = leaks_index.addresses[ordinal];
	uint32_t class_size = leaks_class(leaks_entry(address));

	for (uint32_t word = 0; word < LEAKS_PAGE_WORDS; word++)
		for (uint64_t left = (uint32_t)page->words[word]; left != 0; left &= left - 1)
			__builtin_prefetch(heap_header_of(
				(void *)leaks_start_of(address, word, left), class_size));
}

static void prove_page(uint32_t ordinal, void (*live)(struct leaks_block block))
{
	const struct leaks_page *page = &leaks_marks.pages[ordinal];
	uintptr_t address = leaks_index.addresses[ordinal];
	uint64_t small = leaks_entry(address);
	struct leaks_block block;

	for (uint32_t word = 0; word < LEAKS_PAGE_WORDS; word++)
		for (uint64_t left = (uint32_t)page->words[word]; left != 0; left &= left - 1) {
			uintptr_t start = leaks_start_of(address, word, left);

			if (leaks_small_live(start, small, &block))
				live(block);
			else
				leaks_reach(leaks_place_of(start, small), LEAKS_DEAD);
		}
}

void leaks_marks_prove(uint32_t from, uint32_t end, void (*live)(struct leaks_block block))
{
	for (uint32_t ordinal = from; ordinal < end; ordinal++) {
		if (ordinal + 1 < end)
			look_at_page(ordinal + 1);
		prove_page(ordinal, live);
	}
}

void leaks_marks_turn_hits(uint32_t from, uint32_t end, void (*turned)(uint32_t ordinal))
{
	for (uint32_t ordinal = from; ordinal < end; ordinal++) {
		uint64_t *words = leaks_marks.pages[ordinal].words;
		uint64_t hit, any = 0;

		for (uint32_t word = 0; word < LEAKS_PAGE_WORDS; word++) {
			any |= hit = (uint32_t)(words[word] & words[word] >> 32);
			words[word] &= ~hit;
		}
		if (any != 0)
			turned(ordinal);
	}
}

void leaks_marks_each(enum leaks_mark wanted, void (*work)(uintptr_t start))
{
	for (uint32_t ordinal = 0; ordinal < leaks_index.page_count; ordinal++) {
		const struct leaks_page *page = &leaks_marks.pages[ordinal];

		for (uint32_t word = 0; word < LEAKS_PAGE_WORDS; word++) {
			uint64_t marks = page->words[word];
			uint64_t low = wanted & 1 ? marks : ~marks;
			uint64_t high = (wanted & 2 ? marks : ~marks) >> 32;

			for (uint64_t left = low & high; left != 0; left &= left - 1)
				work(leaks_start_of(leaks_index.addresses[ordinal], word, left));
		}
	}
	for (uint32_t i = 0; i < leaks_index.big_count; i++)
		if (leaks_index.bigs[i].mark == wanted)
			work(leaks_index.bigs[i].start);
}
