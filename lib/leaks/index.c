/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/index.h"
#include "lib/base/sys.h"
#include "lib/heap/span.h"
#include "lib/pool/block.h"
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

uint64_t leaks_entry_far(uintptr_t page)
{
	for (uint32_t i = 0; i < leaks_index.far_count; i++)
		if (page - leaks_index.far[i].first_page < leaks_index.far[i].pages)
			return leaks_index.far[i].entries[page - leaks_index.far[i].first_page];
	return 0;
}

static uint64_t *slot_of(uintptr_t page)
{
	if (page - leaks_index.near.first_page < leaks_index.near.pages)
		return &leaks_index.near.entries[page - leaks_index.near.first_page];
	for (uint32_t i = 0; i < leaks_index.far_count; i++)
		if (page - leaks_index.far[i].first_page < leaks_index.far[i].pages)
			return &leaks_index.far[i].entries[page - leaks_index.far[i].first_page];
	return NULL;
}

/* --- spans ---------------------------------------------------------------------------------- */

static int in_window(const struct heap_map_run *run)
{
	return run->first_page - heap_map_window.first_page < heap_map_window.pages;
}

/* How large the tables must be: spans, and upper bounds for pages and big blocks. */
static void measure(uintptr_t *ret_low, uintptr_t *ret_high)
{
	struct heap_map_run run;
	uint32_t cursor = 0;

	*ret_low = UINTPTR_MAX;
	*ret_high = 0;
	while (heap_map_next_run(&cursor, &run)) {
		if (!in_window(&run))
			leaks_index.far_count++;
		for (uintptr_t i = 0; i < run.pages; i++) {
			uint64_t entry = run.entries[i];

			if (entry == 0)
				continue;
			leaks_index.page_count += (uint32_t)heap_map_is_small(entry);
			leaks_index.big_count += (uint32_t)heap_map_is_record(entry);
			if (in_window(&run)) {
				*ret_low = base_min(*ret_low, run.first_page + i);
				*ret_high = base_max(*ret_high, run.first_page + i + 1);
			}
		}
	}
}

/* The last block may end far behind the last entry. */
static uintptr_t end_of_window(uintptr_t high)
{
	uintptr_t limit = heap_map_window.first_page + heap_map_window.pages;

	for (uintptr_t page = high; page > 0 && page + 2 > high; page--) {
		uint64_t tail = heap_map_get((void *)((page - 1) << BASE_PAGE_SHIFT));

		if ((tail & (HEAP_MAP_SMALL | HEAP_MAP_RECORD | HEAP_MAP_LARGE)) == HEAP_MAP_LARGE)
			high = base_max(high,
					page + (heap_map_tail_usable(tail) >> BASE_PAGE_SHIFT));
	}
	return base_min(high + HEAP_CLASS_MAX / BASE_PAGE_SIZE + 1, limit);
}

static int make_spans(uintptr_t low, uintptr_t high)
{
	struct heap_map_run run;
	uint32_t cursor = 0;
	uint32_t n = 0;

	if (low < high) {
		uintptr_t pages = end_of_window(high) - low;
		int is_dense = pages < 2 * (uintptr_t)leaks_index.page_count;
		size_t bytes = pages * sizeof(uint64_t);

		leaks_index.near.first_page = low;
		leaks_index.near.pages = pages;
		leaks_index.near.entries = is_dense ? map_dense_table(bytes) : map_table(bytes);
		if (leaks_index.near.entries == NULL)
			return -ENOMEM;
	}
	leaks_index.far = map_table(leaks_index.far_count * sizeof(*leaks_index.far));
	if (leaks_index.far == NULL)
		return -ENOMEM;
	while (heap_map_next_run(&cursor, &run)) {
		if (in_window(&run))
			continue;
		leaks_index.far[n] = (struct leaks_span){
			.entries = map_table(run.pages * sizeof(uint64_t)),
			.first_page = run.first_page,
			.pages = run.pages,
		};
		if (leaks_index.far[n++].entries == NULL)
			return -ENOMEM;
	}
	return 0;
}

/* --- blocks --------------------------------------------------------------------------------- */

struct builder {
	const struct leaks_ranges *mappings;
	uintptr_t covered[2];  /* page numbers: the last big block's, first and one past the last */
	uintptr_t readable[2]; /* addresses: the mapping asked for last */
};

/* Whether the page at `address` can be read; asked in order of address, mostly. */
static int is_readable(struct builder *builder, uintptr_t address)
{
	const struct leaks_range *range;

	if (address - builder->readable[0] < builder->readable[1] - builder->readable[0])
		return 1;
	range = leaks_ranges_find(builder->mappings, address);
	if (range == NULL || !(range->flags & LEAKS_READABLE))
		return 0;
	builder->readable[0] = range->start;
	builder->readable[1] = range->end;
	return 1;
}

static size_t usable_of(uintptr_t page, uint64_t record, uintptr_t *ret_start)
{
	uint64_t tail;

	*ret_start = page << BASE_PAGE_SHIFT;
	if (!(record & HEAP_MAP_LARGE))
		return base_round_up(base_max(heap_map_requested(record) + pool_block_room, 1),
				     BASE_PAGE_SIZE);
	tail = heap_map_tail_of((const void *)*ret_start);
	*ret_start |= tail & (BASE_PAGE_SIZE - 1);
	return base_max(heap_map_tail_usable(tail), heap_map_requested(record));
}

static void add_big(struct builder *builder, uintptr_t page, uint64_t record)
{
	struct leaks_big *big = &leaks_index.bigs[leaks_index.big_count];
	size_t usable = usable_of(page, record, &big->start);
	uintptr_t end = (big->start + usable + BASE_PAGE_SIZE - 1) >> BASE_PAGE_SHIFT;

	big->requested = heap_map_requested(record);
	big->site = heap_map_site(record);
	big->mark = LEAKS_WHITE;
	leaks_index.big_count++;
	builder->covered[0] = page;
	builder->covered[1] = end;
	leaks_index.big_pages += end - page;
	for (; page < end; page++) {
		uint64_t *slot = slot_of(page);

		if (slot != NULL)
			*slot = leaks_index.big_count;
	}
}

/* Where the blocks of a page of small blocks lie. */
struct layout {
	uintptr_t first; /* start of the first one that starts in the page */
	uintptr_t end;   /* no block reaches beyond */
	uint32_t class_size;
};

/* 0, or -1 for a page whose entry is left over from a span that is another one now. */
static int layout_of(uintptr_t page, uint64_t entry, struct layout *ret_layout)
{
	const struct heap_span *span = heap_map_span(entry);
	uintptr_t start;

	ret_layout->class_size = heap_map_class(entry);
	ret_layout->end = UINTPTR_MAX;
	if (entry & HEAP_MAP_SPANNED) {
		start = (uintptr_t)span->start;
		ret_layout->end = start + (size_t)span->size * span->blocks;
		if (span->size != ret_layout->class_size || span->size == 0 || page < start ||
		    page >= ret_layout->end)
			return -1;
	}
	ret_layout->first = page + heap_map_phase((const void *)page, entry);
	return 0;
}

/* Whether all of the block of a layout that starts at `block` is where it was handed out, if it was. */
static int is_whole(struct builder *builder, const struct layout *layout, uintptr_t block)
{
	uintptr_t last = block + layout->class_size - 1;
	uint64_t entry;

	if (last >= layout->end)
		return 0;
	if (last >> BASE_PAGE_SHIFT == block >> BASE_PAGE_SHIFT)
		return 1;
	entry = heap_map_get((const void *)last);
	return heap_map_is_small(entry) && heap_map_class(entry) == layout->class_size &&
	       is_readable(builder, last);
}

/* Gives a page its number. */
static void add_small(struct builder *builder, uintptr_t page, uint64_t entry)
{
	uintptr_t start = page << BASE_PAGE_SHIFT;
	struct layout layout;

	if (layout_of(start, entry, &layout) != 0 || !is_readable(builder, start))
		return;
	*slot_of(page) = leaks_small(leaks_index.page_count, (uint32_t)(layout.first - start),
				     layout.class_size);
	leaks_index.addresses[leaks_index.page_count++] = start;
}

/* Makes the blocks that start in a page white. */
static void fill_page(struct builder *builder, uint32_t ordinal)
{
	uintptr_t start = leaks_index.addresses[ordinal];
	uint64_t small = leaks_entry(start);
	struct leaks_page marks = {0};
	struct layout layout;

	if (layout_of(start, heap_map_get((const void *)start), &layout) != 0)
		return;
	for (uintptr_t block = layout.first;
	     block < start + BASE_PAGE_SIZE && is_whole(builder, &layout, block);
	     block += layout.class_size) {
		struct leaks_place place = leaks_place_of(block, small);

		marks.words[place.word] |= place.bit;
	}
	leaks_index.pages[ordinal] = marks;
}

void leaks_index_fill(const struct leaks_ranges *mappings, uint32_t from, uint32_t end)
{
	struct builder builder = {.mappings = mappings};

	for (; from < end; from++)
		fill_page(&builder, from);
}

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

static void add_page(struct builder *builder, uintptr_t page, uint64_t entry)
{
	/* What is remembered of a page inside a big block is history. */
	if (page - builder->covered[0] < builder->covered[1] - builder->covered[0])
		return;
	if (heap_map_is_small(entry))
		add_small(builder, page, entry);
	else if (heap_map_is_record(entry))
		add_big(builder, page, entry);
}

int leaks_index_build(const struct leaks_ranges *mappings)
{
	struct builder builder = {.mappings = mappings};
	struct heap_map_run run;
	uint32_t cursor = 0;
	uintptr_t low, high;

	leaks_index = (struct leaks_index){0};
	measure(&low, &high);
	leaks_index.pages = map_dense_table(leaks_index.page_count * sizeof(struct leaks_page));
	leaks_index.addresses = map_table(leaks_index.page_count * sizeof(uintptr_t));
	leaks_index.bigs = map_table(leaks_index.big_count * sizeof(struct leaks_big));
	if (leaks_index.pages == NULL || leaks_index.addresses == NULL ||
	    leaks_index.bigs == NULL || make_spans(low, high) != 0)
		return -ENOMEM;
	for (uint32_t i = 1; i < BASE_ARRAY_SIZE(leaks_index.reciprocals); i++)
		leaks_index.reciprocals[i] =
			(uint32_t)((((uint64_t)1 << 32) + i * HEAP_GRANULE - 1) /
				   (i * HEAP_GRANULE));
	leaks_index.page_count = 0;
	leaks_index.big_count = 0;
	while (heap_map_next_run(&cursor, &run))
		for (uintptr_t i = 0; i < run.pages; i++) {
			if (run.entries[i] != 0)
				add_page(&builder, run.first_page + i, run.entries[i]);
		}
	return 0;
}

/* --- walks ---------------------------------------------------------------------------------- */

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
