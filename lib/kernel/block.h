/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * block.h - pool blocks that the system allocates on behalf of a driver
 *
 * Purpose: strings, MDLs, views and the like are the driver's memory under the system's tags,
 * charged to the driver's call.
 * Callers: lib/kernel. Locking: lib/pool's. Context: as ExAllocatePool2.
 */
#ifndef LIB_KERNEL_BLOCK_H
#define LIB_KERNEL_BLOCK_H

#include "lib/kernel/pool.h"
#include <pooltag/tag.h>

/* Strings that Windows allocates for translations. */
#define KERNEL_STRING_TAG POOLTAG_TAG('S', 't', 'r', 'g')

/*
 * Uninitialised memory, page-aligned from a page on; NULL when there is none. `frame` is the
 * exported function's, POOL_FRAME_KEPT().
 */
BASE_INLINE void *kernel_block_take(size_t bytes, uint32_t tag, enum heap_pool pool,
				    struct pool_frame frame)
{
	struct kernel_request request = {.bytes = bytes, .tag = tag, .pool = pool, .frame = frame};

	return kernel_pool_allocate(&request);
}

/* `return_address` is the driver's, for reports. */
BASE_INLINE void kernel_block_give(void *block, const void *return_address)
{
	kernel_pool_free(block, KERNEL_FREE_ANY, 0, 0, return_address);
}

#endif
