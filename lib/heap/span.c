/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/heap/span.h"
#include "lib/base/arena.h"
#include "lib/base/sys.h"
#include "lib/heap/je.h"
#include "lib/heap/map.h"
#include "lib/heap/sizes.h"
#include <string.h>

/* Beyond this many processors threads share; it bounds the locks that a fork takes. */
#define STOCKS_MAX 256u

/* Page-aligned, and past jemalloc's thread cache, which keeps blocks of any alignment. */
#define SPAN_FLAGS (BASE_PAGE_SHIFT | HEAP_JE_NO_CACHE)

struct stock {
	struct base_lock lock;
	struct heap_span *all;
	struct heap_span *partial[HEAP_BINS_MAX]; /* spans with free blocks */
	struct heap_span *unused[HEAP_BINS_MAX];  /* records of spans that were returned */
} __attribute__((aligned(64)));

static struct stock stocks[STOCKS_MAX];
static uint32_t stock_count = 1;

void heap_stocks_init(void)
{
	uint64_t mask[64] = {0};
	uint32_t processors = 0;

	BASE_SYSCALL3(SYS_sched_getaffinity, 0, sizeof(mask), mask);
	for (size_t i = 0; i < BASE_ARRAY_SIZE(mask); i++)
		processors += (uint32_t)__builtin_popcountll(mask[i]);
	stock_count = (uint32_t)base_min(base_max(processors, 1), STOCKS_MAX);
}

uint32_t heap_stock_of(uint32_t n)
{
	return n % stock_count;
}

struct base_lock *heap_stock_lock(uint32_t stock)
{
	return stock < stock_count ? &stocks[stock].lock : NULL;
}

/* --- spans ---------------------------------------------------------------------------------- */

static size_t words_of(const struct heap_bin *kind)
{
	return (kind->span_blocks + 63) / 64;
}

static void link_partial(struct stock *stock, struct heap_span *span)
{
	struct heap_span **first = &stock->partial[span->bin];

	span->previous = NULL;
	span->next = *first;
	if (*first != NULL)
		(*first)->previous = span;
	*first = span;
}

static void unlink_partial(struct stock *stock, struct heap_span *span)
{
	if (span->next != NULL)
		span->next->previous = span->previous;
	if (span->previous != NULL)
		span->previous->next = span->next;
	else
		stock->partial[span->bin] = span->next;
}

static struct heap_span *take_record(struct stock *stock, uint32_t bin)
{
	const struct heap_bin *kind = &heap_sizes.bins[bin];
	struct heap_span *span = stock->unused[bin];

	if (span != NULL) {
		stock->unused[bin] = span->next;
		return span;
	}
	span = base_arena_take(sizeof(*span) + words_of(kind) * sizeof(span->bits[0]));
	if (span == NULL)
		return NULL;
	span->size = kind->size;
	span->blocks = kind->span_blocks;
	span->bin = (uint16_t)bin;
	span->stock = (uint16_t)(stock - stocks);
	span->older = stock->all;
	stock->all = span;
	return span;
}

static void drop_record(struct stock *stock, struct heap_span *span)
{
	span->start = NULL;
	span->next = stock->unused[span->bin];
	stock->unused[span->bin] = span;
}

static int map_pages(const struct heap_span *span, uint64_t entry)
{
	size_t bytes = heap_sizes.bins[span->bin].span_bytes;

	for (size_t at = 0; at < bytes; at += BASE_PAGE_SIZE)
		if (heap_map_set(span->start + at, entry) != 0)
			return -1;
	return 0;
}

/* Gives the pages of a span that is in no list back to jemalloc. */
static void return_span(struct stock *stock, struct heap_span *span)
{
	map_pages(span, 0);
	pooltag_je_sdallocx(span->start, heap_sizes.bins[span->bin].span_bytes, SPAN_FLAGS);
	drop_record(stock, span);
}

static void all_free(struct heap_span *span)
{
	size_t words = words_of(&heap_sizes.bins[span->bin]);
	uint32_t rest = span->blocks % 64;

	memset(span->bits, 0xff, words * sizeof(span->bits[0]));
	if (rest != 0)
		span->bits[words - 1] = ((uint64_t)1 << rest) - 1;
	span->free = span->blocks;
	span->first = 0;
}

/* A span of free blocks, first in the list of its bin; NULL when there is no memory. */
static struct heap_span *make_span(struct stock *stock, uint32_t bin)
{
	struct heap_span *span = take_record(stock, bin);

	if (span == NULL)
		return NULL;
	span->start = pooltag_je_mallocx(heap_sizes.bins[bin].span_bytes, SPAN_FLAGS);
	if (span->start == NULL) {
		drop_record(stock, span);
		return NULL;
	}
	if (map_pages(span, heap_map_small_of_span(span)) != 0) {
		return_span(stock, span);
		return NULL;
	}
	all_free(span);
	link_partial(stock, span);
	return span;
}

/* --- blocks --------------------------------------------------------------------------------- */

/* Moves free blocks of a span down from `end`, the lowest address first, until `least`. */
static void **take_from(struct heap_span *span, void **end, void *const *least)
{
	uint32_t word = span->first;
	void **out = end;

	while (out != least && span->free > (uint32_t)(end - out)) {
		uint64_t bits = span->bits[word];
		char *base = span->start + (size_t)word * 64 * span->size;

		while (bits != 0 && out != least) {
			*--out = base + (size_t)__builtin_ctzll(bits) * span->size;
			bits &= bits - 1;
		}
		span->bits[word] = bits;
		if (bits == 0)
			word++;
	}
	span->first = word;
	span->free -= (uint32_t)(end - out);
	return out;
}

uint32_t heap_span_take(uint32_t stock_number, uint32_t bin, void **blocks, uint32_t wanted)
{
	struct stock *stock = &stocks[stock_number];
	void **out = blocks + wanted;
	uint32_t got;

	base_lock_take(&stock->lock);
	while (out != blocks) {
		struct heap_span *span = stock->partial[bin];

		if (span == NULL && (span = make_span(stock, bin)) == NULL)
			break;
		out = take_from(span, out, blocks);
		if (span->free == 0)
			unlink_partial(stock, span);
	}
	base_lock_drop(&stock->lock);
	got = (uint32_t)(blocks + wanted - out);
	if (out != blocks)
		memmove(blocks, out, got * sizeof(*blocks));
	return got;
}

/* A span that became wholly free goes, unless it is the only one its bin has anything left in. */
static void became_free(struct stock *stock, struct heap_span *span)
{
	if (span->next == NULL && span->previous == NULL)
		return;
	unlink_partial(stock, span);
	return_span(stock, span);
}

static void give_one(struct heap_span *span, const void *block, uint32_t reciprocal)
{
	uint64_t offset = (uint64_t)((const char *)block - span->start);
	uint32_t index = (uint32_t)(offset * reciprocal >> 32);

	span->bits[index / 64] |= (uint64_t)1 << index % 64;
	if (index / 64 < span->first)
		span->first = index / 64;
	span->free++;
	if (BASE_UNLIKELY(span->free == 1))
		link_partial(&stocks[span->stock], span);
	if (BASE_UNLIKELY(span->free == span->blocks))
		became_free(&stocks[span->stock], span);
}

void heap_span_give(uint32_t bin, void *const *blocks, uint32_t count)
{
	uint32_t reciprocal = heap_sizes.bins[bin].reciprocal;
	uint32_t held = STOCKS_MAX;

	for (uint32_t i = 0; i < count; i++) {
		struct heap_span *span = heap_map_span(heap_map_get(blocks[i]));

		if (BASE_UNLIKELY(span->stock != held)) {
			if (held != STOCKS_MAX)
				base_lock_drop(&stocks[held].lock);
			held = span->stock;
			base_lock_take(&stocks[held].lock);
		}
		give_one(span, blocks[i], reciprocal);
	}
	if (held != STOCKS_MAX)
		base_lock_drop(&stocks[held].lock);
}

/* --- the whole ------------------------------------------------------------------------------ */

static void trim(struct stock *stock)
{
	base_lock_take(&stock->lock);
	for (uint32_t bin = 1; bin < heap_sizes.bin_count; bin++) {
		struct heap_span *next;

		for (struct heap_span *span = stock->partial[bin]; span != NULL; span = next) {
			next = span->next;
			if (span->free == span->blocks) {
				unlink_partial(stock, span);
				return_span(stock, span);
			}
		}
	}
	base_lock_drop(&stock->lock);
}

void heap_spans_trim(void)
{
	for (uint32_t i = 0; i < stock_count; i++)
		trim(&stocks[i]);
}

static size_t idle_of(const struct heap_span *span)
{
	const struct heap_bin *kind = &heap_sizes.bins[span->bin];
	size_t free = 0;

	if (span->start == NULL)
		return 0;
	for (size_t word = 0; word < words_of(kind); word++)
		free += (size_t)__builtin_popcountll(span->bits[word]);
	return kind->span_bytes - (span->blocks - free) * span->size;
}

size_t heap_spans_idle(void)
{
	size_t idle = 0;

	for (uint32_t i = 0; i < stock_count; i++) {
		base_lock_take(&stocks[i].lock);
		for (const struct heap_span *span = stocks[i].all; span != NULL; span = span->older)
			idle += idle_of(span);
		base_lock_drop(&stocks[i].lock);
	}
	return idle;
}
