/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * micro.c - runs one micro-benchmark case and prints its cost per operation
 *
 * micro --list            the names of the cases
 * micro --list-scaling    the names of those that draw curves
 * micro CASE [SCALE]      "CPU WALL": nanoseconds per operation, median of the rounds; SCALE is the
 *                         percentage of the case's operations to perform (default 100)
 *
 * CPU time is that of all threads and of all children waited for; on a busy machine it is the
 * figure to compare.
 */
#include "micro.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define MAX_ROUNDS 9

static const struct bench_case *const tables[] = {single_cases, thread_cases, process_cases,
						  scaling_cases};

#define CURVES 3 /* index of the table that --list leaves out */

_Noreturn void bench_fail(const char *what)
{
	fprintf(stderr, "micro: %s: %s\n", what, strerror(errno));
	exit(1);
}

void *bench_block(void *block)
{
	if (!block)
		bench_fail("allocation failed");
	*(volatile char *)block = 1;
	return block;
}

struct start {
	void (*run)(void *argument, unsigned index);
	void *argument;
	unsigned index;
};

static void *thread_main(void *argument)
{
	const struct start *start = argument;

	start->run(start->argument, start->index);
	return NULL;
}

void bench_threads(unsigned count, void (*run)(void *argument, unsigned index), void *argument)
{
	pthread_t threads[64];
	struct start starts[64];

	for (unsigned i = 0; i < count; i++) {
		starts[i] = (struct start){run, argument, i};
		errno = pthread_create(&threads[i], NULL, thread_main, &starts[i]);
		if (errno)
			bench_fail("pthread_create");
	}
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double cpu_now(void)
{
	struct rusage r;

	getrusage(RUSAGE_CHILDREN, &r);
	return now(CLOCK_PROCESS_CPUTIME_ID) +
	       (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e9 +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, unsigned count)
{
	qsort(values, count, sizeof *values, compare);
	return values[count / 2];
}

static void measure(const struct bench_case *c, uint64_t ops)
{
	double cpu[MAX_ROUNDS], wall[MAX_ROUNDS];

	if (c->rounds > 1)
		c->run(c, ops / 4 + 1);
	for (unsigned i = 0; i < c->rounds; i++) {
		double cpu_start = cpu_now(), wall_start = now(CLOCK_MONOTONIC);

		c->run(c, ops);
		cpu[i] = (cpu_now() - cpu_start) / (double)ops;
		wall[i] = (now(CLOCK_MONOTONIC) - wall_start) / (double)ops;
	}
	printf("%.3f %.3f\n", median(cpu, c->rounds), median(wall, c->rounds));
}

static const struct bench_case *find(const char *name)
{
	for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
		for (const struct bench_case *c = tables[t]; c->name; c++)
			if (!strcmp(c->name, name))
				return c;
	return NULL;
}

static void list(size_t first, size_t end)
{
	for (size_t t = first; t < end; t++)
		for (const struct bench_case *c = tables[t]; c->name; c++)
			puts(c->name);
}

int main(int argc, char **argv)
{
	const struct bench_case *c = argc > 1 ? find(argv[1]) : NULL;
	char *end = NULL;
	unsigned long scale = argc > 2 ? strtoul(argv[2], &end, 10) : 100;

	if (argc == 2 && !strcmp(argv[1], "--list")) {
		list(0, CURVES);
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "--list-scaling")) {
		list(CURVES, CURVES + 1);
		return 0;
	}
	if (!c || argc > 3 || (end && *end) || scale < 1 || scale > 1000) {
		fprintf(stderr,
			"usage: micro --list | --list-scaling | CASE [SCALE, 1 to 1000 percent]\n");
		return 2;
	}
	uint64_t ops = c->rounds > 1 ? c->ops * scale / 100 : c->ops;
	measure(c, ops ? ops : 1);
	return 0;
}
