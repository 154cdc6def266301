/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/heap_walk.h"
#include "lib/heap/span.h"
#include "lib/pool/block.h"

static int is_readable(const struct pool_heap_walk *walk, uintptr_t address)
{
	return walk->is_readable == NULL || walk->is_readable(walk->argument, address);
}

/* A block that is being made may have its record before its tail. */
static struct pool_heap_found block_of(uintptr_t page, uint64_t record)
{
	struct pool_heap_found found = {
		.entry = record, .start = page << BASE_PAGE_SHIFT, .page = page};
	size_t usable = pool_block_pages(heap_map_requested(record));

	if (record & HEAP_MAP_LARGE) {
		uint64_t tail = heap_map_tail_of((const void *)found.start);

		found.start |= tail & (BASE_PAGE_SIZE - 1);
		usable = base_max(heap_map_tail_usable(tail), heap_map_requested(record));
	}
	found.end_page = (found.start + usable + BASE_PAGE_SIZE - 1) >> BASE_PAGE_SHIFT;
	return found;
}

/* What there is in a page, given its entry; 0 when it is nothing. */
static int look_at(struct pool_heap_walk *walk, uintptr_t page, uint64_t entry,
		   struct pool_heap_found *ret_found)
{
	uintptr_t start = page << BASE_PAGE_SHIFT;

	if (page - walk->covered.page < walk->covered.end_page - walk->covered.page)
		return 0;
	if (heap_map_is_small(entry)) {
		*ret_found = (struct pool_heap_found){entry, start, page, page + 1};
		return is_readable(walk, start);
	}
	if (!heap_map_is_record(entry))
		return 0;
	*ret_found = block_of(page, entry);
	walk->covered.page = ret_found->page;
	walk->covered.end_page = ret_found->end_page;
	return 1;
}

int pool_heap_next(struct pool_heap_walk *walk, struct pool_heap_found *ret_found)
{
	do {
		while (walk->next < walk->run.pages) {
			uintptr_t i = walk->next++;

			if (walk->run.entries[i] != 0 && look_at(walk, walk->run.first_page + i,
								 walk->run.entries[i], ret_found))
				return 1;
		}
		walk->next = 0;
	} while (heap_map_next_run(&walk->cursor, &walk->run));
	walk->run.pages = 0;
	return 0;
}

/* Whether a block that runs into further pages, up to that of `last`, was handed out there. */
static int runs_on(const struct pool_heap_walk *walk, uintptr_t last, uint32_t class_size)
{
	uint64_t entry = heap_map_get((const void *)last);

	return heap_map_is_small(entry) && heap_map_class(entry) == class_size &&
	       is_readable(walk, last);
}

/* The pages that a span has in use; of other bins, which jemalloc cuts, no bounds are known. */
static int is_of_its_span(uintptr_t start, uint64_t small, uintptr_t *ret_end)
{
	const struct heap_span *span = heap_map_span(small);

	*ret_end = UINTPTR_MAX;
	if (!(small & HEAP_MAP_SPANNED))
		return 1;
	*ret_end = (uintptr_t)span->start + (size_t)span->size * span->blocks;
	return span->size == heap_map_class(small) && span->size != 0 &&
	       start >= (uintptr_t)span->start && start < *ret_end;
}

int pool_heap_layout(const struct pool_heap_walk *walk, uintptr_t start, uint64_t small,
		     struct pool_page_layout *ret_layout)
{
	uint32_t class_size = heap_map_class(small);
	uintptr_t first, end, last;

	if (!is_of_its_span(start, small, &end))
		return -1;
	end = base_min(end, start + BASE_PAGE_SIZE);
	first = start + heap_map_phase((const void *)start, small);
	if (first < end) {
		last = first + (uint32_t)(end - first - 1) / class_size * class_size;
		if (last + class_size > start + BASE_PAGE_SIZE &&
		    !runs_on(walk, last + class_size - 1, class_size))
			end = last;
	}
	*ret_layout = (struct pool_page_layout){first, end, class_size};
	return 0;
}
