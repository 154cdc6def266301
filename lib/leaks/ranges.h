/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ranges.h - lists of address ranges in memory of their own
 *
 * Callers: lib/leaks. Locking: a list is its owner's. A process that was forked in the middle of a
 * change finds a list as it was or as it was to be. Context: raw mappings only, never the heap:
 * lists are filled while other threads stand still, perhaps inside an allocator.
 */
#ifndef LIB_LEAKS_RANGES_H
#define LIB_LEAKS_RANGES_H

#include "lib/base/compiler.h"

/* Kinds of mappings, for lists of those. */
enum leaks_range_flags {
	LEAKS_READABLE = 1u << 0,
	LEAKS_WRITABLE = 1u << 1,
};

struct leaks_range {
	uintptr_t start, end;
	uint32_t flags; /* enum leaks_range_flags */
};

/* Zero-initialised is empty. */
struct leaks_ranges {
	struct leaks_range *items;
	size_t count, capacity;
};

/* Appends a range; empty ones are left out. 0 or -ENOMEM. */
int leaks_ranges_add(struct leaks_ranges *ranges, struct leaks_range range);

/* Of a list in order of address: the range `address` lies in, or NULL. */
const struct leaks_range *leaks_ranges_find(const struct leaks_ranges *ranges, uintptr_t address);

/*
 * Of a list of mappings in order of address: the first part that can be read of what lies between
 * two addresses. 1, or 0 when there is none.
 */
int leaks_ranges_readable(const struct leaks_ranges *mappings, uintptr_t from, uintptr_t end,
			  struct leaks_range *ret_part);

/* Takes out number `i`; the last one comes to stand there. */
void leaks_ranges_remove(struct leaks_ranges *ranges, size_t i);

#endif
