// SPDX-License-Identifier: BSD-2-Clause
/*
 * threads.c - eight threads that allocate and free each other's blocks
 *
 * Usage: threads SECONDS [forever]. After SECONDS all stop and what they did is printed, exactly,
 * one line per allocating function (host.h). With `forever` they never stop: for being killed.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

enum { THREADS = 8, SLOTS = 4096, FUNCTIONS = 4 };

/* A block in a slot remembers who made it and how big it is: who frees it counts it. */
struct record {
	size_t size;
	size_t function;
};

static _Atomic(struct record *) slots[SLOTS];
static struct host_tally tallies[THREADS][FUNCTIONS];
static atomic_bool stop;

HOST_SITE struct record *threads_small(size_t size);
HOST_SITE struct record *threads_zeroed(size_t size);
HOST_SITE struct record *threads_aligned(size_t size);
HOST_SITE struct record *threads_big(size_t size);

HOST_SITE struct record *threads_small(size_t size)
{
	struct record *block = malloc(size);

	HOST_NO_TAIL_CALL(block);
	return block;
}

HOST_SITE struct record *threads_zeroed(size_t size)
{
	struct record *block = calloc(1, size);

	HOST_NO_TAIL_CALL(block);
	return block;
}

HOST_SITE struct record *threads_aligned(size_t size)
{
	struct record *block = aligned_alloc(64, size);

	HOST_NO_TAIL_CALL(block);
	return block;
}

HOST_SITE struct record *threads_big(size_t size)
{
	struct record *block = malloc(size);

	HOST_NO_TAIL_CALL(block);
	return block;
}

static const struct {
	const char *name;
	struct record *(*allocate)(size_t size);
	size_t most;
} functions[FUNCTIONS] = {
	{"threads_small", threads_small, 400},
	{"threads_zeroed", threads_zeroed, 3000},
	{"threads_aligned", threads_aligned, 2000},
	{"threads_big", threads_big, 60000},
};

static struct record *allocate(struct host_tally *mine, uint32_t number)
{
	size_t function = number % 64 == 0 ? 3 : number % 3;
	size_t size = sizeof(struct record) + (number >> 8) % functions[function].most;
	struct record *block = functions[function].allocate(size);

	host_must(block != NULL, "allocation");
	block->size = size;
	block->function = function;
	mine[function].allocs++;
	mine[function].alloc_bytes += size;
	return block;
}

static void release(struct host_tally *mine, struct record *block)
{
	if (block == NULL)
		return;
	mine[block->function].frees++;
	mine[block->function].free_bytes += block->size;
	free(block);
}

static void *work(void *argument)
{
	struct host_tally *mine = argument;
	uint32_t number = (uint32_t)(mine - tallies[0]) * 77 + 1;

	while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
		for (int i = 0; i < 1000; i++) {
			number = number * 1664525u + 1013904223u;
			struct record *block = allocate(mine, number >> 3);

			release(mine, atomic_exchange(&slots[(number >> 17) % SLOTS], block));
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	struct timespec duration = {argc > 1 ? atoi(argv[1]) : 1, 0};

	for (size_t i = 0; i < THREADS; i++)
		host_must(pthread_create(&threads[i], NULL, work, tallies[i]) == 0,
			  "pthread_create");
	host_must(write(STDOUT_FILENO, "started\n", 8) == 8, "write");
	if (argc > 2)
		pause();
	nanosleep(&duration, NULL);
	atomic_store(&stop, true);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (size_t function = 0; function < FUNCTIONS; function++) {
		struct host_tally sum = {.function = functions[function].name};

		for (size_t i = 0; i < THREADS; i++) {
			sum.allocs += tallies[i][function].allocs;
			sum.frees += tallies[i][function].frees;
			sum.alloc_bytes += tallies[i][function].alloc_bytes;
			sum.free_bytes += tallies[i][function].free_bytes;
		}
		host_expect(&sum);
	}
	return 0;
}
