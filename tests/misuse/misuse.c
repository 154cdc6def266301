// SPDX-License-Identifier: BSD-2-Clause
/* misuse.c - one bug per name, each the only thing that the process does wrong */
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Hides a pointer from a compiler that would warn of, or use, what happens to it. */
static void *launder(void *block)
{
	void *volatile copy = block;

	return copy;
}

static void double_free_small(void)
{
	void *block = malloc(40);

	free(launder(block));
	free(launder(block));
}

/* The block has gone through the front list to others and back before it is freed again. */
static void double_free_late(void)
{
	void *block = malloc(40);
	void *others[1000];

	free(launder(block));
	for (int i = 0; i < 1000; i++)
		others[i] = malloc(1000);
	for (int i = 0; i < 1000; i++)
		free(others[i]);
	free(launder(block));
}

static void double_free_big(void)
{
	void *block = malloc(300000);

	free(launder(block));
	free(launder(block));
}

static void free_interior_small(void)
{
	char *block = malloc(200);

	free(launder(block + 48));
}

static void free_interior_big(void)
{
	char *block = malloc(300000);

	free(launder(block + 8192));
}

static void free_misaligned(void)
{
	char *block = malloc(200);

	free(launder(block + 3));
}

static void free_stack(void)
{
	char local[64] = "on the stack";

	free(launder(local));
}

static void free_global(void)
{
	static char global[64] = "in the data segment";

	free(launder(global));
}

static void free_wild(void)
{
	free((void *)(uintptr_t)0x123456789ab0); /* canonical, and mapped by nobody */
}

/*
 * Every byte up to and with the first that is not the block's. What malloc_usable_size promises is
 * the block's: glibc lets programs write it, and so do we.
 */
static void overrun(size_t size)
{
	char *block = malloc(size);

	memset(launder(block), 'A', malloc_usable_size(block) + 1);
	free(launder(block));
}

static void overrun_small(void)
{
	overrun(40);
}

static void overrun_odd(void)
{
	overrun(41);
}

static void overrun_zero(void)
{
	overrun(0);
}

/* Twelve bytes too many, as a string copied into too small a block writes them. */
static void overrun_string(void)
{
	char *block = malloc(24);

	memcpy(launder(block), "a string of thirty-five characters.", 36);
	free(launder(block));
}

/* The header that breaks is that of the block before; it is found when that one is freed. */
static void underrun(void)
{
	char *blocks[64];

	for (int i = 0; i < 64; i++)
		blocks[i] = malloc(40);
	for (int i = 0; i < 64; i++)
		memset((char *)launder(blocks[i]) - 8, 'B', 8);
	for (int i = 0; i < 64; i++)
		free(launder(blocks[i]));
}

static void realloc_freed(void)
{
	void *block = malloc(40);

	free(launder(block));
	block = realloc(launder(block), 400);
	free(block);
}

static void realloc_wild(void)
{
	free(realloc((void *)(uintptr_t)0x123456789ab0, 10));
}

static const struct {
	const char *name;
	void (*bug)(void);
} bugs[] = {
	{"double-free-small", double_free_small},
	{"double-free-late", double_free_late},
	{"double-free-big", double_free_big},
	{"free-interior-small", free_interior_small},
	{"free-interior-big", free_interior_big},
	{"free-misaligned", free_misaligned},
	{"free-stack", free_stack},
	{"free-global", free_global},
	{"free-wild", free_wild},
	{"overrun-small", overrun_small},
	{"overrun-odd", overrun_odd},
	{"overrun-zero", overrun_zero},
	{"overrun-string", overrun_string},
	{"underrun", underrun},
	{"realloc-freed", realloc_freed},
	{"realloc-wild", realloc_wild},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof bugs / sizeof bugs[0]; i++) {
		if (strcmp(argv[1], bugs[i].name) == 0) {
			bugs[i].bug();
			puts("not noticed");
			return 0;
		}
	}
	fputs("usage: misuse BUG\n", stderr);
	return 2;
}
