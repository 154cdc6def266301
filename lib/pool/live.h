/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live.h - what is in use, summed up from the cells of all threads
 *
 * Purpose: by site, for a fork child's inheritance and for drivers, and in all, for the figures
 * that a program asks of its allocator. Frees are read before allocations.
 *
 * Callers: pool/fork.c, lib/kernel, lib/interpose. Locking: none; what is counted meanwhile may be
 * missing. Context: as malloc for pool_sum, else raw mappings only.
 */
#ifndef LIB_POOL_LIVE_H
#define LIB_POOL_LIVE_H

#include "lib/base/compiler.h"

/* Of one site. They wrap where a free was counted and the allocation elsewhere not yet. */
struct pool_live {
	uint64_t blocks, bytes, charge, big;
};

/* Of all sites there were. */
struct pool_live_list {
	struct pool_live *sites; /* NULL: none, or no memory for it */
	uint32_t count;
};

/* With nothing in use. */
struct pool_live_list pool_live_empty(void);

struct pool_live_list pool_live_note(void);

/* Makes the list none. */
void pool_live_forget(struct pool_live_list *list);

/* Figures for pooltag_audit, mallinfo and malloc_stats. */
struct pool_totals {
	uint64_t allocs, frees;             /* blocks */
	uint64_t alloc_bytes, free_bytes;   /* requested */
	uint64_t alloc_charge, free_charge; /* charged */
	uint64_t heap_taken, heap_returned; /* by jemalloc's usable sizes */
	uint64_t front_held;                /* bytes in front lists */
};

void pool_sum(struct pool_totals *totals);

#endif
