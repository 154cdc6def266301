/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * micro.h - a micro-benchmark case, and what the files of cases share
 *
 * The cases call malloc and free like any program and know no allocator, so whatever is preloaded
 * is what is measured. One process runs one case; micro.c times it, the other files define cases.
 */
#ifndef BENCH_MICRO_H
#define BENCH_MICRO_H

#include <stddef.h>
#include <stdint.h>

struct bench_case {
	const char *name;
	/* Performs `ops` operations; several rounds call it one after the other. */
	void (*run)(const struct bench_case *c, uint64_t ops);
	uint64_t ops;     /* operations of one round at scale 100 */
	size_t size;      /* bytes per block, where the case has one size */
	unsigned threads; /* threads of the case, where it has any */
	unsigned rounds;  /* timed rounds; 1: the first round is the measurement, without warm-up */
};

/* Tables that end with a NULL name. */
extern const struct bench_case single_cases[];
extern const struct bench_case thread_cases[];
extern const struct bench_case process_cases[];
extern const struct bench_case scaling_cases[];

/* xorshift64: the same sequence in every run. *state must not be 0. */
static inline uint64_t bench_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* A size as programs ask for: most are small, a few reach 8 KiB. */
static inline size_t bench_random_size(uint64_t *state)
{
	uint64_t r = bench_random(state);

	return 8 + (size_t)((r >> 8) & ((UINT64_C(32) << ((r & 7) + (r >> 60) / 14)) - 1));
}

/* Never NULL: out of memory is one line on stderr and exit status 1. Writes the first byte. */
void *bench_block(void *block);

/* Prints `what` and errno's text on stderr and exits with status 1. */
_Noreturn void bench_fail(const char *what);

/* Starts `count` threads, thread i running run(argument, i), and waits for all. */
void bench_threads(unsigned count, void (*run)(void *argument, unsigned index), void *argument);

#endif
