// SPDX-License-Identifier: BSD-2-Clause
/* shapes.c - malloc, calloc and realloc in all their shapes */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 3000 };

static unsigned char *blocks[BLOCKS];
static size_t sizes[BLOCKS];
static uint32_t state = 1;

/* The same numbers on every run and every libc. */
static uint32_t next_number(void)
{
	state = state * 1664525u + 1013904223u;
	return state >> 8;
}

/* Mostly small, now and then up to a megabyte: every kind of size class. */
static size_t next_size(void)
{
	uint32_t number = next_number();

	if (number % 200 == 0)
		return number % (1u << 20);
	if (number % 10 == 0)
		return number % 20000;
	return number % 300;
}

static void fill(size_t i)
{
	memset(blocks[i], (int)(i & 0xff), sizes[i]);
}

static void must_hold(size_t i, size_t size)
{
	for (size_t k = 0; k < size; k++) {
		if (blocks[i][k] != (i & 0xff)) {
			printf("block %zu lost its content at byte %zu\n", i, k);
			exit(1);
		}
	}
}

static void allocate(size_t i)
{
	sizes[i] = next_size();
	switch (next_number() % 4) {
	case 0:
		blocks[i] = malloc(sizes[i]);
		break;
	case 1:
		blocks[i] = realloc(NULL, sizes[i]);
		break;
	case 2:
		blocks[i] = calloc(sizes[i], 1);
		break;
	default:
		sizes[i] -= sizes[i] % 7;
		blocks[i] = calloc(7, sizes[i] / 7);
	}
	if (blocks[i] == NULL)
		exit(2);
	fill(i);
}

/* Grows, shrinks, and stays: in place or not is the allocator's business. */
static void resize(size_t i)
{
	size_t size = next_size() + 1;
	size_t kept = size < sizes[i] ? size : sizes[i];
	unsigned char *moved = realloc(blocks[i], size);

	if (moved == NULL)
		exit(2);
	blocks[i] = moved;
	must_hold(i, kept);
	sizes[i] = size;
	fill(i);
}

int main(void)
{
	for (size_t i = 0; i < BLOCKS; i++)
		allocate(i);
	for (size_t round = 0; round < 5u * BLOCKS; round++) {
		size_t i = next_number() % BLOCKS;

		must_hold(i, sizes[i]);
		if (next_number() % 2) {
			resize(i);
		} else {
			free(blocks[i]);
			allocate(i);
		}
	}
	void *steady = malloc(100);

	for (size_t size = 100; size < 130; size++)
		steady = realloc(steady, size);
	free(steady);
	free(malloc(0));
	free(calloc(0, 8));
	free(realloc(NULL, 0));
	void *gone = malloc(10);

	gone = realloc(gone, 0); /* glibc: frees, and answers NULL */
	printf("realloc to nothing: %s\n", gone == NULL ? "NULL" : "a block");
	free(NULL);
	for (size_t i = 0; i < BLOCKS; i += 2)
		free(blocks[i]);
	printf("left over: %d blocks\n", BLOCKS / 2);
	return 0;
}
