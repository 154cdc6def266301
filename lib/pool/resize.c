/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * resize.c - realloc, in place and by moving
 */
#include "lib/heap/je.h"
#include "lib/pool/alloc.h"
#include "lib/pool/badfree.h"
#include "lib/pool/block.h"
#include "lib/pool/check.h"
#include "lib/pool/due.h"
#include "lib/pool/foreign.h"
#include "lib/pool/front.h"
#include "lib/pool/state.h"
#include <errno.h>

void pool_block_charge(struct pool_thread *thread, void *block, const struct pool_found *old,
		       uint32_t site, size_t size, size_t charge)
{
	struct pool_amount fresh = {
		.requested = size, .charge = charge, .big = old->header == NULL};

	/* Free first: it is one block, and a look at what is in use is not to find it twice. */
	pool_count_free(thread, old->site, pool_block_amount(old));
	pool_count_alloc(thread, site, fresh);
	if (old->header != NULL)
		*old->header = heap_header_make(block, heap_header_content(site, size));
	else
		heap_map_set(block, heap_map_record(site, size) |
					    (old->bin == HEAP_BIN_UNDECIDED ? HEAP_MAP_LARGE : 0));
}

/*
 * 1 when the block now has room for `size`, nothing more than such a block should have, and is in
 * the pool of its new site.
 */
static int resize_found(struct pool_thread *thread, void *block, const struct pool_found *old,
			size_t size, struct pool_frame frame)
{
	struct pool_slot *slot;
	size_t charge;
	uint32_t site;

	/* A block that always moves shows who keeps its old address. */
	if (BASE_UNLIKELY(pool_checks.active))
		return 0;
	slot = pool_slot_for(thread, frame, 0, &site);
	if (pool_site_pool(site) != old->pool || (pool_site_uses[old->site] & POOL_USE_DRIVER))
		return 0;
	if (old->bin != HEAP_BIN_UNDECIDED) {
		if (size > HEAP_SMALL_MAX || heap_bin_exact(size) != old->bin % HEAP_NONPAGED)
			return 0;
		pool_block_charge(thread, block, old, site, size, old->charge);
		pool_due_counted(thread, slot, frame, block, size);
		return 1;
	}
	if (size <= HEAP_CLASS_MAX || size > HEAP_MAP_SIZE_MAX)
		return 0;
	charge = pooltag_je_xallocx(block, size, 0, 0);
	if (charge > old->charge)
		pool_count_taken(thread, charge - old->charge);
	else
		pool_count_returned(thread, old->charge - charge);
	if (charge != old->charge)
		heap_map_set((char *)block + BASE_PAGE_SIZE, heap_map_tail(block, charge));
	if (charge < size || charge != pooltag_je_nallocx(size, 0)) {
		/* It stays what it was, perhaps with another usable size: charge it as it is. */
		if (charge != old->charge)
			pool_block_charge(thread, block, old, old->site, old->requested, charge);
		return 0;
	}
	pool_block_charge(thread, block, old, site, size, charge);
	pool_due_counted(thread, slot, frame, block, size);
	return 1;
}

static void *move(struct pool_thread *thread, void *block, const struct pool_found *old,
		  size_t size, struct pool_frame frame)
{
	void *fresh = pool_alloc(size, frame);

	if (fresh == NULL)
		return NULL;
	memcpy(fresh, block, base_min(size, base_max(old->requested, pool_usable_size(block))));
	pool_block_free(thread, block, old, POOL_FREEING_PLAIN);
	return fresh;
}

static void *realloc_early(void *block, size_t size, struct pool_frame frame)
{
	void *fresh = pool_alloc(size, frame);

	if (fresh != NULL) {
		memcpy(fresh, block, base_min(size, pool_usable_size(block)));
		pool_free(block);
	}
	return fresh;
}

/* Between blocks of the paged pool that have headers, nothing unusual: NULL when it is not so. */
BASE_INLINE void *resize_small(void *block, size_t size, struct pool_frame frame)
{
	uint64_t entry = heap_map_get_near(block);
	struct pool_thread *thread = pool_self;
	struct pooltag_cell *old;
	struct pool_slot *slot;
	uint64_t *header_at;
	uint64_t header;
	size_t charge;
	void *fresh;

	if (!heap_map_is_small(entry) || heap_map_bin(entry) >= HEAP_NONPAGED || thread == NULL ||
	    size > HEAP_SMALL_MAX)
		return NULL;
	charge = heap_map_class(entry);
	header_at = heap_header_of(block, charge);
	header = *header_at;
	if (!heap_header_valid(block, header))
		return NULL;
	if (heap_bin_fast(size) != heap_map_bin(entry)) {
		fresh = pool_alloc(size, frame);
		if (fresh != NULL) {
			memcpy(fresh, block, base_min(size, charge - HEAP_HEADER_SIZE));
			pool_free(block);
		}
		return fresh;
	}
	/*
	 * In this order: a fork child that nobody has seen
	 * has no cells yet, and must not make a slot.
	 */
	old = pool_own_cell(thread, heap_header_site(header));
	slot = old != NULL ? pool_slot_at_hand(thread, frame) : NULL;
	if (slot == NULL)
		return NULL;
	base_add_owned(&old->frees, 1);
	base_add_owned(&old->free_bytes, heap_header_requested(header));
	base_add_owned(&old->free_charge, charge);
	*header_at = heap_header_make(block, slot->content | size);
	pool_due_count(thread, slot, frame,
		       (struct pool_amount){.requested = size, .charge = charge});
	return block;
}

static BASE_COLD void *resize_any(void *block, size_t size, struct pool_frame frame)
{
	int saved_errno = errno;
	struct pool_thread *thread = pool_current();
	uint64_t entry = heap_map_get(block);
	struct pool_found found;

	if (BASE_UNLIKELY(thread == NULL))
		return realloc_early(block, size, frame);
	switch (pool_block_examine(block, entry, &found)) {
	case POOL_FOUND_OURS:
		break;
	case POOL_FOUND_FOREIGN:
		return pool_foreign_realloc(block, size);
	case POOL_FOUND_BAD:
		pool_bad_free(block);
	}
	if (!resize_found(thread, block, &found, size, frame)) {
		/* The attempt may have changed the usable size. */
		pool_block_examine(block, heap_map_get(block), &found);
		block = move(thread, block, &found, size, frame);
	}
	if (block != NULL)
		errno = saved_errno;
	return block;
}

void *pool_realloc(void *block, size_t size, struct pool_frame frame)
{
	void *resized = resize_small(block, size, frame);

	return BASE_LIKELY(resized != NULL) ? resized : resize_any(block, size, frame);
}

size_t pool_resize_in_place(void *block, size_t size, struct pool_frame frame)
{
	struct pool_thread *thread = pool_enter();
	struct pool_found found;

	if (thread == NULL ||
	    pool_block_examine(block, heap_map_get(block), &found) != POOL_FOUND_OURS ||
	    !resize_found(thread, block, &found, size, frame))
		return 0;
	return pool_usable_size(block);
}
