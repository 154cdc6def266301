// SPDX-License-Identifier: BSD-2-Clause
/*
 * faults.c - allocates in rounds at a few places, and says which allocations failed
 *
 * Prints "place number" for each failure, the numbers counted over all places from 1.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 50

static int number;

static void note(const char *place, void *block)
{
	number++;
	if (block == NULL)
		printf("%s %d%s\n", place, number, errno == ENOMEM ? "" : " without ENOMEM");
	free(block);
}

__attribute__((noinline)) void apple(void);
__attribute__((noinline)) void banana(void);
__attribute__((noinline)) void cherry(void);

void apple(void)
{
	errno = 0;
	note("apple", malloc(40));
}

void banana(void)
{
	errno = 0;
	note("banana", calloc(100, 1000));
}

/* A block that cannot grow stays what it was. */
void cherry(void)
{
	char *block;
	char *grown;

	errno = 0;
	block = malloc(10);
	if (block == NULL) {
		note("cherry", NULL);
		return;
	}
	block[9] = 'c';
	grown = realloc(block, 1000);
	if ((grown != NULL ? grown : block)[9] != 'c')
		puts("realloc lost what was in the block");
	number++;
	note("cherry", grown);
	if (grown == NULL)
		free(block);
}

int main(void)
{
	static char buffer[1 << 16];

	/* stdio does not allocate while allocations fail. */
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	for (int i = 0; i < ROUNDS; i++) {
		apple();
		banana();
		cherry();
	}
	puts("end");
	return 0;
}
