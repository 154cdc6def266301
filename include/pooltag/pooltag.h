/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pooltag.h - what a program that runs under libpooltag.so can ask it
 *
 * Compiles as C11 and C++17. Link with -lpooltag, or declare the functions weak and test them: the
 * library is usually preloaded.
 */
#ifndef POOLTAG_POOLTAG_H
#define POOLTAG_POOLTAG_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The library's books held against jemalloc's. All figures are of the whole process, in bytes
 * unless said otherwise, and exact when no other thread allocates meanwhile: heap_taken -
 * heap_returned = (alloc_charge - free_charge) + front_held jemalloc_allocated differs from
 * heap_taken - heap_returned by what jemalloc keeps in its own thread caches, which it does not
 * regard as allocated, and by nothing else.
 */
struct pooltag_audit {
	uint64_t allocs, frees;             /* blocks, ever */
	uint64_t alloc_bytes, free_bytes;   /* requested, ever */
	uint64_t alloc_charge, free_charge; /* charged, ever */
	uint64_t heap_taken,
		heap_returned;       /* usable sizes taken from and returned to jemalloc, ever */
	uint64_t front_held;         /* in the threads' front lists now */
	uint64_t jemalloc_allocated; /* jemalloc's stats.allocated now */
};

/*
 * Fills `audit`, which the caller owns. Takes jemalloc's locks for its statistics; not for signal
 * handlers.
 */
void pooltag_audit(struct pooltag_audit *audit);

#ifdef __cplusplus
}
#endif

#endif
