/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/heap/sizes.h"
#include "lib/heap/je.h"
#include <errno.h>

struct heap_sizes heap_sizes;

/*
 * Steps of at most a quarter, of an eighth in the most part, and room for a header behind the
 * powers of two that programs like to ask for. Multiples of 64 in between serve aligned requests.
 * Whole pages are not here: what would be one has its record in the page map.
 */
static const uint16_t classes[] = {
	16,   32,   48,   64,   80,   96,   112,  128,  144,  160,  176,   192,   208,
	224,  240,  256,  272,  288,  320,  352,  384,  416,  448,  480,   512,   528,
	576,  640,  704,  768,  832,  896,  960,  1040, 1152, 1280, 1408,  1536,  1792,
	2064, 2304, 2560, 3072, 3584, 4112, 5120, 6144, 7168, 8208, 10240, 14336,
};

_Static_assert(BASE_ARRAY_SIZE(classes) + HEAP_CLASS_MAX / BASE_PAGE_SIZE < HEAP_BINS_MAX, "bins");

/* Pages of a span: the least from here on whose rest behind the last block does not matter. */
#define SPAN_MIN  ((size_t)32 * 1024)
#define SPAN_MAX  ((size_t)64 * 1024)
#define SPAN_REST 64 /* one part in so many */

static size_t pages_of(size_t n)
{
	return base_round_up(base_max(n, 1), BASE_PAGE_SIZE);
}

/* The smallest class for `n` bytes and their header at `alignment`; 0: none. */
static size_t headed_class_of(size_t n, size_t alignment)
{
	for (size_t i = 0; i < BASE_ARRAY_SIZE(classes); i++)
		if (classes[i] >= n + HEAP_HEADER_SIZE && classes[i] % alignment == 0)
			return classes[i];
	return 0;
}

/* Class size for `n` bytes by the rule; 0: only a large block will do. */
static size_t class_of(size_t n, size_t alignment)
{
	size_t headed = headed_class_of(n, alignment);
	size_t pages = pages_of(n);

	if (pages < HEAP_CLASS_MAX && (headed == 0 || pages <= headed))
		return pages;
	return headed;
}

uint32_t heap_bin_of_class(size_t class_size)
{
	for (uint32_t bin = 1; bin < heap_sizes.bin_count; bin++)
		if (heap_sizes.bins[bin].size == class_size)
			return bin;
	return HEAP_BIN_UNDECIDED;
}

#define HEADED (1 + (uint32_t)BASE_ARRAY_SIZE(classes)) /* one past the bins with headers */

uint32_t heap_bin_aligned(size_t n, size_t alignment)
{
	size_t pages = pages_of(n) / BASE_PAGE_SIZE;
	uint32_t headed;

	if (alignment <= HEAP_GRANULE)
		return heap_bin_exact(n);
	if (n > HEAP_SMALL_MAX || alignment > BASE_PAGE_SIZE)
		return HEAP_BIN_UNDECIDED;
	/* Bins with headers stand in the order of their sizes, before those of whole pages. */
	headed = heap_sizes.headed_of_granule[heap_granule_of(n)];
	while (headed < HEADED && heap_sizes.bins[headed].size % alignment != 0)
		headed++;
	if (pages < BASE_ARRAY_SIZE(heap_sizes.bin_of_pages) &&
	    (headed == HEADED || pages * BASE_PAGE_SIZE <= heap_sizes.bins[headed].size))
		return heap_sizes.bin_of_pages[pages];
	return headed == HEADED ? HEAP_BIN_UNDECIDED : headed;
}

/* Sizes of spans are jemalloc's classes, so that nothing of its pages is lost. */
static size_t span_bytes_of(size_t class_size)
{
	size_t best = 0;

	for (size_t bytes = SPAN_MIN; bytes <= SPAN_MAX; bytes = pooltag_je_nallocx(bytes + 1, 0)) {
		if (bytes % class_size * SPAN_REST <= bytes)
			return bytes;
		if (best == 0 || bytes % class_size * best < best % class_size * bytes)
			best = bytes;
	}
	return best;
}

static void add_bin(size_t class_size, size_t span_bytes)
{
	size_t nonpaged_size = pooltag_je_nallocx(class_size, 0);
	struct heap_bin bin = {
		.size = (uint32_t)class_size,
		.reciprocal = (uint32_t)((((uint64_t)1 << 32) + class_size - 1) / class_size),
		.span_bytes = (uint32_t)span_bytes,
		.span_blocks = (uint16_t)(span_bytes / class_size),
		.whole_pages = span_bytes == 0,
	};

	heap_sizes.bins[heap_sizes.bin_count] = bin;
	bin.size = (uint32_t)nonpaged_size;
	bin.reciprocal = (uint32_t)((((uint64_t)1 << 32) + nonpaged_size - 1) / nonpaged_size);
	bin.span_bytes = 0;
	bin.span_blocks = 0;
	for (uint32_t pool = HEAP_POOL_PAGED + 1; pool < HEAP_POOLS; pool++)
		heap_sizes.bins[pool * HEAP_BINS_MAX + heap_sizes.bin_count] = bin;
	heap_sizes.bin_count++;
}

/*
 * Granules and the bins with headers both ascend, so one walk over both finds every granule's bin.
 * A granule whose requests may be had as whole pages is left to heap_bin_exact, which knows n.
 */
static void fill_granules(void)
{
	uint32_t bin = 1;

	for (size_t granule = 0; granule < HEAP_GRANULES; granule++) {
		size_t largest =
			base_max(granule * HEAP_GRANULE, HEAP_HEADER_SIZE) - HEAP_HEADER_SIZE;
		size_t smallest = base_max(largest, HEAP_GRANULE) - (HEAP_GRANULE - 1);

		while (heap_sizes.bins[bin].size < largest + HEAP_HEADER_SIZE)
			bin++;
		heap_sizes.headed_of_granule[granule] = (uint8_t)bin;
		if (pages_of(smallest) > heap_sizes.bins[bin].size)
			heap_sizes.bin_of_granule[granule] = (uint8_t)bin;
	}
}

int heap_sizes_init(void)
{
	heap_sizes.bin_count = 1;
	for (size_t i = 0; i < BASE_ARRAY_SIZE(classes); i++)
		add_bin(classes[i], span_bytes_of(classes[i]));
	for (size_t pages = 1; pages < BASE_ARRAY_SIZE(heap_sizes.bin_of_pages); pages++) {
		if (pooltag_je_nallocx(pages * BASE_PAGE_SIZE, 0) != pages * BASE_PAGE_SIZE)
			return -EINVAL;
		heap_sizes.bin_of_pages[pages] = (uint8_t)heap_sizes.bin_count;
		add_bin(pages * BASE_PAGE_SIZE, 0);
	}
	fill_granules();
	return 0;
}

int heap_sizes_validate(void)
{
	for (size_t n = 0; n <= HEAP_SMALL_MAX; n++) {
		uint32_t exact = heap_bin_exact(n);
		uint32_t fast = heap_bin_fast(n);
		size_t need = heap_sizes.bins[exact].whole_pages ? n : n + HEAP_HEADER_SIZE;

		if (exact == HEAP_BIN_UNDECIDED || exact != heap_bin_of_class(class_of(n, 1)))
			return -EINVAL;
		if (heap_sizes.bins[exact].size < need)
			return -EINVAL;
		if (fast != HEAP_BIN_UNDECIDED && fast != exact)
			return -EINVAL;
		if (fast != HEAP_BIN_UNDECIDED && heap_sizes.bins[fast].whole_pages)
			return -EINVAL;
	}
	return 0;
}
