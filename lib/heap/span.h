/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * span.h - where the blocks of the paged pool's bins come from
 *
 * Purpose: a span is a run of pages from jemalloc, cut into blocks of one bin; a stock is the spans
 * that some threads draw from, behind one lock. Lists take and give blocks by the hundred, each
 * block at the price of a bit: jemalloc's thread cache in between would cost more than the lists
 * themselves, and its classes would leave a block of 64, 256 or 4096 bytes with its header a fifth
 * larger than it need be. Which blocks are free stands beside the span, not in them: nothing that a
 * host writes into a freed block leads anywhere, and a block that was freed keeps its header until
 * it is used again.
 *
 * Callers: pool. Locking: each stock's own, under which jemalloc, the page map and the arena may be
 * asked. Context: as malloc.
 */
#ifndef LIB_HEAP_SPAN_H
#define LIB_HEAP_SPAN_H

#include "lib/base/compiler.h"
#include "lib/base/lock.h"

/* Pages of one bin, of which it has `size` * `blocks` bytes in use. Records are never unmapped. */
struct heap_span {
	char *start; /* NULL: between two uses */
	struct heap_span
		*next; /* among the bin's spans that have free blocks, or the unused ones */
	struct heap_span *previous;
	struct heap_span *older; /* among all of the stock */
	uint32_t size;           /* of a block */
	uint32_t blocks;
	uint32_t free;
	uint32_t first; /* no word of bits before this one has a free block */
	uint16_t bin;
	uint16_t stock;
	uint64_t bits[]; /* 1: free */
};

/* As many stocks as the process may use processors. Once, during init. */
void heap_stocks_init(void);

/* The stock that the `n`-th of many threads draws from. */
uint32_t heap_stock_of(uint32_t n);

/*
 * Up to `wanted` blocks of a paged bin with headers, the one to use first last. Returns how many;
 * fewer only when the system has no memory.
 */
uint32_t heap_span_take(uint32_t stock, uint32_t bin, void **blocks, uint32_t wanted);

/* Gives back blocks of one bin, whichever stocks they are from. */
void heap_span_give(uint32_t bin, void *const *blocks, uint32_t count);

/* Returns spans that are kept although nothing in them is used. */
void heap_spans_trim(void);

/*
 * Bytes that jemalloc counts as allocated for spans and that are in no block taken, by their bits.
 */
size_t heap_spans_idle(void);

/* For the list of locks around fork; NULL past the last. */
struct base_lock *heap_stock_lock(uint32_t stock);

#endif
