/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scaling.c - micro-benchmark cases that differ in one quantity each: live blocks, heap, call sites
 *
 * The curves of docs/scaling.md. Threads have theirs in threads.c, scale-1 to scale-64.
 */
#include "micro.h"
#include "sites.h"

#include <stdlib.h>

#define BLOCKS_MAX 10000000

static void *slots[BLOCKS_MAX];

/* Random replacement among `count` live blocks, which stay from round to round. */
static void replace(size_t count, size_t size, uint64_t ops)
{
	uint64_t seed = ops;

	if (!slots[0])
		for (size_t i = 0; i < count; i++)
			slots[i] = bench_block(malloc(size));
	for (uint64_t i = 0; i < ops; i++) {
		size_t slot = (size_t)(bench_random(&seed) >> 16) % count;

		free(slots[slot]);
		slots[slot] = bench_block(malloc(size));
	}
}

static void run_live(const struct bench_case *c, uint64_t ops)
{
	replace(c->size, 64, ops);
}

static void run_heap(const struct bench_case *c, uint64_t ops)
{
	replace(c->size / 2000, 2000, ops);
}

/* Calls from `size` sites, far from each other, by turns. */
static void run_sites(const struct bench_case *c, uint64_t ops)
{
	size_t site = 0;

	for (uint64_t i = 0; i < ops; i++) {
		free(bench_block(sites_malloc(site % c->size, 64)));
		site = (site + SITES_STRIDE) % SITES_COUNT;
	}
}

const struct bench_case scaling_cases[] = {
	{"live-1k", run_live, 1000000, 1000, 1, 3},
	{"live-10k", run_live, 1000000, 10000, 1, 3},
	{"live-100k", run_live, 1000000, 100000, 1, 3},
	{"live-1m", run_live, 1000000, 1000000, 1, 3},
	{"live-10m", run_live, 1000000, BLOCKS_MAX, 1, 3},
	{"heap-1m", run_heap, 1000000, 1000000, 1, 3},
	{"heap-10m", run_heap, 1000000, 10000000, 1, 3},
	{"heap-100m", run_heap, 1000000, 100000000, 1, 3},
	{"heap-1g", run_heap, 1000000, 1000000000, 1, 3},
	{"sites-1", run_sites, 1000000, 1, 1, 3},
	{"sites-10", run_sites, 1000000, 10, 1, 3},
	{"sites-100", run_sites, 1000000, 100, 1, 3},
	{"sites-1k", run_sites, 1000000, 1000, 1, 3},
	{"sites-10k", run_sites, 1000000, 10000, 1, 3},
	{NULL, NULL, 0, 0, 0, 0},
};
