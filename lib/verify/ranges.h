/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ranges.h - lists of address ranges in memory of their own
 *
 * Callers: lib/verify. Locking: a list is its owner's. Context: raw mappings only, never the heap:
 * lists are filled while other threads stand still, perhaps inside an allocator.
 */
#ifndef LIB_VERIFY_RANGES_H
#define LIB_VERIFY_RANGES_H

#include "lib/base/compiler.h"

/* Kinds of mappings, for lists of those. */
enum verify_range_flags {
	VERIFY_READABLE = 1u << 0,
	VERIFY_WRITABLE = 1u << 1,
	VERIFY_FILE = 1u << 2,
};

struct verify_range {
	uintptr_t start, end;
	uint32_t flags; /* enum verify_range_flags */
};

/* Zero-initialised is empty. */
struct verify_ranges {
	struct verify_range *items;
	size_t count, capacity;
};

/* Appends a range; empty ones are left out. 0 or -ENOMEM. */
int verify_ranges_add(struct verify_ranges *ranges, struct verify_range range);

/* Of a list in order of address: the range `address` lies in, or NULL. */
const struct verify_range *verify_ranges_find(const struct verify_ranges *ranges,
					      uintptr_t address);

/* Unmaps the list's memory. */
void verify_ranges_drop(struct verify_ranges *ranges);

#endif
