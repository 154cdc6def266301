/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * account.h - charging memory that is not the heap's
 *
 * Purpose: contiguous memory, views and I/O space are mapped by the driver kit itself, but stand in
 * the segment under their tag as blocks do, and can fail as blocks can.
 * Callers: lib/kernel. Locking: as lib/pool. Context: as malloc.
 */
#ifndef LIB_KERNEL_ACCOUNT_H
#define LIB_KERNEL_ACCOUNT_H

#include "lib/kernel/pool.h"
#include <pooltag/tag.h>

struct kernel_charge {
	uint32_t tag;
	enum heap_pool pool;
	size_t bytes; /* asked for */
	size_t pages; /* bytes taken, whole pages */
};

/* Charges the driver's call. 0 and the site, or -1 when the low-resources simulation says so. */
int kernel_account(const struct kernel_charge *charge, struct pool_frame frame, uint32_t *ret_site);

/* The end of what was charged to a site. */
void kernel_unaccount(uint32_t site, size_t bytes, size_t pages);

#endif
