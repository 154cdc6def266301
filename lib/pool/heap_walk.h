/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * heap_walk.h - all of the heap, as the page map tells it
 *
 * Purpose: the one way to every block there is, for who reads the heap of a frozen copy of the
 * process. The page map remembers more than is there: pages that jemalloc took back, spans that are
 * others now, and inside of a large block what was in its pages before. A walk leaves that out.
 *
 * Callers: pool/survey.c, lib/leaks. Locking: none; nobody may allocate meanwhile. Context: reads
 * the page map and the records of spans, and nothing of the blocks.
 */
#ifndef LIB_POOL_HEAP_WALK_H
#define LIB_POOL_HEAP_WALK_H

#include "lib/heap/map.h"

/* Whether there is memory at an address; asked in order of address, mostly. */
typedef int pool_heap_readable(void *argument, uintptr_t address);

struct pool_heap_walk {
	pool_heap_readable *is_readable; /* NULL: pages of small blocks need not be there */
	void *argument;
	/* The callee's, 0 at first. */
	uint32_t cursor;
	struct heap_map_run run;
	uintptr_t next; /* of the run's pages */

	struct {
		uintptr_t page, end_page;
	} covered; /* by the block of whole pages that was found last */
};

/* A page of small blocks, or a block of whole pages. */
struct pool_heap_found {
	uint64_t entry;           /* of the page map */
	uintptr_t start;          /* of the page, or of the block */
	uintptr_t page, end_page; /* page numbers: the first, one past the last */
};

/* The next one: 1, or 0 when there are no more. */
int pool_heap_next(struct pool_heap_walk *walk, struct pool_heap_found *ret_found);

/* Where blocks start in a page of small ones: at `first` and every `class_size` before `end`. */
struct pool_page_layout {
	uintptr_t first, end;
	uint32_t class_size;
};

/*
 * The layout of the page at `start`, whose entry is `small`; 0, or -1 for what is left over from a
 * span that is another one now. Blocks that were never handed out have a place in it, too: check
 * their headers.
 */
int pool_heap_layout(const struct pool_heap_walk *walk, uintptr_t start, uint64_t small,
		     struct pool_page_layout *ret_layout);

#endif
