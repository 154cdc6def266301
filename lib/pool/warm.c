/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/warm.h"
#include "lib/pool/alloc.h"
#include "lib/pool/due.h"
#include "lib/pool/large.h"
#include "lib/pool/state.h"

BASE_INLINE void *alloc_small(struct pool_thread *thread, uint32_t bin, size_t size,
			      struct pool_frame frame)
{
	struct pool_front *front = pool_front_of(thread, bin);
	void *block = front->top[-1];
	struct pool_slot *slot;
	uint32_t site;

	if (block == NULL)
		return NULL;
	/* Making a site allocates nothing from the heap, so the block is still on top then. */
	slot = heap_sizes.bins[bin].whole_pages ? pool_slot_at_hand(thread, frame)
						: pool_slot_for(thread, frame, 0, &site);
	if (BASE_UNLIKELY(slot == NULL))
		return NULL;
	if (!heap_sizes.bins[bin].whole_pages)
		*heap_header_of(block, front->size) = heap_header_make(block, slot->content | size);
	else if (heap_map_reset(block, heap_map_record(pool_slot_site(slot), size)) != 0)
		return NULL;
	front->top--;
	pool_due_count(thread, slot, frame,
		       (struct pool_amount){.requested = size,
					    .charge = front->size,
					    .big = heap_sizes.bins[bin].whole_pages});
	return block;
}

BASE_INLINE void *alloc_large(struct pool_thread *thread, size_t size, struct pool_frame frame)
{
	struct pool_large *kept = pool_large_find(thread, heap_large_class(size));
	struct pool_slot *slot;
	size_t charge;
	void *block;

	if (kept == NULL)
		return NULL;
	block = kept->block;
	charge = kept->charge;
	slot = pool_slot_at_hand(thread, frame);
	if (BASE_UNLIKELY(slot == NULL) ||
	    heap_map_reset(block, heap_map_record(pool_slot_site(slot), size) | HEAP_MAP_LARGE) !=
		    0)
		return NULL;
	pool_large_remove(thread, kept);
	pool_due_count(thread, slot, frame,
		       (struct pool_amount){.requested = size, .charge = charge, .big = 1});
	return block;
}

void *pool_warm_alloc(size_t size, struct pool_frame frame)
{
	struct pool_thread *thread = pool_current();
	void *block = NULL;

	if (BASE_LIKELY(thread != NULL))
		block = size <= HEAP_SMALL_MAX
				? alloc_small(thread, heap_bin_exact(size), size, frame)
				: alloc_large(thread, size, frame);
	if (BASE_UNLIKELY(block == NULL))
		return pool_alloc_want(
			(struct pool_want){.size = size, .alignment = 1, .frame = frame});
	return block;
}

void *pool_warm_aligned(size_t size, size_t alignment, struct pool_frame frame)
{
	struct pool_thread *thread = pool_current();
	uint32_t bin = heap_bin_aligned(size, alignment);
	void *block = NULL;

	if (BASE_LIKELY(thread != NULL && bin != HEAP_BIN_UNDECIDED))
		block = alloc_small(thread, bin, size, frame);
	if (BASE_UNLIKELY(block == NULL))
		return pool_alloc_want(
			(struct pool_want){.size = size, .alignment = alignment, .frame = frame});
	return block;
}

BASE_INLINE void count_free(struct pooltag_cell *cell, size_t requested, size_t charge)
{
	base_add_owned(&cell->frees, 1);
	base_add_owned(&cell->free_bytes, requested);
	base_add_owned(&cell->free_charge, charge);
	base_add_owned(&cell->big_frees, 1);
}

BASE_INLINE int free_pages(struct pool_thread *thread, struct pooltag_cell *cell, void *block,
			   uint64_t entry)
{
	size_t requested = heap_map_requested(entry);
	size_t charge = base_round_up(base_max(requested, 1), BASE_PAGE_SIZE);
	struct pool_front *front =
		pool_front_of(thread, heap_sizes.bin_of_pages[charge / BASE_PAGE_SIZE]);

	if (((uintptr_t)block & (BASE_PAGE_SIZE - 1)) != 0 || front->top == front->limit)
		return 0;
	heap_map_reset(block, entry | HEAP_MAP_FREED);
	*front->top++ = block;
	count_free(cell, requested, charge);
	return 1;
}

BASE_INLINE int free_large(struct pool_thread *thread, struct pooltag_cell *cell, void *block,
			   uint64_t entry)
{
	uint64_t tail = heap_map_tail_of(block);
	size_t charge = heap_map_tail_usable(tail);

	if (!heap_map_tail_starts(tail, block) || !pool_large_has_room(thread, charge))
		return 0;
	heap_map_reset(block, entry | HEAP_MAP_FREED);
	pool_large_add(thread, block, charge);
	count_free(cell, heap_map_requested(entry), charge);
	return 1;
}

int pool_warm_free(void *block)
{
	struct pool_thread *thread = pool_self;
	uint64_t entry = heap_map_get_near(block);
	struct pooltag_cell *cell;

	if (thread == NULL || !heap_map_is_record(entry))
		return 0;
	cell = pool_own_cell(thread, heap_map_site(entry));
	if (cell == NULL || pool_site_pool(heap_map_site(entry)) != HEAP_POOL_PAGED)
		return 0;
	return entry & HEAP_MAP_LARGE ? free_large(thread, cell, block, entry)
				      : free_pages(thread, cell, block, entry);
}
