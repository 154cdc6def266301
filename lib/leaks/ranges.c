/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/ranges.h"
#include "lib/base/atomic.h"
#include "lib/base/sys.h"
#include <errno.h>
#include <sys/mman.h>

#define FIRST_BYTES ((size_t)16 * 1024)

static int grow(struct leaks_ranges *ranges)
{
	size_t old_bytes = ranges->capacity * sizeof(struct leaks_range);
	size_t bytes = base_round_up(base_max(old_bytes * 2, FIRST_BYTES), BASE_PAGE_SIZE);
	struct leaks_range *old = ranges->items;
	struct leaks_range *fresh = base_map_memory(bytes, PROT_READ | PROT_WRITE, 0);

	if (base_is_error(fresh))
		return -ENOMEM;
	for (size_t i = 0; i < ranges->count; i++)
		fresh[i] = old[i];
	base_store_release(&ranges->items, fresh);
	if (old_bytes > 0)
		base_munmap(old, base_round_up(old_bytes, BASE_PAGE_SIZE));
	ranges->capacity = bytes / sizeof(struct leaks_range);
	return 0;
}

int leaks_ranges_add(struct leaks_ranges *ranges, struct leaks_range range)
{
	if (range.start >= range.end)
		return 0;
	if (ranges->count == ranges->capacity && grow(ranges) != 0)
		return -ENOMEM;
	ranges->items[ranges->count] = range;
	base_store_release(&ranges->count, ranges->count + 1);
	return 0;
}

/* Empty while it is neither the one nor the other: where it starts is behind where it ends. */
void leaks_ranges_remove(struct leaks_ranges *ranges, size_t i)
{
	struct leaks_range *item = &ranges->items[i];
	const struct leaks_range *last = &ranges->items[ranges->count - 1];

	base_store_release(&item->start, UINTPTR_MAX);
	item->flags = last->flags;
	base_store_release(&item->end, last->end);
	base_store_release(&item->start, last->start);
	base_store_release(&ranges->count, ranges->count - 1);
}

/* The number of the first range that ends behind `address`. */
static size_t first_behind(const struct leaks_ranges *ranges, uintptr_t address)
{
	size_t low = 0, high = ranges->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ranges->items[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct leaks_range *leaks_ranges_find(const struct leaks_ranges *ranges, uintptr_t address)
{
	size_t i = first_behind(ranges, address);

	return i < ranges->count && ranges->items[i].start <= address ? &ranges->items[i] : NULL;
}

int leaks_ranges_readable(const struct leaks_ranges *mappings, uintptr_t from, uintptr_t end,
			  struct leaks_range *ret_part)
{
	for (size_t i = first_behind(mappings, from);
	     from < end && i < mappings->count && mappings->items[i].start < end; i++) {
		const struct leaks_range *mapping = &mappings->items[i];

		if (!(mapping->flags & LEAKS_READABLE))
			continue;
		*ret_part = (struct leaks_range){base_max(from, mapping->start),
						 base_min(end, mapping->end), mapping->flags};
		return 1;
	}
	return 0;
}
