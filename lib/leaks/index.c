/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/index.h"
#include "lib/leaks/tables.h"
#include <errno.h>

struct leaks_index leaks_index;

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
 * How large the tables must be: the near span, and upper bounds for pages and big blocks, since
 * nobody is asked what can be read.
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

	leaks_index.near.entries = is_dense ? leaks_map_dense(bytes) : leaks_map_table(bytes);
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
		span = leaks_map_table(sizeof(*span) + run.pages * sizeof(uint64_t));
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
	leaks_index.addresses = leaks_map_table(leaks_index.page_count * sizeof(uintptr_t));
	leaks_index.bigs = leaks_map_table(leaks_index.big_count * sizeof(struct leaks_big));
	if (leaks_index.addresses == NULL || leaks_index.bigs == NULL)
		return -ENOMEM;
	return make_near() == 0 ? make_far() : -ENOMEM;
}

/* --- blocks --------------------------------------------------------------------------------- */

static int is_readable(void *argument, uintptr_t address)
{
	struct leaks_range *asked = argument;
	const struct leaks_range *range;

	if (address - asked->start < asked->end - asked->start)
		return 1;
	range = leaks_ranges_find(leaks_index.mappings, address);
	if (range == NULL || !(range->flags & LEAKS_READABLE))
		return 0;
	*asked = *range;
	return 1;
}

struct pool_heap_walk leaks_heap_walk(struct leaks_range *asked)
{
	return (struct pool_heap_walk){.is_readable = is_readable, .argument = asked};
}

static void add_big(const struct pool_heap_found *found)
{
	leaks_index.bigs[leaks_index.big_count++] = (struct leaks_big){
		.start = found->start,
		.requested = heap_map_requested(found->entry),
		.site = heap_map_site(found->entry),
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
	struct leaks_range asked = {0};
	struct pool_heap_walk walk = leaks_heap_walk(&asked);
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
