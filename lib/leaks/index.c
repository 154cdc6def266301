/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/index.h"
#include "lib/base/sys.h"
#include "lib/pool/heap_walk.h"
#include <errno.h>
#include <sys/mman.h>

struct leaks_index leaks_index;

static void *map_table(size_t bytes)
{
	void *memory = base_map_memory(base_max(bytes, 1), PROT_READ | PROT_WRITE, MAP_NORESERVE);

	if (base_is_error(memory))
		return NULL;
	return memory;
}

#define HUGE_PAGE ((size_t)2 << 20)

/*
 * The same for a table of which nearly every page is used, in no order: in huge pages, where there may be
 * any. Finding a page of the table is a tenth of a scan of many small blocks otherwise.
 */
static void *map_dense_table(size_t bytes)
{
	size_t room = base_round_up(bytes, HUGE_PAGE);
	char *memory;

	if (bytes < HUGE_PAGE)
		return map_table(bytes);
	memory = map_table(room + HUGE_PAGE);
	if (memory == NULL)
		return NULL;
	memory = (char *)base_round_up((uintptr_t)memory, HUGE_PAGE);
	BASE_SYSCALL3(SYS_madvise, memory, room, MADV_HUGEPAGE);
	return memory;
}

/* Of the spans outside of the window. */
static uint64_t *far_slot(uintptr_t page)
{
	for (struct leaks_span *span = leaks_index.far; span != NULL; span = span->next)
		if (page - span->first_page < span->pages)
			return &span->entries[page - span->first_page];
	return NULL;
}

static uint64_t *slot_of(uintptr_t page)
{
	if (page - leaks_index.near.first_page < leaks_index.near.pages)
		return &leaks_index.near.entries[page - leaks_index.near.first_page];
	return far_slot(page);
}

uint64_t leaks_entry_far(uintptr_t page)
{
	const uint64_t *slot = far_slot(page);

	return slot != NULL ? *slot : 0;
}

/* --- room ----------------------------------------------------------------------------------- */

static int in_window(uintptr_t page)
{
	return page - heap_map_window.first_page < heap_map_window.pages;
}

/*
 * How large the tables must be: the near span, and upper bounds for pages and big blocks, since nobody is
 * asked what can be read.
 */
static void measure(void)
{
	uintptr_t limit = heap_map_window.first_page + heap_map_window.pages;
	uintptr_t low = limit, high = 0;
	struct pool_heap_walk walk = {0};
	struct pool_heap_found found;

	while (pool_heap_next(&walk, &found)) {
		leaks_index.page_count += (uint32_t)heap_map_is_small(found.entry);
		leaks_index.big_count += (uint32_t)heap_map_is_record(found.entry);
		if (in_window(found.page)) {
			low = base_min(low, found.page);
			high = base_max(high, base_min(found.end_page, limit));
		}
	}
	leaks_index.near.first_page = low;
	leaks_index.near.pages = high > low ? high - low : 0;
}

static int make_near(void)
{
	uintptr_t pages = leaks_index.near.pages;
	int is_dense = pages < 2 * (uintptr_t)leaks_index.page_count;
	size_t bytes = pages * sizeof(uint64_t);

	leaks_index.near.entries = is_dense ? map_dense_table(bytes) : map_table(bytes);
	return leaks_index.near.entries != NULL ? 0 : -ENOMEM;
}

static int make_far(void)
{
	struct heap_map_run run;
	uint32_t cursor = 0;

	while (heap_map_next_run(&cursor, &run)) {
		struct leaks_span *span;

		if (in_window(run.first_page))
			continue;
		span = map_table(sizeof(*span) + run.pages * sizeof(uint64_t));
		if (span == NULL)
			return -ENOMEM;
		*span = (struct leaks_span){
			.next = leaks_index.far,
			.entries = (uint64_t *)(span + 1),
			.first_page = run.first_page,
			.pages = run.pages,
		};
		leaks_index.far = span;
	}
	return 0;
}

static int make_tables(void)
{
	leaks_index.pages = map_dense_table(leaks_index.page_count * sizeof(struct leaks_page));
	leaks_index.addresses = map_table(leaks_index.page_count * sizeof(uintptr_t));
	leaks_index.bigs = map_table(leaks_index.big_count * sizeof(struct leaks_big));
	if (leaks_index.pages == NULL || leaks_index.addresses == NULL || leaks_index.bigs == NULL)
		return -ENOMEM;
	return make_near() == 0 ? make_far() : -ENOMEM;
}

/* --- blocks --------------------------------------------------------------------------------- */

/* The mapping asked for last. */
struct reader {
	uintptr_t from, end;
};

static int is_readable(void *argument, uintptr_t address)
{
	struct reader *reader = argument;
	const struct leaks_range *range;

	if (address - reader->from < reader->end - reader->from)
		return 1;
	range = leaks_ranges_find(leaks_index.mappings, address);
	if (range == NULL || !(range->flags & LEAKS_READABLE))
		return 0;
	reader->from = range->start;
	reader->end = range->end;
	return 1;
}

static void add_big(const struct pool_heap_found *found)
{
	leaks_index.bigs[leaks_index.big_count++] = (struct leaks_big){
		.start = found->start,
		.requested = heap_map_requested(found->entry),
		.site = heap_map_site(found->entry),
		.mark = LEAKS_WHITE,
	};
	leaks_index.big_pages += found->end_page - found->page;
	for (uintptr_t page = found->page; page < found->end_page; page++) {
		uint64_t *slot = slot_of(page);

		if (slot != NULL)
			*slot = leaks_index.big_count;
	}
}

/* Gives a page its number. */
static void add_small(const struct pool_heap_walk *walk, const struct pool_heap_found *found)
{
	struct pool_page_layout layout;

	if (pool_heap_layout(walk, found->start, found->entry, &layout) != 0)
		return;
	*slot_of(found->page) = leaks_small(
		leaks_index.page_count, (uint32_t)(layout.first - found->start), layout.class_size);
	leaks_index.addresses[leaks_index.page_count++] = found->start;
}

static void add_blocks(void)
{
	struct reader reader = {0};
	struct pool_heap_walk walk = {.is_readable = is_readable, .argument = &reader};
	struct pool_heap_found found;

	leaks_index.page_count = 0;
	leaks_index.big_count = 0;
	while (pool_heap_next(&walk, &found)) {
		if (heap_map_is_small(found.entry))
			add_small(&walk, &found);
		else
			add_big(&found);
	}
}

int leaks_index_build(const struct leaks_ranges *mappings)
{
	leaks_index = (struct leaks_index){.mappings = mappings};
	for (uint32_t i = 1; i < BASE_ARRAY_SIZE(leaks_index.reciprocals); i++)
		leaks_index.reciprocals[i] =
			(uint32_t)((((uint64_t)1 << 32) + i * HEAP_GRANULE - 1) /
				   (i * HEAP_GRANULE));
	measure();
	if (make_tables() != 0)
		return -ENOMEM;
	add_blocks();
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
	leaks_index.pages[ordinal] = marks;
}

void leaks_index_fill(uint32_t from, uint32_t end)
{
	struct reader reader = {0};
	struct pool_heap_walk walk = {.is_readable = is_readable, .argument = &reader};

	for (; from < end; from++)
		fill_page(&walk, from);
}

/* --- marks ---------------------------------------------------------------------------------- */

/* Has the headers of the white blocks of a page fetched. */
static void look_at_page(uint32_t ordinal)
{
	const struct leaks_page *page = &leaks_index.pages[ordinal];
	uintptr_t address = leaks_index.addresses[ordinal];
	uint32_t class_size = leaks_class(leaks_entry(address));

	for (uint32_t word = 0; word < LEAKS_PAGE_WORDS; word++)
		for (uint64_t left = (uint32_t)page->words[word]; left != 0; left &= left - 1)
			__builtin_prefetch(heap_header_of(
				(void *)leaks_start_of(address, word, left), class_size));
}

static void prove_page(uint32_t ordinal, void (*live)(struct leaks_block block))
{
	const struct leaks_page *page = &leaks_index.pages[ordinal];
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

void leaks_index_prove(uint32_t from, uint32_t end, void (*live)(struct leaks_block block))
{
	for (uint32_t ordinal = from; ordinal < end; ordinal++) {
		if (ordinal + 1 < end)
			look_at_page(ordinal + 1);
		prove_page(ordinal, live);
	}
}

void leaks_index_turn_hits(uint32_t from, uint32_t end, void (*turned)(uint32_t ordinal))
{
	for (uint32_t ordinal = from; ordinal < end; ordinal++) {
		uint64_t *words = leaks_index.pages[ordinal].words;
		uint64_t hit, any = 0;

		for (uint32_t word = 0; word < LEAKS_PAGE_WORDS; word++) {
			any |= hit = (uint32_t)(words[word] & words[word] >> 32);
			words[word] &= ~hit;
		}
		if (any != 0)
			turned(ordinal);
	}
}

void leaks_for_marks(enum leaks_mark wanted, void (*work)(uintptr_t start))
{
	for (uint32_t ordinal = 0; ordinal < leaks_index.page_count; ordinal++) {
		const struct leaks_page *page = &leaks_index.pages[ordinal];

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
