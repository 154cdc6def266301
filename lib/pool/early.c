/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/early.h"
#include "lib/heap/je.h"

static struct pooltag_cell cell;

void *pool_early_alloc(const struct pool_want *want)
{
	size_t alignment = base_max(want->alignment, BASE_PAGE_SIZE);
	size_t pages = base_round_up(base_max(want->size, HEAP_CLASS_MAX + 1), BASE_PAGE_SIZE);
	int flags = heap_je_align(alignment) | (want->zero ? HEAP_JE_ZERO : 0);
	void *block;

	if (want->size > HEAP_MAP_SIZE_MAX)
		return NULL;
	block = pooltag_je_mallocx(pages, flags);
	if (block == NULL)
		return NULL;
	if (heap_map_set(block, heap_map_record(POOLTAG_SITE_EARLY, want->size) | HEAP_MAP_LARGE) ||
	    heap_map_set((char *)block + BASE_PAGE_SIZE,
			 heap_map_tail(block, pooltag_je_sallocx(block, 0)))) {
		pooltag_je_dallocx(block, 0);
		return NULL;
	}
	cell.allocs++;
	cell.alloc_bytes += want->size;
	cell.alloc_charge += pooltag_je_sallocx(block, 0);
	cell.big_allocs++;
	return block;
}

void pool_early_free(void *block)
{
	uint64_t entry = heap_map_get(block);

	/* Only early blocks can come back this early; anything else is not ours to judge yet. */
	if (!heap_map_is_record(entry) || heap_map_site(entry) != POOLTAG_SITE_EARLY)
		return;
	heap_map_set(block, entry | HEAP_MAP_FREED);
	cell.frees++;
	cell.free_bytes += heap_map_requested(entry);
	cell.free_charge += pooltag_je_sallocx(block, 0);
	cell.big_frees++;
	pooltag_je_dallocx(block, 0);
}

const struct pooltag_cell *pool_early_cell(void)
{
	return &cell;
}
