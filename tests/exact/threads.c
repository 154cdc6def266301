// SPDX-License-Identifier: BSD-2-Clause
/* threads.c - joined threads that free each other's blocks: the order varies, the sums do not */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 6, BLOCKS = 2000 };

static void *mailbox[THREADS][BLOCKS];
static pthread_barrier_t barrier;

static void *work(void *argument)
{
	size_t self = (size_t)(uintptr_t)argument;
	size_t other = (self + 1) % THREADS;

	for (size_t i = 0; i < BLOCKS; i++) {
		mailbox[self][i] = malloc(1 + (i * 37 + self) % 5000);
		memset(mailbox[self][i], 1, 1);
	}
	pthread_barrier_wait(&barrier);
	for (size_t i = 0; i < BLOCKS; i++) {
		if (i % 3 == 0)
			mailbox[other][i] = realloc(mailbox[other][i], 10 + i);
		if (i % 5 != 0)
			free(mailbox[other][i]);
	}
	return strdup("a result that the main thread frees");
}

int main(void)
{
	pthread_t threads[THREADS];
	pthread_attr_t attributes;

	/*
	 * Small stacks, so that libc's cache keeps all of them: how often it allocates the TLS
	 * vector of a new stack must not depend on the order in which threads end.
	 */
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 256 * 1024);
	/* Several generations: the later ones use the stacks and TLS of the earlier ones. */
	for (int generation = 0; generation < 3; generation++) {
		pthread_barrier_init(&barrier, NULL, THREADS);
		for (size_t i = 0; i < THREADS; i++)
			pthread_create(&threads[i], &attributes, work, (void *)(uintptr_t)i);
		for (size_t i = 0; i < THREADS; i++) {
			void *result;

			pthread_join(threads[i], &result);
			free(result);
		}
		pthread_barrier_destroy(&barrier);
	}
	puts("joined");
	return 0;
}
