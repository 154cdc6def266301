/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * range.h - memory that is no pool block: what it is, by address
 *
 * Purpose: contiguous memory, views, I/O space, read-only mappings. The handler of faults asks, the
 * probes of user buffers ask, and a free finds its record.
 * Callers: lib/kernel. Locking: a lock inside; kernel_range_find takes none. Context: adding and
 * removing as malloc; finding anywhere, signal handlers included.
 */
#ifndef LIB_KERNEL_RANGE_H
#define LIB_KERNEL_RANGE_H

#include "lib/base/compiler.h"

enum kernel_range_kind {
	KERNEL_RANGE_FREE,
	KERNEL_RANGE_NONCACHED,
	KERNEL_RANGE_CONTIGUOUS,
	KERNEL_RANGE_MDL_PAGES,
	KERNEL_RANGE_IO,
	KERNEL_RANGE_USER_VIEW,
	KERNEL_RANGE_SYSTEM_VIEW,
	KERNEL_RANGE_USER_MAPPING, /* of the MDL that is its detail; lies over others */
	KERNEL_RANGE_READONLY,     /* lies over others; a write to it is a bug check */
};

struct kernel_range {
	uintptr_t start;
	size_t length;
	enum kernel_range_kind kind;
	uint32_t site;   /* whom it is charged to */
	uint64_t detail; /* its owner's */
};

/* Enters a copy. 0, or -1 when there is no room. */
int kernel_range_add(const struct kernel_range *range);

/* Takes out the range that starts here; 0 and a copy, or -1 when there is none. */
int kernel_range_remove(uintptr_t start, enum kernel_range_kind kind,
			struct kernel_range *ret_range);

/* The range of a kind that covers an address: 1 and a copy, or 0. */
int kernel_range_find(uintptr_t address, enum kernel_range_kind kind,
		      struct kernel_range *ret_range);

/* 1 when an address is the system's: in a range that is not a user's, or in a driver's block. */
int kernel_is_system_address(uintptr_t address);

#endif
