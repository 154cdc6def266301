/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * processes.c - micro-benchmark cases that make threads and processes by the thousand
 */
#include "micro.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define PARENT_BLOCKS 10000

/* What a short-lived thread or child does: a few blocks of several sizes. */
static void short_life(void *argument, unsigned index)
{
	(void)argument;
	for (size_t size = 16; size <= 4096; size *= 2)
		free(bench_block(malloc(size + index)));
}

static void run_thread_storm(const struct bench_case *c, uint64_t ops)
{
	for (uint64_t i = 0; i < ops; i += c->threads)
		bench_threads(c->threads, short_life, NULL);
}

static void run_fork_storm(const struct bench_case *c, uint64_t ops)
{
	static void *blocks[PARENT_BLOCKS];

	for (size_t i = 0; i < PARENT_BLOCKS; i++)
		blocks[i] = bench_block(malloc(c->size));
	for (uint64_t i = 0; i < ops; i++) {
		pid_t child = fork();

		if (child == 0) {
			short_life(NULL, 0);
			_exit(0);
		}
		if (child < 0 || waitpid(child, NULL, 0) != child)
			bench_fail("fork");
	}
	for (size_t i = 0; i < PARENT_BLOCKS; i++)
		free(blocks[i]);
}

const struct bench_case process_cases[] = {
	{"thread-storm", run_thread_storm, 2000, 0, 4, 3},
	{"fork-storm", run_fork_storm, 200, 256, 1, 3},
	{NULL, NULL, 0, 0, 0, 0},
};
