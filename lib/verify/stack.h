/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stack.h - the stacks of verified allocations and frees, by number
 *
 * Purpose: a report names who allocated a block and who freed it, with whole stacks, whatever
 * stack= is. Equal stacks of a site are one; numbers are small enough for the ledger.
 * Callers: lib/verify. Locking: making one takes verify_lock. Context: as malloc; look-ups
 * anywhere.
 */
#ifndef LIB_VERIFY_STACK_H
#define LIB_VERIFY_STACK_H

#include "lib/pool/caller.h"
#include "lib/pool/thread.h"

#define VERIFY_STACK_BITS  20
#define VERIFY_STACK_DEPTH 24
#define VERIFY_NO_STACK    0u

struct verify_stack {
	uint32_t site; /* of the allocation; of a free, the block's */
	uint32_t depth;
	uintptr_t addresses[]; /* the innermost call first, none of them ours */
};

/* 0 or -1: without memory no stack is known, and that is all. */
int verify_stack_start(void);

/* The number of the stack of `frame`, or VERIFY_NO_STACK. */
uint32_t verify_stack_note(struct pool_thread *thread, struct pool_frame frame, uint32_t site);

/* NULL for VERIFY_NO_STACK. */
const struct verify_stack *verify_stack_of(uint32_t number);

#endif
