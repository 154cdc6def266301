/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/front.h"
#include "lib/base/arena.h"
#include "lib/base/atomic.h"
#include "lib/base/options.h"
#include "lib/heap/je.h"
#include "lib/heap/map.h"
#include "lib/heap/nonpaged.h"
#include "lib/heap/span.h"
#include "lib/pool/state.h"
#include "lib/stats/segment.h"
#include <errno.h>
#include <string.h>

/* Windows' bounds for lookaside lists. */
#define DEPTH_MIN 4u
#define DEPTH_MAX 256u

/*
 * Words from the end of a list to the next one's first element, the NULL below that among them.
 * Lists of
 * 256 stand half a page and a few words apart: were it one word, the bottoms of all of them, which
 * are in use most, would share a few sets of the processor's cache.
 */
#define LIST_APART 12

/* Slow events of a thread that make a scan period. */
#define SCAN_EVENTS 256u

/* Blocks of a bin a list may hold, by the bound in bytes. */
static uint32_t depth_max(uint32_t class_size)
{
	size_t blocks = base_options.front_bytes / class_size;

	return (uint32_t)base_min(blocks, DEPTH_MAX);
}

/* What a list starts with. */
static uint16_t depth_min(uint32_t class_size)
{
	return (uint16_t)base_min(depth_max(class_size), DEPTH_MIN);
}

void pool_front_make_empty(struct pool_front *front, uint32_t size)
{
	/* The word below an empty list is NULL. */
	static void *empty[2];

	*front = (struct pool_front){
		.top = &empty[1],
		.limit = &empty[1],
		.base = &empty[1],
		.size = size,
	};
}

int pool_fronts_init(struct pool_thread *thread)
{
	size_t words = 0;
	void **memory;

	for (uint32_t bin = 0; bin < heap_sizes.bin_count; bin++)
		words += LIST_APART + (bin > 0 ? depth_max(heap_sizes.bins[bin].size) : 0);
	memory = base_arena_take(words * sizeof(void *));
	if (memory == NULL)
		return -ENOMEM;
	for (uint32_t bin = 0; bin < heap_sizes.bin_count; bin++) {
		struct pool_front *front = &thread->fronts[bin];
		uint32_t max = bin > 0 ? depth_max(heap_sizes.bins[bin].size) : 0;

		front->size = heap_sizes.bins[bin].size;
		front->base = memory + 1;
		front->top = front->base;
		front->depth = bin > 0 ? depth_min(front->size) : 0;
		front->limit = front->base + front->depth;
		memory += LIST_APART + max;
	}
	for (uint32_t bin = HEAP_NONPAGED; bin < HEAP_BINS_ALL; bin++)
		pool_front_make_empty(&thread->fronts[bin], heap_sizes.bins[bin].size);
	return 0;
}

static void count(struct pool_thread *thread, uint64_t *counter, uint64_t amount)
{
	if (thread->record->flags & POOLTAG_SHARD_SHARED)
		base_add_atomic(counter, amount);
	else
		base_add_owned(counter, amount);
}

void pool_count_taken(struct pool_thread *thread, size_t bytes)
{
	count(thread, &thread->record->counters.heap_taken, bytes);
}

void pool_count_returned(struct pool_thread *thread, size_t bytes)
{
	count(thread, &thread->record->counters.heap_returned, bytes);
}

/* mallocx flags for the blocks of a bin. */
static int flags_of(uint32_t bin)
{
	return heap_pool_flags(heap_bin_pool(bin));
}

/* One block of jemalloc's, known to the page map. */
static void *take(uint32_t stock, uint32_t bin, uint32_t class_size)
{
	int flags = flags_of(bin);
	void *block;

	if (heap_sizes.bins[bin].span_bytes != 0)
		return heap_span_take(stock, bin, &block, 1) != 0 ? block : NULL;
	if (BASE_UNLIKELY(flags == HEAP_NO_POOL))
		return NULL;
	block = pooltag_je_mallocx(class_size, flags);
	if (BASE_UNLIKELY(block == NULL))
		return NULL;
	if (heap_sizes.bins[bin].whole_pages)
		return block;
	if (BASE_UNLIKELY(heap_map_set_small(block, bin, class_size) != 0)) {
		pooltag_je_sdallocx(block, class_size, flags);
		return NULL;
	}
	return block;
}

static void *take_one(struct pool_thread *thread, uint32_t bin)
{
	uint32_t class_size = heap_sizes.bins[bin].size;
	void *block = take(thread->stock, bin, class_size);

	if (block != NULL)
		pool_count_taken(thread, class_size);
	return block;
}

void pool_heap_return(struct pool_thread *thread, uint32_t bin, void *block)
{
	if (heap_sizes.bins[bin].span_bytes != 0)
		heap_span_give(bin, &block, 1);
	else
		pooltag_je_sdallocx(block, heap_sizes.bins[bin].size, flags_of(bin));
	pool_count_returned(thread, heap_sizes.bins[bin].size);
}

static void give_back(struct pool_thread *thread, uint32_t bin, uint32_t n)
{
	struct pool_front *front = &thread->fronts[bin];
	uint32_t class_size = front->size;
	uint32_t left = (uint32_t)(front->top - front->base) - n;

	/* The oldest go: what was freed last is still in the processor's cache. */
	if (heap_sizes.bins[bin].span_bytes != 0)
		heap_span_give(bin, front->base, n);
	else
		for (uint32_t i = 0; i < n; i++)
			pooltag_je_sdallocx(front->base[i], class_size, 0);
	memmove(front->base, front->base + n, left * sizeof(*front->base));
	front->top = front->base + left;
	pool_count_returned(thread, (size_t)n * class_size);
}

/*
 * The rule's growing branch. A, the allocations since the last miss, is at least the size of the
 * last refill; taking that keeps the ratio on the growing side, as a list that runs empty should
 * be.
 */
static void grow_depth(struct pool_front *front)
{
	uint32_t max = depth_max(front->size);
	uint32_t misses_per_mille = 1000 / (front->depth / 2 + 1);
	uint32_t growth = misses_per_mille * (max - front->depth) / 2000 + 5;

	front->depth = (uint16_t)base_min(front->depth + growth, max);
	front->limit = front->base + front->depth;
	front->used = 1;
}

/*
 * A scan period of the rule, counted in slow events because the library has no clock of its own.
 * Allocations per list are not counted on the fast path: a list without any slow event in the whole
 * period is taken for idle (A < 25), and gives back what no longer fits.
 */
static void scan(struct pool_thread *thread)
{
	thread->slow_events = 0;
	for (uint32_t bin = 1; bin < heap_sizes.bin_count; bin++) {
		struct pool_front *front = &thread->fronts[bin];
		uint16_t floor = depth_min(front->size);
		uint32_t held = (uint32_t)(front->top - front->base);

		if (!front->used && front->depth > floor) {
			front->depth =
				front->depth > floor + 10 ? (uint16_t)(front->depth - 10) : floor;
			if (held > front->depth)
				give_back(thread, bin, held - front->depth);
			front->limit = front->base + front->depth;
		}
		front->used = 0;
	}
	heap_je_decay();
	stats_heartbeat();
}

/* Puts up to `wanted` blocks on an empty list: how many. */
static uint32_t fill(struct pool_thread *thread, uint32_t bin, uint32_t wanted)
{
	struct pool_front *front = &thread->fronts[bin];
	uint32_t got = 0;

	if (heap_sizes.bins[bin].span_bytes != 0)
		got = heap_span_take(thread->stock, bin, front->base, wanted);
	else
		while (got < wanted && (front->base[got] = pooltag_je_malloc(front->size)) != NULL)
			got++;
	front->top = front->base + got;
	return got;
}

void *pool_front_refill(struct pool_thread *thread, uint32_t bin)
{
	struct pool_front *front = &thread->fronts[bin];
	uint32_t got;

	if (front->depth == 0)
		return take_one(thread, bin);
	if (++thread->slow_events >= SCAN_EVENTS)
		scan(thread);
	/* Little at first: most lists of a short life are asked once or twice. */
	got = fill(thread, bin, front->depth / 2 + 1);
	grow_depth(front);
	if (got == 0)
		return NULL;
	pool_count_taken(thread, (size_t)got * front->size);
	base_add_owned(&thread->record->counters.refills, 1);
	pool_request_look();
	return *--front->top;
}

void pool_front_overflow(struct pool_thread *thread, uint32_t bin, void *block)
{
	struct pool_front *front = &thread->fronts[bin];

	if (front->depth == 0) {
		pool_heap_return(thread, bin, block);
		return;
	}
	if (++thread->slow_events >= SCAN_EVENTS)
		scan(thread);
	front->used = 1;
	if (front->top == front->limit)
		give_back(thread, bin, (front->depth + 1) / 2);
	base_add_owned(&thread->record->counters.flushes, 1);
	*front->top++ = block;
}

void pool_front_flush(struct pool_thread *thread, uint32_t bin)
{
	struct pool_front *front = &thread->fronts[bin];

	if (front->top > front->base)
		give_back(thread, bin, (uint32_t)(front->top - front->base));
	/* The next thread that has this list need not be like the last. */
	front->depth = depth_min(front->size);
	front->limit = front->base + front->depth;
}
