/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * recall.h - stacks that a thread has walked before
 *
 * Purpose: a walk over N frames reads a few words of the stack, the return addresses most of all, and
 * what it finds depends on them alone, on where it began, and on the code. So where all of these are as
 * they were the last time, so is the stack, and comparing the words costs a quarter of walking. The words
 * are compared in the order in which they were read: while those before are the same, the walk would
 * read the next one, too.
 *
 * Callers: pool/site.c, which looks, and pool/caller.c, which fills. Locking: an entry is its thread's
 * alone; a signal handler may fill it while it is compared, which its turn tells, and leaves it alone while
 * it is filled, when its turn is odd. Context: any.
 */
#ifndef LIB_POOL_RECALL_H
#define LIB_POOL_RECALL_H

#include "lib/base/compiler.h"
#include <stdint.h>

#define POOL_RECALL_BITS  7 /* sets of two: one place is often reached in more than one way */
#define POOL_RECALL_WAYS  2u
#define POOL_RECALLS      (POOL_RECALL_WAYS << POOL_RECALL_BITS)
#define POOL_RECALL_WORDS 21u /* with 8 frames, and some wrappers; longer walks are not kept */

struct pool_recall {
	uintptr_t address; /* innermost return address; 0: empty */
	uintptr_t sp, bp;  /* bp matters if `needs_bp` */
	uint64_t hash;     /* of the addresses */
	uint32_t turn;     /* another one with each filling */
	uint32_t top;      /* the words end so far above sp */
	uint8_t depth;     /* frames */
	uint8_t needs_bp;
	uint8_t count;
	uint16_t at[POOL_RECALL_WORDS]; /* where the words are above sp, / 8 */
	uintptr_t words[POOL_RECALL_WORDS];
};

_Static_assert(sizeof(struct pool_recall) == 256, "whole cache lines");

/* Whether the stack of a call from `address` is the one of this entry. `limit`: no stack is there. */
BASE_INLINE int pool_recall_holds(const struct pool_recall *entry, uintptr_t address, uintptr_t sp,
				  uintptr_t bp, uintptr_t limit)
{
	if (entry->address != address || entry->sp != sp || (entry->needs_bp && entry->bp != bp) ||
	    entry->top > limit - sp)
		return 0;
	for (uint32_t i = 0; i < entry->count; i++)
		if (((const uintptr_t *)sp)[entry->at[i]] != entry->words[i])
			return 0;
	return 1;
}

#endif
