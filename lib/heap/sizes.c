/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/heap/sizes.h"
#include "lib/heap/je.h"
#include <errno.h>

struct heap_sizes heap_sizes;

static size_t pages_of(size_t n)
{
	return base_round_up(base_max(n, 1), BASE_PAGE_SIZE);
}

/* Class size for `n` bytes with room for the header where the rule wants one. */
static size_t class_of(size_t n, size_t alignment)
{
	int flags = alignment > HEAP_GRANULE ? heap_je_align(alignment) : 0;
	/* jemalloc's class of 8 is aligned to 8 only, and malloc promises 16. */
	size_t with_header =
		pooltag_je_nallocx(base_max(n + HEAP_HEADER_SIZE, HEAP_GRANULE), flags);

	if (pages_of(n) <= with_header)
		return pooltag_je_nallocx(pages_of(n), flags);
	return with_header;
}

uint32_t heap_bin_of_class(size_t class_size)
{
	for (uint32_t bin = 1; bin < heap_sizes.bin_count; bin++)
		if (heap_sizes.bins[bin].size == class_size)
			return bin;
	return HEAP_BIN_UNDECIDED;
}

uint32_t heap_bin_aligned(size_t n, size_t alignment)
{
	if (alignment <= HEAP_GRANULE)
		return heap_bin_exact(n);
	if (n > HEAP_SMALL_MAX || alignment > BASE_PAGE_SIZE)
		return HEAP_BIN_UNDECIDED;
	return heap_bin_of_class(class_of(n, alignment));
}

static int add_bin(size_t class_size)
{
	if (heap_bin_of_class(class_size) != HEAP_BIN_UNDECIDED)
		return 0;
	if (heap_sizes.bin_count == HEAP_BINS_MAX)
		return -E2BIG;
	heap_sizes.bins[heap_sizes.bin_count] = (struct heap_bin){
		.size = (uint32_t)class_size,
		.reciprocal = (uint32_t)((((uint64_t)1 << 32) + class_size - 1) / class_size),
		.whole_pages = class_size % BASE_PAGE_SIZE == 0,
	};
	for (uint32_t pool = HEAP_POOL_PAGED + 1; pool < HEAP_POOLS; pool++)
		heap_sizes.bins[pool * HEAP_BINS_MAX + heap_sizes.bin_count] =
			heap_sizes.bins[heap_sizes.bin_count];
	heap_sizes.bin_count++;
	return 0;
}

/*
 * A granule whose class may be had as whole pages is left to heap_bin_exact, which knows n. Classes
 * of whole pages never have a header: no n in them is larger than the pages less 8 bytes.
 */
int heap_sizes_init(void)
{
	heap_sizes.bin_count = 1;
	for (size_t granule = 0; granule < HEAP_GRANULES; granule++) {
		size_t size = pooltag_je_nallocx(base_max(granule, 1) * HEAP_GRANULE, 0);
		size_t largest =
			base_max(granule * HEAP_GRANULE, HEAP_HEADER_SIZE) - HEAP_HEADER_SIZE;
		size_t smallest = base_max(largest, HEAP_GRANULE) - (HEAP_GRANULE - 1);

		if (size > HEAP_CLASS_MAX || add_bin(size) != 0)
			return -E2BIG;
		heap_sizes.headed_of_granule[granule] = (uint8_t)heap_bin_of_class(size);
		if (pages_of(smallest) > size)
			heap_sizes.bin_of_granule[granule] = (uint8_t)heap_bin_of_class(size);
		if (size % BASE_PAGE_SIZE == 0)
			heap_sizes.bin_of_pages[size / BASE_PAGE_SIZE] =
				(uint8_t)heap_bin_of_class(size);
	}
	return 0;
}

int heap_sizes_validate(void)
{
	for (size_t n = 0; n <= HEAP_SMALL_MAX; n++) {
		uint32_t exact = heap_bin_exact(n);
		uint32_t fast = heap_bin_fast(n);
		size_t need = heap_sizes.bins[exact].whole_pages ? n : n + HEAP_HEADER_SIZE;

		if (exact != heap_bin_of_class(class_of(n, 1)))
			return -EINVAL;
		if (exact != HEAP_BIN_UNDECIDED && heap_sizes.bins[exact].size < need)
			return -EINVAL;
		if (fast != HEAP_BIN_UNDECIDED && fast != exact)
			return -EINVAL;
		if (fast != HEAP_BIN_UNDECIDED && heap_sizes.bins[fast].whole_pages)
			return -EINVAL;
	}
	return 0;
}
