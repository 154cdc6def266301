/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pool.h - what every allocator of the driver kit does: levels, tags, quota, fill patterns,
 * failures
 *
 * Purpose: one way in and one way out of the kernel pools, for ExAllocatePool* and for everything
 * that stands on them: lookaside lists, framework memory, MDLs, strings the system allocates.
 *
 * A misuse is a bug check; which ones only Driver Verifier would see are checked when the option
 * driver_verifier is 1, as it is by default.
 *
 * Callers: lib/kernel. Locking: lib/pool's. Context: a driver's, IRQL <= DISPATCH_LEVEL; not in
 * signal handlers. errno is unchanged.
 */
#ifndef LIB_KERNEL_POOL_H
#define LIB_KERNEL_POOL_H

#include "lib/pool/identify.h"
#include "lib/pool/site.h"
#include "lib/pool/state.h"
#include <pooltag/ddk/ntddk.h>

/* Bytes that stand for memory nobody wrote yet, and for memory that was freed. */
#define KERNEL_FILL_FRESH 0xcd
#define KERNEL_FILL_FREED 0xdd

/* Frames that tell the sites of drivers apart while the verifier is on. */
#define KERNEL_STACK_DEPTH 12

struct kernel_request {
	size_t bytes;
	uint32_t tag;
	enum heap_pool pool;
	unsigned use; /* further bits of enum pool_use */
	unsigned zero : 1;
	unsigned cache_aligned : 1;
	unsigned raise : 1;       /* an exception instead of NULL */
	unsigned quota_raise : 1; /* the same when the quota is exhausted */
	struct pool_frame frame;  /* of the routine the driver called */
};

/* Starts the library, options and all, when the driver's call is the process's first. */
BASE_INLINE void kernel_start(void)
{
	if (BASE_UNLIKELY(pool_self == NULL))
		pool_enter();
}

/* A block or NULL; or a raise, or a bug check. */
void *kernel_pool_allocate(const struct kernel_request *request);

/* ExAllocatePoolWithTag, for the caller that `frame` is of. */
void *kernel_pool_by_type(uint32_t type, size_t bytes, uint32_t tag, struct pool_frame frame);

enum kernel_free {
	KERNEL_FREE_ANY,    /* no tag given */
	KERNEL_FREE_TAGGED, /* compare the tags, unless the given one is 0 */
};

/*
 * Frees a block of a pool on behalf of a driver. `use` is what the block has to be: 0, or the bits
 * of enum pool_use that keep it from ExFreePool. A misuse is a bug check.
 */
void kernel_pool_free(void *block, enum kernel_free how, uint32_t tag, unsigned use,
		      const void *return_address);

/*
 * Bug check when memory of `pool` may not be allocated
 * at this level. `pool_type` is for the report.
 */
void kernel_check_allocate_irql(enum heap_pool pool, size_t bytes, const void *return_address);

/* The same for a free. */
void kernel_check_free_irql(enum heap_pool pool, const void *block, const void *return_address);

/* 1: the driver said that its NonPagedPool need not be executable. */
extern BASE_HIDDEN int kernel_pool_nx;

/* The pool that a POOL_TYPE names. */
enum heap_pool kernel_pool_of_type(uint32_t type);

/* The POOL_TYPE that bug checks show for a pool. */
uint32_t kernel_pool_type(enum heap_pool pool);

#endif
