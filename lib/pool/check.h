/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check.h - what lib/verify does for the pool
 *
 * Purpose: a verified process (options verify=, special_*=, fault_*=) keeps no front lists, so that
 * every operation takes the slow path, and the slow path hands each allocation and each free to
 * the functions declared here. They are lib/verify's: the pool knows what it asks for, not how it
 * is done. In any other process nothing of it costs an instruction on a fast path.
 *
 * Callers: lib/pool, lib/interpose, lib/kernel. Locking: inside. Context: as malloc.
 */
#ifndef LIB_POOL_CHECK_H
#define LIB_POOL_CHECK_H

#include "lib/base/lock.h"
#include "lib/base/text.h"
#include "lib/pool/block.h"
#include "lib/pool/identify.h"

struct pool_checks {
	uint32_t active; /* 1: allocations and frees go through pool_check_alloc, pool_check_free */
	uint32_t faults; /* 1: allocations may fail on purpose */
	uint32_t blocks; /* 1: what is written around blocks is checked, and who has them is kept */
};

extern BASE_HIDDEN struct pool_checks pool_checks;

/* Decides by the options, once, during init, before any thread has a state. */
void pool_check_start(void);

/* Instead of pool_block_take. */
void *pool_check_alloc(struct pool_thread *thread, const struct pool_want *want, uint32_t site);

/* Instead of pool_block_free. */
void pool_check_free(struct pool_thread *thread, void *block, const struct pool_found *found,
		     struct pool_freeing how);

/*
 * Low-resources simulation: 1 when this request, of `size` bytes for `site`, is to fail for no
 * other reason. Blocks of the pool are asked about by the pool itself; whoever gets memory in
 * another way asks here. Counted in the segment (faults).
 */
int pool_check_fault_due(uint32_t site, size_t size);

BASE_INLINE int pool_check_fault(uint32_t site, size_t size)
{
	return BASE_UNLIKELY(pool_checks.faults) && pool_check_fault_due(site, size);
}

/* When the process ends by its own will: a last look at what was freed. */
void pool_check_exit(void);

/* Bytes of blocks that are retired and not yet given back. */
size_t pool_check_held(void);

/* pool_lock_again() for blocks of the special pool. Bytes that could not be locked. */
size_t pool_check_lock_again(uintptr_t start, uintptr_t end);

/* For reports. Adds ", freed by a!b+0x1" when that is known of a block that was freed. */
void pool_check_freed_text(struct base_text *text, const void *block);

/* The report of a block whose header is gone; 0 when nothing is known of it. */
int pool_check_overwritten_text(struct base_text *text, const void *block, size_t class_size);

/* 1 when a block that started here was the last and has been freed, whatever the map has now. */
int pool_check_freed(const void *block, struct pool_identified *ret_what);

/* Prints the line and, in a verified process, the stacks of `block` (or NULL); then SIGABRT. */
BASE_COLD __attribute__((noreturn)) void pool_check_fatal(const char *line, const void *block);

/* For the list of locks around fork. */
struct base_lock *pool_check_lock(void);

#endif
