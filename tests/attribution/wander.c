// SPDX-License-Identifier: BSD-2-Clause
/*
 * wander.c - allocations in random stacks, for stack=N; what it did stands in the file it is given: for each
 * stack a line, number of allocations and the functions from the inside out up to main
 */
#include "host.h"

#include <stdio.h>
#include <string.h>

#define LEVELS 7
#define WALKS  400000
#define KINDS  3000 /* of walks */
#define PATHS  (1 << 16)

void *xmalloc(size_t size);
void *leaf(size_t size);
void *north(int left);
void *east(int left);
void *south(int left);
void *west(int left);

static const char *const names[] = {"", "north", "east", "south", "west"};

/* The functions that are running, three bits each, the innermost lowest. */
static unsigned long path;
static unsigned long paths[PATHS];
static unsigned counts[PATHS];

static unsigned long state;

static unsigned draw(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33);
}

static void count_path(void)
{
	unsigned i = (unsigned)(path * 0x9e3779b97f4a7c15u >> 48) % PATHS;

	while (counts[i] != 0 && paths[i] != path)
		i = (i + 1) % PATHS;
	paths[i] = path;
	counts[i]++;
}

SITE void *xmalloc(size_t size)
{
	void *block = malloc(size);

	KEEP(block);
	return block;
}

SITE void *leaf(size_t size)
{
	void *block;

	count_path();
	block = draw() % 2 != 0 ? malloc(size) : xmalloc(size);
	KEEP(block);
	return block;
}

static void *(*const volatile ways[])(int) = {north, east, south, west};

/* All of a function's calls come back to one place, whoever is called. */
#define GO_ON(number)                                                                        \
	__extension__({                                                                      \
		void *block;                                                                 \
		path = path << 3 | (number);                                                 \
		block = left > 0 && draw() % 8 != 0 ? ways[draw() % 4](left - 1) : leaf(32); \
		KEEP(block);                                                                 \
		path >>= 3;                                                                  \
		block;                                                                       \
	})

SITE void *north(int left)
{
	return GO_ON(1);
}

/* These two have room of a size that nobody knows beforehand, so that their frames move. */
SITE void *east(int left)
{
	char *space = __builtin_alloca(draw() % 2 * 96 + 32);

	KEEP(space);
	return GO_ON(2);
}

SITE void *south(int left)
{
	char *space = __builtin_alloca(draw() % 3 * 48 + 16);

	KEEP(space);
	return GO_ON(3);
}

SITE void *west(int left)
{
	char filler[200];

	KEEP(left);
	__asm__ volatile("" ::"r"(filler) : "memory");
	return GO_ON(4);
}

static void tell(FILE *file, unsigned long of)
{
	fputs(" leaf", file);
	for (; of != 0; of >>= 3)
		fprintf(file, " %s", names[of & 7]);
	fputs(" main\n", file);
}

int main(int count, char **arguments)
{
	FILE *file;

	MUST(count == 2);
	for (int i = 0; i < WALKS; i++) {
		/* The same walks again and again, some more often than others. */
		state = (unsigned long)i;
		state = draw() % (1 + draw() % KINDS);
		free(ways[draw() % 4](LEVELS));
	}
	file = fopen(arguments[1], "w");
	MUST(file != NULL);
	for (int i = 0; i < PATHS; i++)
		if (counts[i] != 0) {
			fprintf(file, "%u", counts[i]);
			tell(file, paths[i]);
		}
	MUST(fclose(file) == 0);
	return 0;
}
