/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * own-malloc.c - a program that brings its allocator: nothing of it can be seen
 */
#include <stddef.h>

static char pool[1 << 20];
static size_t used;

void *malloc(size_t size)
{
	void *block = pool + used;

	used += (size + 15) & ~(size_t)15;
	return block;
}

void free(void *block)
{
	(void)block;
}

int main(void)
{
	volatile char *block = malloc(10);

	block[0] = 1;
	return 0;
}
