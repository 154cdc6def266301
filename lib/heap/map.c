/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/heap/map.h"
#include "lib/base/seal.h"
#include "lib/base/sparse.h"
#include "lib/base/sys.h"
#include "lib/heap/sizes.h"
#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>

/*
 * The window covers 1 TB of addresses at most: 2 GB of address space, of which a page is touched
 * per
 * 2 MB of heap. mmap hands out addresses downwards from where libraries lie, so most of
 * the window lies below its own mapping.
 */
#define WINDOW_PAGES_MAX ((uintptr_t)1 << 28)
#define WINDOW_PAGES_MIN ((uintptr_t)1 << 18)

/*
 * The window is mapped read-only, which no overcommit policy charges, and made writable in pieces
 * of 64 KB (32 MB of heap addresses) when the first entry there is written. Who goes through the
 * map reads the whole piece, and each page of it costs a fault, in a fork child anew.
 */
#define PIECE_ENTRIES ((uintptr_t)1 << 13)
#define PIECE_BYTES   (PIECE_ENTRIES * sizeof(uint64_t))

/* The radix for addresses outside the window: 47 bits of address, 35 of page number. */
#define ROOT_BITS 17
#define LEAF_BITS 18

BASE_SEALED struct heap_map_window heap_map_window;

static uint8_t piece_writable[WINDOW_PAGES_MAX / PIECE_ENTRIES];
static uint64_t *root[1 << ROOT_BITS];
static uint32_t leaves; /* of the radix */
static struct base_lock map_lock;

void heap_map_init(void)
{
	struct rlimit limit = {0};
	uintptr_t pages = WINDOW_PAGES_MAX;

	BASE_SYSCALL2(SYS_getrlimit, RLIMIT_AS, &limit);
	/* Under a limit on address space the heap is small too: spend 1/64 of it. */
	while (limit.rlim_cur != RLIM_INFINITY && pages > WINDOW_PAGES_MIN &&
	       pages * sizeof(uint64_t) > limit.rlim_cur / 64)
		pages /= 2;
	for (; pages >= WINDOW_PAGES_MIN; pages /= 2) {
		size_t bytes = pages * sizeof(uint64_t);
		char *mapped = base_map_sparse(bytes, PROT_READ);
		uintptr_t top;

		if (base_is_error(mapped))
			continue;
		top = ((uintptr_t)mapped >> BASE_PAGE_SHIFT) + pages / 16;
		heap_map_window.entries = (uint64_t *)(void *)mapped;
		heap_map_window.first_page = top > pages ? top - pages : 0;
		base_store_release(&heap_map_window.pages, pages);
		return;
	}
}

static uint64_t **root_of(uintptr_t page)
{
	uintptr_t index = page >> LEAF_BITS;

	return index < BASE_ARRAY_SIZE(root) ? &root[index] : NULL;
}

uint64_t heap_map_get_far(uintptr_t page)
{
	uint64_t **slot = root_of(page);
	uint64_t *leaf = slot != NULL ? base_load_acquire(slot) : NULL;

	return leaf != NULL ? base_load_relaxed(&leaf[page & ((1u << LEAF_BITS) - 1)]) : 0;
}

/* A leaf is sparse as well: 2 MB of address space, touched a page at a time. */
static uint64_t *leaf_for(uint64_t **slot)
{
	uint64_t *leaf = base_load_acquire(slot);

	if (leaf != NULL)
		return leaf;
	base_lock_take(&map_lock);
	leaf = base_load_acquire(slot);
	if (leaf == NULL) {
		leaf = base_map_sparse(sizeof(uint64_t) << LEAF_BITS, PROT_READ | PROT_WRITE);
		if (base_is_error(leaf))
			leaf = NULL;
		else {
			base_store_release(slot, leaf);
			base_store_relaxed(&leaves, leaves + 1);
		}
	}
	base_lock_drop(&map_lock);
	return leaf;
}

static int make_writable(uintptr_t index)
{
	uintptr_t piece = index / PIECE_ENTRIES;
	long error = 0;

	if (BASE_LIKELY(base_load_acquire(&piece_writable[piece]) != 0))
		return 0;
	base_lock_take(&map_lock);
	if (piece_writable[piece] == 0) {
		error = BASE_SYSCALL3(SYS_mprotect, heap_map_window.entries + piece * PIECE_ENTRIES,
				      PIECE_BYTES, PROT_READ | PROT_WRITE);
		if (error == 0)
			base_store_release(&piece_writable[piece], (uint8_t)1);
	}
	base_lock_drop(&map_lock);
	return error == 0 ? 0 : -ENOMEM;
}

int heap_map_set(const void *address, uint64_t entry)
{
	uintptr_t page = (uintptr_t)address >> BASE_PAGE_SHIFT;
	uintptr_t index = page - heap_map_window.first_page;
	uint64_t *slot;

	if (BASE_LIKELY(index < heap_map_window.pages)) {
		if (make_writable(index) != 0)
			return -ENOMEM;
		slot = &heap_map_window.entries[index];
	} else {
		uint64_t **far_root = root_of(page);
		uint64_t *leaf = far_root != NULL ? leaf_for(far_root) : NULL;

		if (leaf == NULL)
			return -ENOMEM;
		slot = &leaf[page & ((1u << LEAF_BITS) - 1)];
	}
	base_store_relaxed(slot, entry);
	return 0;
}

static int set_if_changed(uintptr_t address, uint64_t entry)
{
	if (BASE_LIKELY(heap_map_get((const void *)address) == entry))
		return 0;
	return heap_map_set((const void *)address, entry);
}

/* offset % class_size, for an offset in a page, without a division. */
static uint32_t offset_in_block(uint32_t offset, uint32_t bin, uint32_t class_size)
{
	uint32_t blocks = (uint32_t)((uint64_t)offset * heap_sizes.bins[bin].reciprocal >> 32);

	return offset - blocks * class_size;
}

int heap_map_set_small(const void *block, uint32_t bin, uint32_t class_size)
{
	uintptr_t start = (uintptr_t)block;
	uintptr_t end = start + class_size;
	uintptr_t page = base_round_down(start, BASE_PAGE_SIZE);
	uint64_t phase = offset_in_block((uint32_t)(start - page), bin, class_size);

	if (set_if_changed(start, heap_map_small_at(bin, class_size, phase)) != 0)
		return -ENOMEM;
	/* A block that runs into further pages fixes the phase of those, too. */
	for (page += BASE_PAGE_SIZE; page < end; page += BASE_PAGE_SIZE)
		if (set_if_changed(page, heap_map_small_at(bin, class_size, end - page)) != 0)
			return -ENOMEM;
	return 0;
}

uint32_t heap_map_phase(const void *page, uint64_t small)
{
	const struct heap_span *span = heap_map_span(small);
	uint32_t into;

	if (!(small & HEAP_MAP_SPANNED))
		return (uint32_t)(small >> 18) & 0xffff;
	into = (uint32_t)((const char *)page - span->start) % span->size;
	return into == 0 ? 0 : span->size - into;
}

/* The few bytes behind a span's last block count as its. */
static void *block_of_span(const void *address, const struct heap_span *span)
{
	size_t index = (size_t)((const char *)address - span->start) / span->size;

	return span->start + base_min(index, span->blocks - 1) * span->size;
}

void *heap_map_block_of(const void *address, uint64_t small)
{
	uintptr_t page = base_round_down((uintptr_t)address, BASE_PAGE_SIZE);
	uintptr_t offset = (uintptr_t)address - page;
	uint32_t class_size = heap_map_class(small);
	uint32_t phase = heap_map_phase((const void *)page, small);

	if (small & HEAP_MAP_SPANNED)
		return block_of_span(address, heap_map_span(small));
	if (offset < phase)
		return (void *)(page + phase - class_size);
	return (void *)((uintptr_t)address - (offset - phase) % class_size);
}

int heap_map_next_run(uint32_t *cursor, struct heap_map_run *ret_run)
{
	for (; *cursor < BASE_ARRAY_SIZE(piece_writable); ++*cursor)
		if (base_load_acquire(&piece_writable[*cursor]) != 0) {
			ret_run->entries = heap_map_window.entries + *cursor * PIECE_ENTRIES;
			ret_run->first_page = heap_map_window.first_page + *cursor * PIECE_ENTRIES;
			ret_run->pages = PIECE_ENTRIES;
			++*cursor;
			return 1;
		}
	/* Most processes never touch the radix: its root need not be read, a megabyte. */
	while (base_load_relaxed(&leaves) > 0 &&
	       *cursor < BASE_ARRAY_SIZE(piece_writable) + BASE_ARRAY_SIZE(root)) {
		uintptr_t index = *cursor - BASE_ARRAY_SIZE(piece_writable);
		const uint64_t *leaf = base_load_acquire(&root[index]);

		++*cursor;
		if (leaf == NULL)
			continue;
		ret_run->entries = leaf;
		ret_run->first_page = index << LEAF_BITS;
		ret_run->pages = (uintptr_t)1 << LEAF_BITS;
		return 1;
	}
	return 0;
}

struct base_lock *heap_map_lock(void)
{
	return &map_lock;
}
