/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * single.c - micro-benchmark cases of one thread
 */
#include "micro.h"

#include <stdlib.h>

#define CHURN_BLOCKS  100000
#define WINDOW_BLOCKS 256
#define STACK_BLOCKS  10000
#define GROWTH_TARGET ((size_t)1 << 30)

static void *slots[CHURN_BLOCKS];

static void run_pair(const struct bench_case *c, uint64_t ops)
{
	for (uint64_t i = 0; i < ops; i++)
		free(bench_block(malloc(c->size)));
}

/* Two calls deep, by names that say nothing and by names that say "wrapper". */
static __attribute__((noinline)) void *inner_call(size_t size)
{
	return bench_block(malloc(size));
}

static __attribute__((noinline)) void *outer_call(size_t size)
{
	return bench_block(inner_call(size));
}

/* The checks keep the compiler from folding these into the ones above. */
static __attribute__((noinline)) void *xmalloc(size_t size)
{
	void *block = bench_block(malloc(size));

	if (block == NULL)
		abort();
	return block;
}

static __attribute__((noinline)) void *safe_malloc(size_t size)
{
	void *block = bench_block(xmalloc(size));

	if (block == NULL)
		abort();
	return block;
}

static void run_calls(const struct bench_case *c, uint64_t ops)
{
	for (uint64_t i = 0; i < ops; i++)
		free(bench_block(outer_call(c->size)));
}

static void run_wrapped(const struct bench_case *c, uint64_t ops)
{
	for (uint64_t i = 0; i < ops; i++)
		free(bench_block(safe_malloc(c->size)));
}

static void run_calloc(const struct bench_case *c, uint64_t ops)
{
	for (uint64_t i = 0; i < ops; i++)
		free(bench_block(calloc(1, c->size)));
}

static void run_aligned(const struct bench_case *c, uint64_t ops)
{
	for (uint64_t i = 0; i < ops; i++)
		free(bench_block(aligned_alloc(c->size, 2 * c->size)));
}

static void release(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(slots[i]);
		slots[i] = NULL;
	}
}

/* Random replacement among `count` live blocks. */
static void replace(size_t count, uint64_t ops, uint64_t seed)
{
	for (uint64_t i = 0; i < ops; i++) {
		size_t slot = (size_t)(bench_random(&seed) >> 16) % count;

		free(slots[slot]);
		slots[slot] = bench_block(malloc(bench_random_size(&seed)));
	}
}

static void run_mixed(const struct bench_case *c, uint64_t ops)
{
	(void)c;
	replace(WINDOW_BLOCKS, ops, 1);
	release(WINDOW_BLOCKS);
}

/* The blocks stay from round to round: the timed rounds find all slots full. */
static void run_churn(const struct bench_case *c, uint64_t ops)
{
	(void)c;
	if (!slots[0])
		for (size_t i = 0; i < CHURN_BLOCKS; i++)
			slots[i] = bench_block(malloc(64));
	replace(CHURN_BLOCKS, ops, ops);
}

static void run_lifo(const struct bench_case *c, uint64_t ops)
{
	for (uint64_t done = 0; done < ops; done += STACK_BLOCKS) {
		for (size_t i = 0; i < STACK_BLOCKS; i++)
			slots[i] = bench_block(malloc(c->size));
		for (size_t i = STACK_BLOCKS; i-- > 0;)
			free(slots[i]);
	}
}

static void run_fifo(const struct bench_case *c, uint64_t ops)
{
	for (uint64_t done = 0; done < ops; done += STACK_BLOCKS) {
		for (size_t i = 0; i < STACK_BLOCKS; i++)
			slots[i] = bench_block(malloc(c->size));
		for (size_t i = 0; i < STACK_BLOCKS; i++)
			free(slots[i]);
	}
}

/* One operation: a block that grows by half, again and again, from 16 bytes to 1 GiB. */
static void run_growth(const struct bench_case *c, uint64_t ops)
{
	(void)c;
	for (uint64_t i = 0; i < ops; i++) {
		char *block = NULL;

		for (size_t size = 16; size <= GROWTH_TARGET; size += size / 2) {
			block = bench_block(realloc(block, size));
			block[size - 1] = 1;
		}
		free(block);
	}
}

const struct bench_case single_cases[] = {
	{"pair-16", run_pair, 4000000, 16, 1, 5},
	{"pair-64", run_pair, 4000000, 64, 1, 5},
	{"pair-256", run_pair, 4000000, 256, 1, 5},
	{"pair-1024", run_pair, 4000000, 1024, 1, 5},
	{"pair-4096", run_pair, 2000000, 4096, 1, 5},
	{"pair-16k", run_pair, 1000000, 16384, 1, 5},
	{"pair-256k", run_pair, 1000000, 256 * 1024, 1, 5},
	{"pair-4m", run_pair, 100000, 4 * 1024 * 1024, 1, 5},
	{"calls-2", run_calls, 4000000, 64, 1, 5},
	{"wrapped-2", run_wrapped, 4000000, 64, 1, 5},
	{"mixed", run_mixed, 2000000, 0, 1, 5},
	{"churn-100k", run_churn, 1000000, 0, 1, 5},
	{"lifo", run_lifo, 1000000, 48, 1, 5},
	{"fifo", run_fifo, 1000000, 48, 1, 5},
	{"calloc-64", run_calloc, 2000000, 64, 1, 5},
	{"calloc-4096", run_calloc, 500000, 4096, 1, 5},
	{"aligned-64", run_aligned, 1000000, 64, 1, 5},
	{"aligned-4096", run_aligned, 200000, 4096, 1, 5},
	{"realloc-1g", run_growth, 1, 0, 1, 1},
	{NULL, NULL, 0, 0, 0, 0},
};
