/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * regions.h - memory that the program registered as roots of leak scans
 *
 * Callers: lib/interpose; leaks/roots.c in the child of a scan. Locking: pool_state.lock for
 * changes; the child reads the list as it is, perhaps in the middle of one. Context: not while
 * holding a lock of the library; raw mappings only.
 */
#ifndef LIB_LEAKS_REGIONS_H
#define LIB_LEAKS_REGIONS_H

#include "lib/leaks/ranges.h"

/* 0, -ENOMEM, or -ENOENT for one that is not registered. */
int leaks_region_add(uintptr_t start, uintptr_t end);
int leaks_region_remove(uintptr_t start, uintptr_t end);

/* Appends them to a list. 0 or -ENOMEM. */
int leaks_regions_add_to(struct leaks_ranges *ranges);

#endif
