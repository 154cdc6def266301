/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mapping.h - page-granular nonpaged memory of the driver kit's own
 *
 * Purpose: memory with limits on its address, which the heap cannot give: locked, zeroed, in the
 * table of ranges, charged to a tag. Its physical addresses are its virtual ones, so limits on the
 * one are limits on the other, and what is contiguous here is so there. From 2 MB on it asks for
 * huge pages, which are contiguous in truth.
 * Callers: lib/kernel. Locking: the ranges'. Context: as malloc.
 */
#ifndef LIB_KERNEL_MAPPING_H
#define LIB_KERNEL_MAPPING_H

#include "lib/kernel/range.h"
#include "lib/pool/caller.h"

struct kernel_mapping {
	size_t bytes;
	uint64_t lowest, highest; /* acceptable addresses, of the first and last byte */
	uint64_t boundary;        /* a power of two not to be crossed; 0: none */
	enum kernel_range_kind kind;
	uint32_t tag;
	struct pool_frame frame;
};

/* Zeroed pages, or NULL when they cannot be had so. */
void *kernel_map(const struct kernel_mapping *wanted);

/* 0, or -1 when no mapping of that kind starts there. */
int kernel_unmap(void *start, enum kernel_range_kind kind);

#endif
