/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * alloc.h - allocate and free: the fast path, top to bottom
 *
 * Purpose: what every malloc and free of the host runs through. The fast path has no lock, no
 * locked instruction and no call: thread state, bin of the size, slot of the call site, block from
 * the front list, three additions to one cache line, one comparison with what is due, header.
 * Anything unusual is a call of a slower path, which does the whole operation over again from the
 * start.
 *
 * Ownership. A block is counted in the cell of whoever calls: alloc in the shard of the allocating
 * thread, free in that of the freeing one. A block is counted before it is handed out, and its free
 * after it has come back. Memory in front lists is counted nowhere but in heap_taken.
 *
 * Callers: lib/interpose, lib/kernel. Context: as malloc. errno is unchanged on success.
 */
#ifndef LIB_POOL_ALLOC_H
#define LIB_POOL_ALLOC_H

#include "lib/base/atomic.h"
#include "lib/heap/header.h"
#include "lib/heap/map.h"
#include "lib/heap/sizes.h"
#include "lib/pool/caller.h"
#include "lib/pool/charge.h"
#include "lib/pool/site.h"
#include "lib/pool/thread.h"
#include "lib/pool/warm.h"
#include <pooltag/pooltag.h>
#include <string.h>

/* The functions a block is from, which those that free it should be of; compared by verify=. */
enum pool_family { POOL_FAMILY_MALLOC, POOL_FAMILY_NEW, POOL_FAMILY_NEW_ARRAY };

/* How a block is wanted, beyond its size. */
struct pool_want {
	size_t size;
	size_t alignment; /* a power of two; 1: malloc's 16 */
	uint8_t zero;     /* 1: zeroed */
	uint8_t use;      /* enum pool_use, with POOL_USE_DRIVER for the driver kit; 0: malloc */
	uint8_t family;   /* enum pool_family */
	uint16_t depth;   /* driver kit: frames that tell sites apart, at least */
	pooltag_tag tag;  /* given with the allocation; 0: none */
	struct pool_frame frame; /* of the interposed function: who called it is charged */
};

/* What a call that frees tells of its block. */
struct pool_freeing {
	enum pool_family family;
	size_t size; /* SIZE_MAX: not told */
};

#define POOL_FREEING_PLAIN ((struct pool_freeing){.family = POOL_FAMILY_MALLOC, .size = SIZE_MAX})

/* A block, or NULL with errno ENOMEM. */
__attribute__((noinline)) void *pool_alloc_want(struct pool_want want);

/*
 * What pool_alloc does when the return address is not at home in the cache of call sites: one of a
 * known wrapper takes a fast path still. `thread` is the calling one's state, `home` where the
 * address would be, which has `key`, `size` that of a small block.
 */
__attribute__((noinline)) void *pool_alloc_behind(size_t size, struct pool_frame frame,
						  struct pool_thread *thread,
						  struct pool_slot *home, uint64_t key);

/* The same for a caller that has to be looked for. */
__attribute__((noinline)) void *pool_alloc_away(size_t size, struct pool_frame frame,
						void *(*slow)(size_t size,
							      struct pool_frame frame));

/* The slow half of pool_free. */
__attribute__((noinline)) void pool_free_slow(void *block);

/*
 * The same for calls that tell a size (SIZE_MAX: none) or a family, which verified processes check.
 */
__attribute__((noinline)) void pool_free_sized_slow(void *block, size_t size);
__attribute__((noinline)) void pool_delete_slow(void *block, size_t size);
__attribute__((noinline)) void pool_delete_array_slow(void *block, size_t size);

/* Glibc's realloc for block != NULL and size != 0; NULL with errno ENOMEM leaves the block alone.
 */
void *pool_realloc(void *block, size_t size, struct pool_frame frame);

/*
 * Resizes without moving: the new usable size when it is at least `size`, else 0 and nothing has
 * changed. The block stays charged to its site when the site cannot be asked anew.
 */
size_t pool_resize_in_place(void *block, size_t size, struct pool_frame frame);

/* Moves a live block's charge to another tag, as one allocation and one free. 0 or EINVAL. */
int pool_retag(void *block, pooltag_tag tag);

/* Moves a live block's charge to a site whose leaks are ignored; any address in it. 0 or EINVAL. */
int pool_ignore(const void *address);

/* What is known of the block an address lies in. 0, or EINVAL when it lies in no live block. */
int pool_inspect(const void *address, struct pooltag_block *ret_block);

/* Bytes the host may use of a block; 0 for NULL. */
size_t pool_usable_size(const void *block);

/* The usable size that a request of `size` at `alignment` would get; 0 when it cannot be had. */
size_t pool_usable_size_for(size_t size, size_t alignment);

/*
 * A block from the list of its bin, counted in the cell of `slot`, with its header. NULL, and
 * nothing has changed, when the list is empty or something is due for the site.
 */
BASE_INLINE void *pool_take(struct pool_thread *thread, const struct pool_slot *slot, size_t size)
{
	struct pool_front *front = pool_front_of(thread, heap_bin_fast(size));
	struct pooltag_cell *cell = slot->cell;
	size_t charge = front->size;
	void *block = front->top[-1];
	uint64_t charged = cell->alloc_charge + charge;

	if (BASE_UNLIKELY(block == NULL || charged >= slot->due))
		return NULL;
	/* Read again: the compiler would keep it in the one register too many. */
	__asm__("" : "+m"(front->top));
	front->top--;
	base_add_owned(&cell->allocs, 1);
	base_add_owned(&cell->alloc_bytes, size);
	base_store_relaxed(&cell->alloc_charge, charged);
	*heap_header_of(block, charge) = heap_header_make(block, slot->content | size);
	return block;
}

/* pool_alloc_behind, which ends in a call of `slow` when there is a thing it cannot do. */
BASE_INLINE void *pool_alloc_behind_or(size_t size, struct pool_frame frame,
				       struct pool_thread *thread, struct pool_slot *home,
				       uint64_t key,
				       void *(*slow)(size_t size, struct pool_frame frame))
{
	const struct pool_slot *slot = pool_slot_right_behind(thread, frame.cfa, key, home);
	void *block;

	if (BASE_UNLIKELY(slot == NULL))
		return pool_alloc_away(size, frame, slow);
	block = pool_take(thread, slot, size);
	return BASE_LIKELY(block != NULL) ? block : slow(size, frame);
}

/*
 * The fast path. It ends in a call of `behind` when its caller is not at home in the cache, and of
 * `slow` when there is anything else it cannot do: known functions, so that the compiler jumps to
 * them and the caller needs no stack frame.
 */
BASE_INLINE void *pool_alloc_or(size_t size, struct pool_frame frame,
				void *(*behind)(size_t size, struct pool_frame frame,
						struct pool_thread *thread, struct pool_slot *home,
						uint64_t key),
				void *(*slow)(size_t size, struct pool_frame frame))
{
	uintptr_t caller = pool_frame_caller(frame);
	struct pool_thread *thread = pool_self;
	struct pool_slot *slot;
	uint64_t key;
	void *block;

	if (BASE_UNLIKELY(size > HEAP_SMALL_MAX || thread == NULL))
		goto slow;
	key = caller ^ thread->scope_salt;
	slot = pool_slot_of(thread, key);
	if (BASE_UNLIKELY(slot->key != key))
		return behind(size, frame, thread, slot, key);
	block = pool_take(thread, slot, size);
	if (BASE_LIKELY(block != NULL))
		return block;
slow:
	return slow(size, frame);
}

BASE_INLINE void *pool_alloc(size_t size, struct pool_frame frame)
{
	return pool_alloc_or(size, frame, pool_alloc_behind, pool_warm_alloc);
}

BASE_INLINE void *pool_alloc_zeroed(size_t size, struct pool_frame frame)
{
	void *block;

	/* Large blocks come zeroed from jemalloc, often without being touched. */
	if (BASE_UNLIKELY(size > HEAP_SMALL_MAX))
		return pool_alloc_want((struct pool_want){
			.size = size, .alignment = 1, .zero = 1, .frame = frame});
	block = pool_alloc(size, frame);
	if (BASE_LIKELY(block != NULL))
		memset(block, 0, size);
	return block;
}

_Static_assert(POOLTAG_CHUNK_CELLS == 1 << HEAP_HEADER_LOW_BITS &&
		       POOL_CHUNKS == 1 << (HEAP_HEADER_SITE_BITS - HEAP_HEADER_LOW_BITS),
	       "the parts of a site in a header are its chunk and its place there");

/*
 * The fast path of free. What a call tells of its block is of no use to it, so that `told` is
 * passed on by the first exit only: the one that every free of a verified process takes.
 */
BASE_INLINE void pool_free_or(void *block, size_t told, void (*slow)(void *block, size_t told))
{
	struct pool_thread *thread = pool_self;
	uint64_t entry = heap_map_get_near(block);
	struct pool_front *front;
	struct pooltag_cell *cell;
	uint64_t *header_at;
	uint64_t header;
	size_t size;
	void **top;

	if (BASE_UNLIKELY(!heap_map_is_small(entry) || thread == NULL)) {
		slow(block, told);
		return;
	}
	front = pool_front_of(thread, heap_map_bin(entry));
	size = heap_map_class(entry);
	header_at = heap_header_of(block, size);
	header = *header_at;
	top = front->top;
	if (BASE_UNLIKELY(!heap_header_valid(block, header) || top == front->limit))
		goto slow;
	cell = thread->chunks[heap_header_site_high(header_at)];
	if (BASE_UNLIKELY(cell == NULL))
		goto slow;
	heap_header_flip_at(header_at);
	*top = block;
	/* Read again, as in pool_take: one instruction less. */
	__asm__("" : "+m"(front->top));
	front->top++;
	cell += heap_header_site_low(header);
	base_add_owned(&cell->frees, 1);
	base_add_owned(&cell->free_bytes, heap_header_requested(header));
	base_add_owned(&cell->free_charge, size);
	return;
slow:
	pool_free_slow(block);
}

BASE_INLINE void pool_free_unsized_slow(void *block, size_t told)
{
	(void)told;
	pool_free_slow(block);
}

BASE_INLINE void pool_free(void *block)
{
	pool_free_or(block, SIZE_MAX, pool_free_unsized_slow);
}

#endif
