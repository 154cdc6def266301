/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/classes.h"
#include "lib/heap/je.h"
#include "lib/heap/sizes.h"
#include "lib/stats/segment.h"

#define LARGEST ((size_t)64 << 20)

static void publish(size_t size, uint32_t pool, int headed)
{
	struct pooltag_class class = {.size = (uint32_t)size,
				      .pool = (uint8_t)pool,
				      .header = headed ? HEAP_HEADER_SIZE : 0};

	stats_class(&class);
}

static void publish_pool(uint32_t pool)
{
	for (uint32_t bin = 1; bin < heap_sizes.bin_count; bin++) {
		const struct heap_bin *at = &heap_sizes.bins[pool * HEAP_BINS_MAX + bin];

		publish(at->size, pool, !at->whole_pages);
	}
	for (size_t size = HEAP_SMALL_MAX + 1; size <= LARGEST; size++) {
		size = pooltag_je_nallocx(size, 0);
		publish(size, pool, 0);
	}
}

void pool_classes_publish(void)
{
	publish_pool(HEAP_POOL_PAGED);
	publish_pool(HEAP_POOL_NONPAGED);
}
