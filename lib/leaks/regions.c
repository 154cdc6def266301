/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/regions.h"
#include "lib/pool/state.h"
#include <errno.h>

static struct leaks_ranges regions;

/* A child of fork finds the lock free, even where no handler ran, once it has its own state. */
static void lock_regions(void)
{
	if (!pool_is_own())
		pool_enter();
	base_lock_take(&pool_state.lock);
}

int leaks_region_add(uintptr_t start, uintptr_t end)
{
	int error;

	lock_regions();
	error = leaks_ranges_add(&regions, (struct leaks_range){start, end, 0});
	base_lock_drop(&pool_state.lock);
	return error;
}

int leaks_region_remove(uintptr_t start, uintptr_t end)
{
	int error = -ENOENT;

	lock_regions();
	for (size_t i = regions.count; i-- > 0 && error != 0;)
		if (regions.items[i].start == start && regions.items[i].end == end) {
			leaks_ranges_remove(&regions, i);
			error = 0;
		}
	base_lock_drop(&pool_state.lock);
	return error;
}

int leaks_regions_add_to(struct leaks_ranges *ranges)
{
	int error = 0;

	for (size_t i = 0; i < regions.count && error == 0; i++)
		error = leaks_ranges_add(ranges, regions.items[i]);
	return error;
}
