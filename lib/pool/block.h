/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * block.h - a block as its records tell it, and the plain halves of its life
 *
 * Purpose: what alloc.c does once it knows the site of an allocation, or the block of a free.
 * lib/verify wraps it with its checks. Callers: lib/pool, lib/verify. Locking: the thread's own
 * lists; jemalloc's inside. Context: as malloc.
 */
#ifndef LIB_POOL_BLOCK_H
#define LIB_POOL_BLOCK_H

#include "lib/pool/alloc.h"

/* A live block as the page map and its header tell it. */
struct pool_found {
	uint32_t site;
	size_t requested;
	size_t charge;
	uint32_t bin; /* HEAP_BIN_UNDECIDED: large */
	enum heap_pool pool;
	uint64_t *header; /* NULL: record in the page map */
};

/* What freeing it counts. */
BASE_INLINE struct pool_amount pool_block_amount(const struct pool_found *found)
{
	return (struct pool_amount){
		.requested = found->requested,
		.charge = found->charge,
		.big = found->header == NULL,
	};
}

/*
 * Bytes that every block has beyond those asked for, at least; 0 unless blocks are verified. Set
 * once, during init.
 */
extern BASE_HIDDEN size_t pool_block_room;

/* What a block of whole pages takes that is not large. */
BASE_INLINE size_t pool_block_pages(size_t requested)
{
	return base_round_up(base_max(requested + pool_block_room, 1), BASE_PAGE_SIZE);
}

/* What is known of a live block; -1 when it is none. */
int pool_block_find(const void *block, struct pool_found *ret_found);

enum pool_finding {
	POOL_FOUND_OURS,
	POOL_FOUND_FOREIGN, /* never handed out by us */
	POOL_FOUND_BAD,     /* ours, but not a live block */
};

/* What a block is, given the entry of its page. */
enum pool_finding pool_block_examine(const void *block, uint64_t entry, struct pool_found *found);

/*
 * Charges a block that stays where it is anew: as one allocation and one free, as a move would be.
 */
void pool_block_charge(struct pool_thread *thread, void *block, const struct pool_found *old,
		       uint32_t site, size_t size, size_t charge);

/* The whole of a free. */
void pool_block_free(struct pool_thread *thread, void *block, const struct pool_found *found,
		     struct pool_freeing how);

/* A counted block for `site`, or NULL. The size is at most HEAP_MAP_SIZE_MAX with the room. */
void *pool_block_take(struct pool_thread *thread, const struct pool_want *want, uint32_t site);

/* Marks a live block as freed and counts it; it is in nobody's use then, and not yet given back. */
void pool_block_retire(struct pool_thread *thread, void *block, const struct pool_found *found);

/* Puts a block that is retired where the next allocation finds it. */
void pool_block_put_back(struct pool_thread *thread, void *block, const struct pool_found *found);

#endif
