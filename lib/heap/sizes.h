/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sizes.h - from a requested size to a bin
 *
 * Purpose: a bin is a size class whose blocks a front list may hold. Blocks of a bin either carry a
 * header in their last 8 bytes or, when they are whole pages, have their record in the page map.
 * The classes with headers are our own (sizes.c), cut from spans; whole pages come from jemalloc,
 * and so do the nonpaged pool's blocks, in the classes that nallocx gives for ours.
 * Callers: pool. Locking: written once by heap_sizes_init, read-only afterwards. Context: any.
 *
 * The rule (n bytes requested, class(m) the smallest class with headers for m):
 *   n > HEAP_SMALL_MAX                       -> no bin, record in the page map (a large block)
 *   pages(n) <= class(n + 8)                 -> bin of whole pages, record in the page map
 *   otherwise                                -> bin class(n + 8), header at its end
 */
#ifndef LIB_HEAP_SIZES_H
#define LIB_HEAP_SIZES_H

#include "lib/base/compiler.h"

#define HEAP_HEADER_SIZE   8
#define HEAP_CLASS_MAX     14336 /* largest class that may have a header */
#define HEAP_SMALL_MAX     (HEAP_CLASS_MAX - HEAP_HEADER_SIZE)
#define HEAP_GRANULE       16
#define HEAP_GRANULES      (HEAP_CLASS_MAX / HEAP_GRANULE + 1)
#define HEAP_BINS_MAX      56 /* at least the classes there are, and bin 0 */
#define HEAP_BIN_UNDECIDED 0  /* this bin is always empty: the request takes the slow path */

/* Where memory comes from. Each has an arena of its own. */
enum heap_pool {
	HEAP_POOL_PAGED,      /* as malloc's */
	HEAP_POOL_NONPAGED,   /* locked */
	HEAP_POOL_EXECUTABLE, /* locked, and code in it may run */
	HEAP_POOLS
};

/*
 * Each pool has its own bins: those of a size stand HEAP_BINS_MAX apart. Blocks are told by the bin
 * in the page map, those of slabs (slab.h) by the last numbers, one per pool.
 */
#define HEAP_NONPAGED HEAP_BINS_MAX
#define HEAP_SLABS    (HEAP_POOLS * HEAP_BINS_MAX)
#define HEAP_BINS_ALL (HEAP_SLABS + HEAP_POOLS)

/* The pool of a bin. */
BASE_INLINE enum heap_pool heap_bin_pool(uint32_t bin)
{
	if (BASE_LIKELY(bin < HEAP_NONPAGED))
		return HEAP_POOL_PAGED;
	return bin >= HEAP_SLABS ? (enum heap_pool)(bin - HEAP_SLABS)
				 : (enum heap_pool)(bin / HEAP_BINS_MAX);
}

struct heap_bin {
	uint32_t size;        /* class size in bytes; 0 for HEAP_BIN_UNDECIDED */
	uint32_t reciprocal;  /* ceil(2^32 / size): offsets below 64 KiB are divided by it */
	uint32_t span_bytes;  /* pages of a span, in bytes; 0: blocks come from jemalloc */
	uint16_t span_blocks; /* blocks in a span */
	uint16_t whole_pages; /* 1: no header, record in the page map */
};

struct heap_sizes {
	uint8_t bin_of_granule[HEAP_GRANULES];    /* [(n + 8 + 15) / 16] */
	uint8_t headed_of_granule[HEAP_GRANULES]; /* same index: the bin with a header, decided or
						     not */
	uint8_t bin_of_pages[HEAP_CLASS_MAX / BASE_PAGE_SIZE + 1];
	uint32_t bin_count; /* of the paged pool */
	struct heap_bin bins[HEAP_BINS_ALL];
};

extern BASE_HIDDEN struct heap_sizes heap_sizes;

/* Builds the tables; starts jemalloc. 0 or a negative errno. */
int heap_sizes_init(void);

BASE_INLINE size_t heap_granule_of(size_t n)
{
	return (n + HEAP_HEADER_SIZE + HEAP_GRANULE - 1) / HEAP_GRANULE;
}

/*
 * The bin for `n` <= HEAP_SMALL_MAX bytes, HEAP_BIN_UNDECIDED when the granule holds sizes of
 * different bins: ask heap_bin_exact then.
 */
BASE_INLINE uint32_t heap_bin_fast(size_t n)
{
	return heap_sizes.bin_of_granule[heap_granule_of(n)];
}

/* The bin for any `n`, or HEAP_BIN_UNDECIDED when only a large block will do. */
BASE_INLINE uint32_t heap_bin_exact(size_t n)
{
	size_t pages = (n + BASE_PAGE_SIZE - 1) / BASE_PAGE_SIZE;
	uint32_t headed;

	if (n > HEAP_SMALL_MAX)
		return HEAP_BIN_UNDECIDED;
	headed = heap_sizes.headed_of_granule[heap_granule_of(n)];
	if (n == 0 || pages * BASE_PAGE_SIZE > heap_sizes.bins[headed].size)
		return headed;
	return pages < BASE_ARRAY_SIZE(heap_sizes.bin_of_pages) ? heap_sizes.bin_of_pages[pages]
								: HEAP_BIN_UNDECIDED;
}

/*
 * The usable size that jemalloc gives for `n` > HEAP_CLASS_MAX bytes, by its rule of four classes
 * per doubling; a test holds it against nallocx.
 */
BASE_INLINE size_t heap_large_class(size_t n)
{
	return base_round_up(n, (size_t)1 << (61 - __builtin_clzl(n - 1)));
}

/* The same for a block at `alignment`, a power of two. */
uint32_t heap_bin_aligned(size_t n, size_t alignment);

/* The bin of a class size, or HEAP_BIN_UNDECIDED. */
uint32_t heap_bin_of_class(size_t class_size);

/* Whether the tables agree with each other and with the rule; for tests and verify=. */
int heap_sizes_validate(void);

#endif
