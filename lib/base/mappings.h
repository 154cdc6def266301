/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mappings.h - what the process has mapped
 *
 * Callers: base/sparse.c, lib/pool, leaks/roots.c. Locking: none; what is mapped meanwhile may be
 * missing. Context: raw system calls only, among them those that open and read a file; never
 * allocates.
 */
#ifndef LIB_BASE_MAPPINGS_H
#define LIB_BASE_MAPPINGS_H

#include "lib/base/compiler.h"

struct base_mapping {
	uintptr_t start, end;
	int readable, writable;
};

/*
 * Calls `use` for each mapping in order of address, until it answers anything but 0. That answer,
 * or a negative errno when the mappings cannot be told.
 */
typedef int base_use_mapping(const struct base_mapping *mapping, void *argument);
int base_each_mapping(base_use_mapping *use, void *argument);

/* Whether all of so many pages is mapped, from that of `address` on. Opens no file. */
#define BASE_PAGES_ASKED 512 /* at most */
int base_is_mapped(uintptr_t address, size_t pages);

#endif
