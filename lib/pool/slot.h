/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slot.h - a thread's cache of call sites
 *
 * Purpose: from a return address to who is charged, without asking anybody. A slot is found by the
 * hash of its key: at home, where the fast path looks, or in one of the other ways of its set, so
 * that a few hot sites that share a hash do not put each other out. The return address of an
 * allocation wrapper has a slot as well: not a site, but how far it is to its caller's return
 * address.
 *
 * Callers: lib/pool. Locking: slots are their thread's own. Context: as malloc.
 */
#ifndef LIB_POOL_SLOT_H
#define LIB_POOL_SLOT_H

#include "lib/heap/header.h"
#include "lib/pool/thread.h"

/* Slots of a set: two lines of the processor's cache. */
#define POOL_SLOT_WAYS 4u

_Static_assert(POOL_STACK_SLOTS % POOL_SLOT_WAYS == 0 && POOL_SLOTS % POOL_SLOT_WAYS == 0 &&
		       BASE_PAGE_SIZE % (POOL_SLOT_WAYS * sizeof(struct pool_slot)) == 0,
	       "ways are found by their address");

/* In the key of a wrapper's slot. Addresses do not have this bit, hashes have the one above. */
#define POOL_SLOT_WRAPPER_BIT 62
#define POOL_SLOT_WRAPPER     ((uint64_t)1 << POOL_SLOT_WRAPPER_BIT)

#define POOL_SLOT_SHIFT       5
_Static_assert(sizeof(struct pool_slot) == 1 << POOL_SLOT_SHIFT, "slots are found by masking");

BASE_INLINE struct pool_slot *pool_slot_at(struct pool_thread *thread, uint64_t hash)
{
	uint64_t offset =
		hash >> (64 - POOL_SLOT_BITS - POOL_SLOT_SHIFT) & -sizeof(struct pool_slot);

	return (struct pool_slot *)(void *)((char *)thread->slots + offset);
}

/*
 * Home of a key; a wrapper's is that of its address.
 * The factor is that of headers: malloc loads one.
 */
BASE_INLINE struct pool_slot *pool_slot_of(struct pool_thread *thread, uint64_t key)
{
	return pool_slot_at(thread, key * HEAP_HEADER_FACTOR);
}

/* Home of a stack's key. */
BASE_INLINE struct pool_slot *pool_slot_of_stack(struct pool_thread *thread, uint64_t key)
{
	return &thread->slots[POOL_STACK_SLOTS +
			      ((key * POOL_HASH_FACTOR) >> (64 - POOL_STACK_SLOT_BITS))];
}

BASE_INLINE uint32_t pool_slot_site(const struct pool_slot *slot)
{
	return heap_header_site(slot->content);
}

/* A way of the set, 0 being home. Slots start at a page, sets at their size. */
BASE_INLINE struct pool_slot *pool_slot_way(struct pool_slot *home, uint32_t way)
{
	return (struct pool_slot *)(void *)((uintptr_t)home ^ way * sizeof(*home));
}

/* The slot of a key in the set of `home`; NULL when there is none. */
BASE_INLINE struct pool_slot *pool_slot_in(struct pool_slot *home, uint64_t key)
{
	for (uint32_t way = 0; way < POOL_SLOT_WAYS; way++)
		if (pool_slot_way(home, way)->key == key)
			return pool_slot_way(home, way);
	return NULL;
}

BASE_INLINE struct pool_slot *pool_slot_find(struct pool_thread *thread, uint64_t key)
{
	return pool_slot_in(pool_slot_of(thread, key), key);
}

/* Where a key without a slot gets one: an empty way, the nearest to home first, else any. */
BASE_INLINE struct pool_slot *pool_slot_to_fill(struct pool_slot *home, uint64_t random)
{
	struct pool_slot *empty = pool_slot_in(home, 0);

	return empty != NULL ? empty : pool_slot_way(home, random % POOL_SLOT_WAYS);
}

/*
 * Whether a slot is that of the wrapper whose address
 * has `key`, in one instruction and a comparison.
 */
BASE_INLINE int pool_slot_is_wrapper(const struct pool_slot *slot, uint64_t key)
{
	__asm__("btcq %1, %0" : "+r"(key) : "i"(POOL_SLOT_WRAPPER_BIT) : "cc");
	return slot->key == key;
}

/*
 * The return address at a wrapper's caller. Its frame information was checked when it was decoded.
 */
BASE_INLINE const uintptr_t *pool_slot_step(const struct pool_slot *wrapper, const uintptr_t *cfa)
{
	return (const uintptr_t *)(const void *)((const char *)cfa + wrapper->content);
}

/*
 * The slot of who is charged for a call, when its return address is that of a wrapper with the slot
 * `home`, and all on the way are at home, as nearly all are; else NULL. `cfa[-1]` is that address,
 * `key` a site's key there; each step goes outwards from there.
 */
BASE_INLINE struct pool_slot *pool_slot_right_behind(struct pool_thread *thread,
						     const uintptr_t *cfa, uint64_t key,
						     struct pool_slot *home)
{
	while (BASE_LIKELY(pool_slot_is_wrapper(home, key))) {
		cfa = pool_slot_step(home, cfa);
		key = cfa[-1] ^ thread->scope_salt;
		home = pool_slot_of(thread, key);
		if (BASE_LIKELY(home->key == key))
			return home;
	}
	return NULL;
}

#endif
