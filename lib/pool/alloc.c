/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/alloc.h"
#include "lib/base/options.h"
#include "lib/base/seal.h"
#include "lib/base/sys.h"
#include "lib/heap/je.h"
#include "lib/heap/nonpaged.h"
#include "lib/heap/slab.h"
#include "lib/pool/badfree.h"
#include "lib/pool/block.h"
#include "lib/pool/check.h"
#include "lib/pool/due.h"
#include "lib/pool/early.h"
#include "lib/pool/foreign.h"
#include "lib/pool/front.h"
#include "lib/pool/identify.h"
#include "lib/pool/large.h"
#include "lib/pool/state.h"
#include "lib/pool/warm.h"
#include "lib/stats/segment.h"
#include <errno.h>

BASE_SEALED size_t pool_block_room;
BASE_SEALED struct pool_checks pool_checks;

enum pool_finding pool_block_examine(const void *block, uint64_t entry, struct pool_found *found)
{
	if (entry == 0)
		return POOL_FOUND_FOREIGN;
	if (heap_map_is_small(entry)) {
		uint64_t *at = heap_header_of((void *)(uintptr_t)block, heap_map_class(entry));
		uint64_t header = *at;

		if (!heap_header_valid(block, header))
			return POOL_FOUND_BAD;
		*found = (struct pool_found){
			.site = heap_header_site(header),
			.requested = heap_header_requested(header),
			.charge = heap_map_class(entry),
			.bin = heap_map_bin(entry),
			.pool = heap_bin_pool(heap_map_bin(entry)),
			.header = at,
		};
		return POOL_FOUND_OURS;
	}
	if (!heap_map_is_record(entry))
		return POOL_FOUND_BAD;
	*found = (struct pool_found){
		.site = heap_map_site(entry),
		.requested = heap_map_requested(entry),
		.bin = HEAP_BIN_UNDECIDED,
		.pool = pool_site_pool(heap_map_site(entry)),
	};
	if (entry & HEAP_MAP_LARGE) {
		uint64_t tail = heap_map_tail_of(block);

		if (!heap_map_tail_starts(tail, block))
			return POOL_FOUND_BAD;
		found->charge = heap_map_tail_usable(tail);
	} else if (((uintptr_t)block & (BASE_PAGE_SIZE - 1)) != 0) {
		return POOL_FOUND_BAD;
	} else {
		found->charge = pool_block_pages(found->requested);
		found->bin = heap_sizes.bin_of_pages[found->charge / BASE_PAGE_SIZE] +
			     found->pool * HEAP_BINS_MAX;
	}
	return POOL_FOUND_OURS;
}

int pool_block_find(const void *block, struct pool_found *ret_found)
{
	return pool_block_examine(block, heap_map_get(block), ret_found) == POOL_FOUND_OURS ? 0
											    : -1;
}

/* A large block that is in nobody's use. */
BASE_INLINE void give_back_large(struct pool_thread *thread, void *block, size_t charge,
				 enum heap_pool pool)
{
	if (pool == HEAP_POOL_PAGED && pool_large_keep(thread, block, charge) == 0)
		return;
	heap_map_set((char *)block + BASE_PAGE_SIZE, 0);
	/* The usable size names its class, whatever alignment it was asked for with. */
	pooltag_je_sdallocx(block, charge, heap_pool_flags(pool));
	pool_count_returned(thread, charge);
}

/* --- allocate ------------------------------------------------------------------------------- */

/* A large block of jemalloc's, known to the page map by its tail. NULL when there is none. */
static void *take_large(struct pool_thread *thread, size_t size, size_t charge, int flags)
{
	void *block = pooltag_je_mallocx(size, flags);

	if (block == NULL)
		return NULL;
	if (heap_map_set((char *)block + BASE_PAGE_SIZE, heap_map_tail(block, charge)) != 0) {
		pooltag_je_sdallocx(block, charge, flags & ~HEAP_JE_ZERO);
		return NULL;
	}
	pool_count_taken(thread, charge);
	return block;
}

BASE_INLINE void *alloc_large(struct pool_thread *thread, const struct pool_want *want,
			      uint32_t site)
{
	/* A class below the large ones could hold it, but then it would want a header. */
	size_t size = base_max(want->size + pool_block_room, HEAP_CLASS_MAX + 1);
	int aligned = want->alignment > BASE_PAGE_SIZE ? heap_je_align(want->alignment) : 0;
	size_t charge = pooltag_je_nallocx(size, aligned);
	enum heap_pool pool = pool_site_pool(site);
	void *block = NULL;

	if (size > HEAP_MAP_SIZE_MAX || charge == 0)
		return NULL;
	if (pool != HEAP_POOL_PAGED) {
		int flags = heap_pool_flags(pool);

		if (flags != HEAP_NO_POOL)
			block = take_large(thread, size, charge,
					   flags | aligned | (want->zero ? HEAP_JE_ZERO : 0));
	} else {
		struct pool_large *kept = aligned == 0 ? pool_large_find(thread, charge) : NULL;

		if (kept != NULL) {
			block = kept->block;
			pool_large_remove(thread, kept);
		}
		if (block != NULL && want->zero)
			memset(block, 0, want->size);
		if (block == NULL)
			block = take_large(thread, size, charge,
					   aligned | (want->zero ? HEAP_JE_ZERO : 0));
	}
	if (block == NULL)
		return NULL;
	if (heap_map_set(block, heap_map_record(site, want->size) | HEAP_MAP_LARGE) != 0) {
		give_back_large(thread, block, charge, pool);
		return NULL;
	}
	pool_count_alloc(thread, site,
			 (struct pool_amount){.requested = want->size, .charge = charge, .big = 1});
	return block;
}

BASE_INLINE void *alloc_from_bin(struct pool_thread *thread, uint32_t bin,
				 const struct pool_want *want, uint32_t site)
{
	const struct heap_bin *kind = &heap_sizes.bins[bin];
	struct pool_front *front = &thread->fronts[bin];
	void *block = front->top[-1];

	if (block != NULL)
		front->top--;
	else if ((block = pool_front_refill(thread, bin)) == NULL)
		return NULL;
	if (kind->whole_pages && heap_map_set(block, heap_map_record(site, want->size)) != 0) {
		pool_heap_return(thread, bin, block);
		return NULL;
	}
	pool_count_alloc(thread, site,
			 (struct pool_amount){.requested = want->size,
					      .charge = kind->size,
					      .big = kind->whole_pages});
	if (!kind->whole_pages)
		*heap_header_of(block, kind->size) =
			heap_header_make(block, heap_header_content(site, want->size));
	if (want->zero)
		memset(block, 0, want->size);
	return block;
}

/* A block below a page, placed as drivers may count on. */
static void *alloc_from_slab(struct pool_thread *thread, const struct pool_want *want,
			     uint32_t site)
{
	size_t taken;
	size_t charge;
	void *block = heap_slab_take(pool_site_pool(site),
				     base_min(want->size + pool_block_room, HEAP_SLAB_MAX),
				     want->alignment > HEAP_GRANULE, &taken);

	if (taken != 0)
		pool_count_taken(thread, taken);
	if (block == NULL)
		return NULL;
	charge = heap_map_class(heap_map_get(block));
	pool_count_alloc(thread, site,
			 (struct pool_amount){.requested = want->size, .charge = charge});
	*heap_header_of(block, charge) =
		heap_header_make(block, heap_header_content(site, want->size));
	if (want->zero)
		memset(block, 0, want->size);
	return block;
}

/* A block for the driver kit: whole pages from a page on. */
static BASE_COLD void *alloc_for_driver(struct pool_thread *thread, const struct pool_want *want,
					uint32_t site)
{
	uint32_t bin;

	if (want->size <= HEAP_SLAB_MAX)
		return alloc_from_slab(thread, want, site);
	bin = heap_bin_aligned(want->size + pool_block_room, want->alignment);
	if (bin == HEAP_BIN_UNDECIDED)
		return alloc_large(thread, want, site);
	return alloc_from_bin(thread, bin + pool_site_pool(site) * HEAP_BINS_MAX, want, site);
}

BASE_INLINE void *take_block(struct pool_thread *thread, const struct pool_want *want,
			     uint32_t site)
{
	uint32_t bin;

	if (BASE_UNLIKELY(want->use & POOL_USE_DRIVER))
		return alloc_for_driver(thread, want, site);
	bin = heap_bin_aligned(want->size + pool_block_room, want->alignment);
	if (bin == HEAP_BIN_UNDECIDED)
		return alloc_large(thread, want, site);
	return alloc_from_bin(thread, bin + pool_site_pool(site) * HEAP_BINS_MAX, want, site);
}

void *pool_block_take(struct pool_thread *thread, const struct pool_want *want, uint32_t site)
{
	return take_block(thread, want, site);
}

BASE_INLINE void *alloc_any(struct pool_want *want)
{
	struct pool_thread *thread = pool_enter();
	struct pool_slot *slot = NULL;
	uint32_t site;
	void *block;

	if (BASE_UNLIKELY(thread == NULL))
		return pool_early_alloc(want);
	if (BASE_UNLIKELY(want->use & POOL_USE_DRIVER)) {
		site = pool_site_for_driver(thread, want->frame, want->tag, want->use, want->depth);
		if (want->size > HEAP_SLAB_MAX)
			want->alignment = BASE_PAGE_SIZE;
	} else {
		slot = pool_slot_for(thread, want->frame, want->tag, &site);
	}
	block = BASE_UNLIKELY(pool_checks.active) ? pool_check_alloc(thread, want, site)
						  : take_block(thread, want, site);
	if (block != NULL)
		pool_due_counted(thread, slot, want->frame, block, want->size);
	return block;
}

void *pool_alloc_want(struct pool_want want)
{
	int saved_errno = errno;
	void *block = alloc_any(&want);

	if (BASE_LIKELY(block != NULL)) {
		errno = saved_errno;
		return block;
	}
	if (pool_state.ready)
		base_add_atomic(&stats_process()->failures, 1);
	errno = ENOMEM;
	return NULL;
}

/* Whether pool_take() may find a block; whole pages have no list that it looks at. */
BASE_INLINE int has_front(struct pool_thread *thread, size_t size)
{
	return pool_front_of(thread, heap_bin_fast(size))->top[-1] != NULL;
}

static void *alloc_looked_for(size_t size, struct pool_frame frame,
			      void *(*slow)(size_t size, struct pool_frame frame))
{
	struct pool_thread *thread = pool_current();
	const struct pool_slot *slot = NULL;
	void *block = NULL;
	uint32_t site;

	if (BASE_LIKELY(thread != NULL && has_front(thread, size)))
		slot = pool_slot_for(thread, frame, 0, &site);
	if (BASE_LIKELY(slot != NULL))
		block = pool_take(thread, slot, size);
	return BASE_LIKELY(block != NULL) ? block : slow(size, frame);
}

void *pool_alloc_away(size_t size, struct pool_frame frame,
		      void *(*slow)(size_t size, struct pool_frame frame))
{
	struct pool_thread *thread = pool_self;
	const struct pool_slot *slot = NULL;
	void *block = NULL;

	if (base_options.stack > 0 && BASE_LIKELY(thread != NULL && has_front(thread, size)))
		slot = pool_slot_recalled(thread, frame);
	if (BASE_LIKELY(slot != NULL))
		block = pool_take(thread, slot, size);
	return BASE_LIKELY(block != NULL) ? block : alloc_looked_for(size, frame, slow);
}

void *pool_alloc_behind(size_t size, struct pool_frame frame, struct pool_thread *thread,
			struct pool_slot *home, uint64_t key)
{
	return pool_alloc_behind_or(size, frame, thread, home, key, pool_warm_alloc);
}

/* --- free ----------------------------------------------------------------------------------- */

/* Puts a block that is counted as free where the next allocation finds it. */
BASE_INLINE void put_back(struct pool_thread *thread, void *block, const struct pool_found *found)
{
	struct pool_front *front;

	if (found->bin == HEAP_BIN_UNDECIDED) {
		give_back_large(thread, block, found->charge, found->pool);
		return;
	}
	if (BASE_UNLIKELY(found->bin >= HEAP_SLABS)) {
		size_t returned = heap_slab_give(block, heap_map_get(block));

		if (returned != 0)
			pool_count_returned(thread, returned);
		return;
	}
	front = &thread->fronts[found->bin];
	if (front->top != front->limit)
		*front->top++ = block;
	else
		pool_front_overflow(thread, found->bin, block);
}

void pool_block_put_back(struct pool_thread *thread, void *block, const struct pool_found *found)
{
	put_back(thread, block, found);
}

BASE_INLINE void mark_freed(void *block, const struct pool_found *found)
{
	if (found->header != NULL)
		*found->header = heap_header_flip(*found->header);
	else
		heap_map_set(block, heap_map_get(block) | HEAP_MAP_FREED);
}

void pool_block_retire(struct pool_thread *thread, void *block, const struct pool_found *found)
{
	mark_freed(block, found);
	pool_count_free(thread, found->site, pool_block_amount(found));
}

void pool_block_free(struct pool_thread *thread, void *block, const struct pool_found *found,
		     struct pool_freeing how)
{
	if (BASE_UNLIKELY(pool_checks.active)) {
		pool_check_free(thread, block, found, how);
		return;
	}
	mark_freed(block, found);
	put_back(thread, block, found);
	pool_count_free(thread, found->site, pool_block_amount(found));
}

BASE_INLINE void free_any(void *block, struct pool_freeing how)
{
	int saved_errno = errno;
	struct pool_thread *thread;
	struct pool_found found;
	uint64_t entry;

	if (block == NULL)
		return;
	thread = pool_enter();
	entry = heap_map_get(block);
	if (BASE_UNLIKELY(thread == NULL)) {
		pool_early_free(block);
		errno = saved_errno;
		return;
	}
	switch (pool_block_examine(block, entry, &found)) {
	case POOL_FOUND_OURS:
		pool_block_free(thread, block, &found, how);
		break;
	case POOL_FOUND_FOREIGN:
		pool_foreign_free(block);
		break;
	case POOL_FOUND_BAD:
		pool_bad_free(block);
	}
	errno = saved_errno;
}

void pool_free_slow(void *block)
{
	if (!pool_warm_free(block))
		free_any(block, POOL_FREEING_PLAIN);
}

static BASE_COLD void free_told(void *block, enum pool_family family, size_t size)
{
	free_any(block, (struct pool_freeing){.family = family, .size = size});
}

void pool_free_sized_slow(void *block, size_t size)
{
	if (BASE_UNLIKELY(pool_checks.active))
		free_told(block, POOL_FAMILY_MALLOC, size);
	else
		pool_free_slow(block);
}

void pool_delete_slow(void *block, size_t size)
{
	if (BASE_UNLIKELY(pool_checks.active))
		free_told(block, POOL_FAMILY_NEW, size);
	else
		pool_free_slow(block);
}

void pool_delete_array_slow(void *block, size_t size)
{
	if (BASE_UNLIKELY(pool_checks.active))
		free_told(block, POOL_FAMILY_NEW_ARRAY, size);
	else
		pool_free_slow(block);
}

/* --- look ----------------------------------------------------------------------------------- */

int pool_retag(void *block, pooltag_tag tag)
{
	struct pool_thread *thread = pool_enter();
	struct pool_found found;

	if (thread == NULL || tag == 0 ||
	    pool_block_examine(block, heap_map_get(block), &found) != POOL_FOUND_OURS)
		return EINVAL;
	pool_block_charge(thread, block, &found, pool_site_retagged(found.site, tag),
			  found.requested, found.charge);
	return 0;
}

int pool_ignore(const void *address)
{
	struct pool_thread *thread = pool_enter();
	struct pool_identified what = {.identity = POOL_IS_FOREIGN};
	struct pool_found found;
	void *block;

	if (thread != NULL)
		what = pool_identify(address);
	if (what.identity != POOL_IS_LIVE && what.identity != POOL_IS_INSIDE)
		return EINVAL;
	block = (void *)(uintptr_t)what.block;
	if (pool_block_find(block, &found) != 0)
		return EINVAL;
	pool_block_charge(thread, block, &found, pool_site_ignored(found.site), found.requested,
			  found.charge);
	return 0;
}

int pool_inspect(const void *address, struct pooltag_block *ret_block)
{
	uint64_t entry = heap_map_get(address);
	const struct pooltag_site *record;
	struct pool_found found;

	if (heap_map_is_small(entry))
		address = heap_map_block_of(address, entry);
	if (pool_block_examine(address, entry, &found) != POOL_FOUND_OURS)
		return EINVAL;
	record = stats_site_record(found.site);
	*ret_block = (struct pooltag_block){
		.start = (uintptr_t)address,
		.requested = found.requested,
		.charge = found.charge,
		.tag = record->tag,
		.pool = record->pool,
		.site = found.site,
		.caller = record->address,
	};
	return 0;
}

static BASE_COLD size_t usable_size_of_any(const void *block)
{
	uint64_t entry = heap_map_get(block);
	struct pool_found found;

	if (block == NULL)
		return 0;
	switch (pool_block_examine(block, entry, &found)) {
	case POOL_FOUND_OURS:
		break;
	case POOL_FOUND_FOREIGN:
		return pool_foreign_usable_size(block);
	case POOL_FOUND_BAD:
		pool_bad_free(block);
	}
	if (base_options.usable_requested)
		return found.requested;
	return found.header != NULL ? found.charge - HEAP_HEADER_SIZE : found.charge;
}

/* Some programs ask for every block they allocate and free. */
size_t pool_usable_size(const void *block)
{
	uint64_t entry = heap_map_get_near(block);
	size_t size = heap_map_class(entry);

	if (BASE_LIKELY(heap_map_is_small(entry) && !base_options.usable_requested) &&
	    heap_header_valid(block, *heap_header_of((void *)(uintptr_t)block, size)))
		return size - HEAP_HEADER_SIZE;
	return usable_size_of_any(block);
}

size_t pool_usable_size_for(size_t size, size_t alignment)
{
	uint32_t bin;

	if (pool_enter() == NULL)
		return 0;
	if (pool_block_room != 0)
		return size;
	bin = heap_bin_aligned(size, alignment);
	if (bin != HEAP_BIN_UNDECIDED)
		return heap_sizes.bins[bin].size -
		       (heap_sizes.bins[bin].whole_pages ? 0 : HEAP_HEADER_SIZE);
	if (size > HEAP_MAP_SIZE_MAX)
		return 0;
	return pooltag_je_nallocx(base_max(size, HEAP_CLASS_MAX + 1),
				  alignment > BASE_PAGE_SIZE ? heap_je_align(alignment) : 0);
}
