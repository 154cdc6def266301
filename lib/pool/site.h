/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * site.h - from a call to its site
 *
 * Purpose: a site is a tag, a pool and a place in the code. This finds the one a call is charged
 * to, in the thread's cache, in the process's table, or by making it.
 *
 * Precedence of tags: given with the allocation > the thread's scope > rules > automatic. A given
 * tag becomes part of the key, so the same place in the code has a site per tag.
 *
 * Callers: lib/pool. Locking: making a site takes pool_state.lock. Context: as malloc.
 */
#ifndef LIB_POOL_SITE_H
#define LIB_POOL_SITE_H

#include "lib/base/atomic.h"
#include "lib/heap/header.h"
#include "lib/heap/map.h"
#include "lib/heap/sizes.h"
#include "lib/pool/caller.h"
#include "lib/pool/slot.h"
#include "lib/pool/thread.h"
#include <pooltag/tag.h>

/*
 * The site to charge for a call: site 0 when the tables are full, never none. `tag` 0: none given.
 * Returns the thread's slot of the site, or NULL when it has none (it counts in the shared shard,
 * or memory is out).
 */
struct pool_slot *pool_slot_for(struct pool_thread *thread, struct pool_frame frame,
				pooltag_tag tag, uint32_t *ret_site);

/*
 * What the memory of a site is for, part of its key: the pool in the low bits, and for blocks of
 * the driver kit what lib/kernel has to know when one comes back.
 */
enum pool_use {
	POOL_USE_POOL = 3, /* mask of enum heap_pool; without DRIVER the rules may say more */
	POOL_USE_DRIVER = 1 << 2, /* of the driver kit: freed there, placed as a kernel pool does */
	POOL_USE_LOOKASIDE = 1 << 3, /* belongs to a lookaside list */
	POOL_USE_QUOTA = 1 << 4,     /* charged to the process's quota */
	POOL_USE_PROTECTED = 1 << 5, /* to be freed with its tag only */
	POOL_USE_OBJECT = 1 << 6,    /* belongs to a framework object */
	POOL_USE_IGNORED = 1 << 7,   /* leaks of it are no news (__lsan_ignore_object) */
};

/* The site of a call of the driver kit. `depth` frames tell it from others, more with stack=. */
uint32_t pool_site_for_driver(struct pool_thread *thread, struct pool_frame frame, pooltag_tag tag,
			      unsigned use, uint32_t depth);

/* The site with another tag of the same place in the code as `site`. */
uint32_t pool_site_retagged(uint32_t site, pooltag_tag tag);

/* The site of the same place in the code, and with the same tag, whose leaks are ignored. */
uint32_t pool_site_ignored(uint32_t site);

/*
 * A key made of several addresses (at most a few in 2^64 are ever made, so equal keys are equal
 * stacks); differs after files were unloaded, and never equals an address.
 */
uint64_t pool_hash_addresses(const uintptr_t *addresses, uint32_t depth, uint64_t salt);

/* By site; kept apart from the records, which other processes might write. */
extern BASE_HIDDEN uint8_t pool_site_uses[HEAP_SITES_MAX]; /* enum pool_use */
extern BASE_HIDDEN pooltag_tag pool_site_tags[HEAP_SITES_MAX];

/* Sites of a nonpaged pool never have a slot. */
BASE_INLINE enum heap_pool pool_site_pool(uint32_t site)
{
	return (enum heap_pool)(base_load_relaxed(&pool_site_uses[site]) & POOL_USE_POOL);
}

/* What a tag adds to the keys of its sites; 0 for none. The top bit keeps it clear of addresses. */
BASE_INLINE uint64_t pool_salt_of(pooltag_tag tag)
{
	return tag == 0 ? 0 : (uint64_t)tag * POOL_HASH_FACTOR | (uint64_t)1 << 63;
}

/* What a tag and a use (enum pool_use) add to the keys of sites told by their caller alone. */
BASE_INLINE uint64_t pool_salt_with(pooltag_tag tag, unsigned use)
{
	/* Odd, and no multiple of what tags are multiplied by. */
	return use == 0 ? pool_salt_of(tag)
			: (pool_salt_of(tag) + use * 0xd6e8feb86659fd93u) | (uint64_t)1 << 63;
}

/*
 * The slot of a call without a tag, whose stack and slot the thread recalls; else NULL. With
 * stack=N.
 */
BASE_INLINE struct pool_slot *pool_slot_recalled(struct pool_thread *thread,
						 struct pool_frame frame)
{
	uint64_t key;
	const struct pool_recall *entry = pool_recalled(thread, frame, thread->scope_salt, &key);
	struct pool_slot *slot = entry != NULL ? entry->slot : NULL;

	return BASE_LIKELY(slot != NULL && slot->key == key) ? slot : NULL;
}

/* pool_slot_for without a tag, by a look into the cache first. */
BASE_INLINE struct pool_slot *pool_slot_at_hand(struct pool_thread *thread, struct pool_frame frame)
{
	uint64_t key = pool_frame_caller(frame) ^ thread->scope_salt;
	struct pool_slot *slot = pool_slot_of(thread, key);
	uint32_t site;

	if (slot->key != key)
		slot = pool_slot_right_behind(thread, frame.cfa, key, slot);
	return slot != NULL ? slot : pool_slot_for(thread, frame, 0, &site);
}

/*
 * Forgets everything known about code addresses that no loaded file covers any more, in every
 * thread's cache as well: another file may be loaded there. After dlclose.
 */
void pool_sites_unload(void);

#endif
