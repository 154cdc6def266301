/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host.h - what the hosts share: allocations counted on the host's side
 *
 * Every host prints lines `expect PID FUNCTION ALLOCS FREES ALLOC_BYTES FREE_BYTES`: what poolmon
 * has to show for that function of that process. run.py compares.
 */
#ifndef TESTS_PRELOAD_HOST_H
#define TESTS_PRELOAD_HOST_H

#include <stddef.h>

/* What one function allocated, and what of it was freed, by whomever. */
struct host_tally {
	const char *function;
	unsigned long allocs;
	unsigned long frees;
	unsigned long alloc_bytes;
	unsigned long free_bytes;
};

/* Prints the tally for this process, with one write(2) and without allocating. */
void host_expect(const struct host_tally *tally);

/* Ends the process with a line on stderr when `good` is 0. */
void host_must(int good, const char *what);

/*
 * A function that is a call site of its own: never inlined, and its call of malloc is no jump, so
 * that the return address lies inside of it.
 */
#define HOST_SITE                __attribute__((noinline, noclone))
#define HOST_NO_TAIL_CALL(block) __asm__ volatile("" : "+r"(block)::"memory")

#endif
