/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/heap/slab.h"
#include "lib/base/atomic.h"
#include "lib/heap/je.h"
#include "lib/heap/map.h"
#include "lib/heap/nonpaged.h"

/* Blocks per slab that the shorter bitmap is enough for. */
#define SHORT_BLOCKS 64
#define LONG_WORDS   4

/* What stands at the start of a slab; `bits` is as long as the class needs. */
struct slab {
	uint16_t class; /* index into classes */
	uint16_t used;  /* blocks handed out */
	uint32_t reserved;
	struct slab *next, *previous; /* among the slabs of the class with a free block */
	uint64_t bits[];              /* 1: free */
};

/* The sizes blocks come in, header included. */
struct class
{
	uint16_t size;
	uint16_t phase;  /* offset of the first block */
	uint16_t blocks; /* in a slab */
	uint16_t pages;  /* of a slab */
};

#define SHORT_PHASE 32 /* struct slab with one word of bits */
#define LONG_PHASE  64 /* with LONG_WORDS of them; also what cache lines need */

_Static_assert(sizeof(struct slab) + sizeof(uint64_t) <= SHORT_PHASE, "one word of bits fits");
_Static_assert(sizeof(struct slab) + LONG_WORDS * sizeof(uint64_t) <= LONG_PHASE, "all bits fit");

// clang-format off
/* The largest multiple of `unit` of which `n` fit in a page behind the slab's own bytes. */
#define FITS(n, phase, unit) ((4096 - (phase)) / (n) / (unit) * (unit))
#define CLASS(size, phase) \
	{                  \
		(size), (phase), (4096 - (phase)) / (size), 1 \
	}
#define NTH(n)  {FITS(n, SHORT_PHASE, 16), SHORT_PHASE, n, 1}
#define LINE(n) {FITS(n, LONG_PHASE, 64), LONG_PHASE, n, 1}

static const struct class classes[] = {
	CLASS(16, LONG_PHASE),
	CLASS(32, LONG_PHASE),
	CLASS(48, LONG_PHASE),
	CLASS(64, SHORT_PHASE),
	CLASS(80, SHORT_PHASE),
	CLASS(96, SHORT_PHASE),
	CLASS(112, SHORT_PHASE),
	CLASS(128, SHORT_PHASE),
	CLASS(160, SHORT_PHASE),
	CLASS(192, SHORT_PHASE),
	CLASS(224, SHORT_PHASE),
	CLASS(256, SHORT_PHASE),
	NTH(14),
	NTH(12),
	NTH(10),
	NTH(9),
	NTH(8),
	NTH(7),
	NTH(6),
	NTH(5),
	NTH(4),
	NTH(3),
	NTH(2),
	NTH(1),
	{4096 + 16, SHORT_PHASE, 1, 2},
	/* From here on blocks start at cache lines. */
	LINE(63),
	LINE(31),
	LINE(21),
	LINE(15),
	LINE(12),
	LINE(10),
	LINE(9),
	LINE(7),
	LINE(6),
	LINE(5),
	LINE(4),
	LINE(3),
	LINE(2),
	LINE(1),
	{4096 + 64, LONG_PHASE, 1, 2},
};
// clang-format on

#define CLASSES    BASE_ARRAY_SIZE(classes)
#define LINE_FIRST 25 /* index of the first class of cache lines */

static struct {
	struct base_lock lock;
	struct slab *partial[CLASSES]; /* slabs with a free block, the newest first */
	size_t taken, used;            /* bytes from jemalloc, and of those in blocks */
} pools[HEAP_POOLS];

static uint32_t class_for(size_t size, unsigned cache_aligned)
{
	uint32_t class = cache_aligned ? LINE_FIRST : 0;

	while (classes[class].size < size + HEAP_HEADER_SIZE)
		class ++;
	return class;
}

static void link_slab(struct slab **list, struct slab *slab)
{
	slab->previous = NULL;
	slab->next = *list;
	if (*list != NULL)
		(*list)->previous = slab;
	*list = slab;
}

static void unlink_slab(struct slab **list, struct slab *slab)
{
	if (slab->previous != NULL)
		slab->previous->next = slab->next;
	else
		*list = slab->next;
	if (slab->next != NULL)
		slab->next->previous = slab->previous;
}

static size_t bytes_of(uint32_t class)
{
	return classes[class].pages * (size_t)BASE_PAGE_SIZE;
}

static void forget_pages(const struct slab *slab, uint32_t pages)
{
	for (uint32_t i = 0; i < pages; i++)
		heap_map_set((const char *)slab + i * BASE_PAGE_SIZE, 0);
}

/* Lets the page map know the blocks of a slab. */
static int map_pages(const struct slab *slab, enum heap_pool pool, uint32_t class)
{
	const struct class *kind = &classes[class];
	uint32_t bin = HEAP_SLABS + pool;
	size_t end = kind->phase + kind->size;

	if (heap_map_set(slab, heap_map_small_at(bin, kind->size, kind->phase)) != 0)
		return -1;
	/* The block that runs into a second page ends there, and none follows it. */
	if (kind->pages == 2 &&
	    heap_map_set((const char *)slab + BASE_PAGE_SIZE,
			 heap_map_small_at(bin, kind->size, end - BASE_PAGE_SIZE)) != 0) {
		heap_map_set(slab, 0);
		return -1;
	}
	return 0;
}

static struct slab *make_slab(enum heap_pool pool, uint32_t class, int flags)
{
	const struct class *kind = &classes[class];
	struct slab *slab =
		pooltag_je_mallocx(bytes_of(class), flags | heap_je_align(BASE_PAGE_SIZE));

	if (slab == NULL)
		return NULL;
	if (map_pages(slab, pool, class) != 0) {
		pooltag_je_sdallocx(slab, bytes_of(class), flags);
		return NULL;
	}
	*slab = (struct slab){.class = (uint16_t) class};
	for (uint32_t left = kind->blocks, word = 0; left > 0; word++) {
		uint32_t here = left < 64 ? left : 64;

		slab->bits[word] = UINT64_MAX >> (64 - here);
		left -= here;
	}
	base_store_relaxed(&pools[pool].taken, pools[pool].taken + bytes_of(class));
	return slab;
}

static void *take_block(struct slab *slab, const struct class *kind)
{
	uint32_t word = 0;
	uint32_t bit;

	while (slab->bits[word] == 0)
		word++;
	bit = (uint32_t)__builtin_ctzll(slab->bits[word]);
	slab->bits[word] &= slab->bits[word] - 1;
	slab->used++;
	return (char *)slab + kind->phase + (size_t)(word * 64 + bit) * kind->size;
}

void *heap_slab_take(enum heap_pool pool, size_t size, unsigned cache_aligned, size_t *ret_taken)
{
	uint32_t class = class_for(size, cache_aligned);
	int flags = heap_pool_flags(pool);
	struct slab **list = &pools[pool].partial[class];
	void *block = NULL;

	*ret_taken = 0;
	if (flags == HEAP_NO_POOL)
		return NULL;
	base_lock_take(&pools[pool].lock);
	if (*list == NULL) {
		struct slab *slab = make_slab(pool, class, flags);

		if (slab != NULL) {
			link_slab(list, slab);
			*ret_taken = bytes_of(class);
		}
	}
	if (*list != NULL) {
		struct slab *slab = *list;

		block = take_block(slab, &classes[class]);
		if (slab->used == classes[class].blocks)
			unlink_slab(list, slab);
		base_store_relaxed(&pools[pool].used, pools[pool].used + classes[class].size);
	}
	base_lock_drop(&pools[pool].lock);
	return block;
}

/* An empty slab is given back when its class has another one with room. */
static size_t release_if_empty(enum heap_pool pool, struct slab *slab)
{
	uint32_t class = slab->class;

	if (slab->used > 0 || (slab->next == NULL && slab->previous == NULL))
		return 0;
	unlink_slab(&pools[pool].partial[class], slab);
	forget_pages(slab, classes[class].pages);
	pooltag_je_sdallocx(slab, bytes_of(class), heap_pool_flags(pool));
	base_store_relaxed(&pools[pool].taken, pools[pool].taken - bytes_of(class));
	return bytes_of(class);
}

size_t heap_slab_give(void *block, uint64_t entry)
{
	enum heap_pool pool = heap_bin_pool(heap_map_bin(entry));
	struct slab *slab = (struct slab *)base_round_down((uintptr_t)block, BASE_PAGE_SIZE);
	const struct class *kind = &classes[slab->class];
	uint32_t index = (uint32_t)((uintptr_t)block - (uintptr_t)slab - kind->phase) / kind->size;
	size_t returned;

	base_lock_take(&pools[pool].lock);
	if (slab->used == kind->blocks)
		link_slab(&pools[pool].partial[slab->class], slab);
	slab->bits[index / 64] |= (uint64_t)1 << (index % 64);
	slab->used--;
	base_store_relaxed(&pools[pool].used, pools[pool].used - kind->size);
	returned = release_if_empty(pool, slab);
	base_lock_drop(&pools[pool].lock);
	return returned;
}

size_t heap_slab_held(void)
{
	size_t held = 0;

	/* Without the locks, which whoever forks holds while asking. */
	for (uint32_t pool = 0; pool < HEAP_POOLS; pool++)
		held += base_load_relaxed(&pools[pool].taken) -
			base_load_relaxed(&pools[pool].used);
	return held;
}

struct base_lock *heap_slab_lock(enum heap_pool pool)
{
	return &pools[pool].lock;
}
