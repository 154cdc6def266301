/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * recall.h - stacks that a thread has walked before
 *
 * Purpose: a walk over N frames reads a few words of the stack, the return addresses most of all,
 * and what it finds depends on them alone, on where it began, and on the code. So where all of
 * these are as they were the last time, so is the stack, and its site. An entry is found by its
 * tag, a hash of where the walk begins, of the charged caller and of that one's own: they tell most
 * stacks from each other, and cost a step each. Then the words are read, and their sum compared.
 *
 * Callers: pool/caller.h, which looks, and pool/caller.c, which fills. Locking: an entry is its
 * thread's alone; a signal handler may fill it while it is compared, and then its tag is another
 * one, and leaves it alone while it is filled. Context: any.
 */
#ifndef LIB_POOL_RECALL_H
#define LIB_POOL_RECALL_H

#include "lib/base/compiler.h"
#include <stdint.h>

#define POOL_RECALL_BITS  8 /* sets */
#define POOL_RECALL_WAYS  4u
#define POOL_RECALL_SETS  (1u << POOL_RECALL_BITS)
#define POOL_RECALL_WORDS 40u /* with 16 frames, and some wrappers; longer walks are not kept */
#define POOL_RECALL_GROUP 4u  /* read in a row */

/* Tags of calls are odd. */
#define POOL_RECALL_EMPTY   0u
#define POOL_RECALL_FILLING 2u

/* Odd, and far from any pattern: multiplies into the top bits. */
#define POOL_HASH_FACTOR 0x9e3779b97f4a7c15u

struct pool_slot;

/* Ordered so that a call with few words reads its first line alone. */
struct pool_recall {
	uint64_t key;           /* of the stack's site; its tag, if it has one, is in the entry's */
	struct pool_slot *slot; /* where that was last; NULL: nowhere */
	uint64_t sum;           /* of the words */
	uint32_t top;           /* the words end so far above sp */
	uint8_t needs_bp;
	uint8_t count;                  /* of words, whole groups; 0: not to be kept */
	uint16_t at[POOL_RECALL_WORDS]; /* where the words are above sp, / 8 */
	uintptr_t bp;                   /* matters if `needs_bp` */
};

_Static_assert(sizeof(struct pool_recall) <= 128 && POOL_RECALL_WORDS % POOL_RECALL_GROUP == 0,
	       "two lines of the processor's cache, whole groups");

struct pool_recall_entry {
	_Alignas(128) struct pool_recall recall;
};

struct pool_recalls {
	_Alignas(64) uint64_t tags[POOL_RECALL_SETS][POOL_RECALL_WAYS];
	struct pool_recall_entry entries[POOL_RECALL_SETS][POOL_RECALL_WAYS];
};

/* Tags and sums grow by words on the way; `mixed` is one times POOL_HASH_FACTOR. */
BASE_INLINE uint64_t pool_recall_mix(uint64_t hash, uint64_t mixed)
{
	return (hash << 7 | hash >> 57) + mixed;
}

BASE_INLINE uint32_t pool_recall_set(uint64_t tag)
{
	return (uint32_t)((tag ^ tag >> 32) * POOL_HASH_FACTOR >> (64 - POOL_RECALL_BITS));
}

/*
 * Whether the stack of a call is the one of this
 * entry, whose tag it has. `limit`: no stack is there.
 */
BASE_INLINE int pool_recall_holds(const struct pool_recall *entry, uintptr_t sp, uintptr_t bp,
				  uintptr_t limit)
{
	const uintptr_t *stack = (const uintptr_t *)sp;
	uint64_t sum = 0;

	if (entry->top > limit - sp || (entry->needs_bp && entry->bp != bp))
		return 0;
	for (uint32_t i = 0; i < entry->count; i += POOL_RECALL_GROUP) {
		const uint16_t *at = &entry->at[i];

		sum = pool_recall_mix(sum, stack[at[0]] * POOL_HASH_FACTOR);
		sum = pool_recall_mix(sum, stack[at[1]] * POOL_HASH_FACTOR);
		sum = pool_recall_mix(sum, stack[at[2]] * POOL_HASH_FACTOR);
		sum = pool_recall_mix(sum, stack[at[3]] * POOL_HASH_FACTOR);
	}
	return sum == entry->sum;
}

#endif
