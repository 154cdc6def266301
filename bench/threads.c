/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * threads.c - micro-benchmark cases of several threads
 *
 * The operations of a round are shared out among the threads, so that cost per operation can be
 * compared between thread counts. Waiting is always in the kernel: it costs no CPU time.
 */
#include "micro.h"
#include "sites.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define BATCH_BLOCKS  1000
#define LARSON_BLOCKS 1000
#define LARSON_TURN   5000 /* replacements before the blocks go to another thread */
#define SCALE_BLOCKS  512
#define QUEUE_BATCHES 8

struct round {
	const struct bench_case *c;
	uint64_t ops; /* of each thread */
};

static void share_out(const struct bench_case *c, uint64_t ops, void (*run)(void *, unsigned))
{
	struct round round = {c, ops / c->threads};

	bench_threads(c->threads, run, &round);
}

/* --- every thread its own blocks --- */

static void scale_thread(void *argument, unsigned index)
{
	const struct round *round = argument;
	void *blocks[SCALE_BLOCKS] = {NULL};
	uint64_t seed = index + 1;

	for (uint64_t i = 0; i < round->ops; i++) {
		size_t slot = (size_t)(bench_random(&seed) >> 16) % SCALE_BLOCKS;

		free(blocks[slot]);
		blocks[slot] = bench_block(malloc(16 + (seed & 127)));
	}
	for (size_t i = 0; i < SCALE_BLOCKS; i++)
		free(blocks[i]);
}

static void run_scale(const struct bench_case *c, uint64_t ops)
{
	share_out(c, ops, scale_thread);
}

struct node {
	struct node *next;
	struct node *previous;
	int value;
};

/* All nodes of a list are made, then all are taken off. */
static void list_thread(void *argument, unsigned index)
{
	const struct round *round = argument;
	struct node *first = NULL, **end = &first;

	for (uint64_t i = 0; i < round->ops; i++) {
		struct node *node = bench_block(malloc(sizeof *node));

		*node = (struct node){NULL, NULL, (int)index};
		*end = node;
		end = &node->next;
	}
	while (first) {
		struct node *next = first->next;

		free(first);
		first = next;
	}
}

static void run_list(const struct bench_case *c, uint64_t ops)
{
	share_out(c, ops, list_thread);
}

/* --- blocks that another thread frees --- */

static _Atomic(void **) larson_mailbox;

static void larson_thread(void *argument, unsigned index)
{
	const struct round *round = argument;
	void **blocks = bench_block(calloc(LARSON_BLOCKS, sizeof *blocks));
	uint64_t seed = index + 1;

	blocks[0] = NULL;
	for (uint64_t i = 0; i < round->ops; i++) {
		size_t slot = (size_t)(bench_random(&seed) >> 16) % LARSON_BLOCKS;

		free(blocks[slot]);
		blocks[slot] = bench_block(malloc(10 + (seed & 511)));
		if (i % LARSON_TURN != LARSON_TURN - 1)
			continue;
		void **others = atomic_exchange(&larson_mailbox, blocks);
		if (!others) {
			others = bench_block(calloc(LARSON_BLOCKS, sizeof *others));
			others[0] = NULL;
		}
		blocks = others;
	}
	for (size_t i = 0; i < LARSON_BLOCKS; i++)
		free(blocks[i]);
	free(blocks);
}

static void run_larson(const struct bench_case *c, uint64_t ops)
{
	share_out(c, ops, larson_thread);
	void **left = atomic_exchange(&larson_mailbox, NULL);
	for (size_t i = 0; left && i < LARSON_BLOCKS; i++)
		free(left[i]);
	free(left);
}

/* Two threads by turns: one allocates a batch, the other frees it. */
struct turns {
	pthread_barrier_t barrier;
	uint64_t batches;
	size_t size;
	void *blocks[BATCH_BLOCKS * 10];
};

static void cross_thread(void *argument, unsigned index)
{
	struct turns *turns = argument;
	size_t count = sizeof turns->blocks / sizeof *turns->blocks;

	for (uint64_t b = 0; b < turns->batches; b++) {
		for (size_t i = 0; index == 0 && i < count; i++)
			turns->blocks[i] = bench_block(malloc(turns->size));
		pthread_barrier_wait(&turns->barrier);
		for (size_t i = 0; index == 1 && i < count; i++)
			free(turns->blocks[i]);
		pthread_barrier_wait(&turns->barrier);
	}
}

static void run_cross(const struct bench_case *c, uint64_t ops)
{
	static struct turns turns;

	turns.batches = ops / (sizeof turns.blocks / sizeof *turns.blocks);
	turns.size = c->size;
	pthread_barrier_init(&turns.barrier, NULL, 2);
	bench_threads(2, cross_thread, &turns);
	pthread_barrier_destroy(&turns.barrier);
}

/* Half of the threads allocate batches, the other half free them, through one bounded queue. */
struct queue {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	void **batches[QUEUE_BATCHES];
	unsigned count;
	uint64_t each; /* batches of each producer, and of each consumer */
	size_t size;
};

static void queue_put(struct queue *queue, void **batch)
{
	pthread_mutex_lock(&queue->lock);
	while (queue->count == QUEUE_BATCHES)
		pthread_cond_wait(&queue->changed, &queue->lock);
	queue->batches[queue->count++] = batch;
	pthread_cond_broadcast(&queue->changed);
	pthread_mutex_unlock(&queue->lock);
}

static void **queue_take(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	while (queue->count == 0)
		pthread_cond_wait(&queue->changed, &queue->lock);
	void **batch = queue->batches[--queue->count];
	pthread_cond_broadcast(&queue->changed);
	pthread_mutex_unlock(&queue->lock);
	return batch;
}

static void xmalloc_thread(void *argument, unsigned index)
{
	struct queue *queue = argument;

	for (uint64_t b = 0; b < queue->each; b++) {
		void **batch = index % 2 ? queue_take(queue)
					 : bench_block(malloc(BATCH_BLOCKS * sizeof *batch));

		for (size_t i = 0; i < BATCH_BLOCKS; i++) {
			if (index % 2)
				free(batch[i]);
			else
				batch[i] = bench_block(malloc(queue->size));
		}
		if (index % 2)
			free(batch);
		else
			queue_put(queue, batch);
	}
}

static void run_xmalloc(const struct bench_case *c, uint64_t ops)
{
	struct queue queue = {
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
		.each = ops / BATCH_BLOCKS / (c->threads / 2),
		.size = c->size,
	};

	bench_threads(c->threads, xmalloc_thread, &queue);
}

/* --- call sites --- */

static void sites_thread(void *argument, unsigned index)
{
	const struct round *round = argument;
	size_t site = index;

	for (uint64_t i = 0; i < round->ops; i++) {
		free(bench_block(sites_malloc(site, round->c->size)));
		site = (site + SITES_STRIDE) % SITES_COUNT;
	}
}

static void run_sites(const struct bench_case *c, uint64_t ops)
{
	share_out(c, ops, sites_thread);
}

const struct bench_case thread_cases[] = {
	{"cross-free", run_cross, 1000000, 64, 2, 5},
	{"xmalloc", run_xmalloc, 1000000, 64, 4, 5},
	{"larson", run_larson, 1000000, 0, 4, 5},
	{"list-16t", run_list, 2000000, 0, 16, 3},
	{"scale-1", run_scale, 2000000, 0, 1, 3},
	{"scale-2", run_scale, 2000000, 0, 2, 3},
	{"scale-4", run_scale, 2000000, 0, 4, 3},
	{"scale-8", run_scale, 2000000, 0, 8, 3},
	{"scale-16", run_scale, 2000000, 0, 16, 3},
	{"scale-32", run_scale, 2000000, 0, 32, 3},
	{"scale-64", run_scale, 2000000, 0, 64, 3},
	{"sites-first", run_sites, SITES_COUNT, 64, 1, 1},
	{"sites-60k", run_sites, 1000000, 64, 1, 3},
	{"sites-60k-64t", run_sites, 64 * SITES_COUNT, 64, 64, 3},
	{NULL, NULL, 0, 0, 0, 0},
};
