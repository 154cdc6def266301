// SPDX-License-Identifier: BSD-2-Clause
/*
 * many.c - ten thousand threads, a few at a time, each with blocks of its own and of its parent
 *
 * Usage: many [THREADS]. Prints what poolmon has to show for it, one line per function:
 * `expect FUNCTION ALLOCS FREES ALLOC_BYTES FREE_BYTES`.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AT_A_TIME = 16, BLOCKS = 8 };

#define SITE        __attribute__((noinline))
#define KEEP(block) __asm__ volatile("" : "+r"(block)::"memory")

void *many_kept(size_t size);
void *many_given(size_t size);
void *many_late(size_t size);

/* Blocks a thread frees itself. */
SITE void *many_kept(size_t size)
{
	void *block = malloc(size);

	KEEP(block);
	return block;
}

/* Blocks that main makes and the thread frees, and the other way round. */
SITE void *many_given(size_t size)
{
	void *block = malloc(size);

	KEEP(block);
	return block;
}

/* What the destructor of a key makes, when the thread has ended. */
SITE void *many_late(size_t size)
{
	void *block = malloc(size);

	KEEP(block);
	return block;
}

static pthread_key_t key;

static void late(void *block)
{
	free(block);
	free(many_late(48));
}

static void *work(void *given)
{
	void *blocks[BLOCKS];

	for (size_t i = 0; i < BLOCKS; i++)
		blocks[i] = many_kept(10 + i * 100);
	free(given);
	for (size_t i = 0; i < BLOCKS; i++)
		free(blocks[i]);
	if (pthread_setspecific(key, many_late(32)) != 0)
		abort();
	return many_given(500);
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000, kept_bytes = 0;
	pthread_t threads[AT_A_TIME];

	if (pthread_key_create(&key, late) != 0)
		return 3;
	for (unsigned long done = 0; done < count; done += AT_A_TIME) {
		for (size_t i = 0; i < AT_A_TIME; i++)
			if (pthread_create(&threads[i], NULL, work, many_given(700)) != 0)
				return 3;
		for (size_t i = 0; i < AT_A_TIME; i++) {
			void *block;

			pthread_join(threads[i], &block);
			free(block);
		}
	}
	count = (count + AT_A_TIME - 1) / AT_A_TIME * AT_A_TIME;
	for (size_t i = 0; i < BLOCKS; i++)
		kept_bytes += count * (10 + i * 100);
	printf("expect many_kept %lu %lu %lu %lu\n", count * BLOCKS, count * BLOCKS, kept_bytes,
	       kept_bytes);
	printf("expect many_given %lu %lu %lu %lu\n", 2 * count, 2 * count, count * 1200,
	       count * 1200);
	printf("expect many_late %lu %lu %lu %lu\n", 2 * count, 2 * count, count * 80, count * 80);
	return 0;
}
