/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host.c - every operation of the allocator, warm, in rounds that callgrind tells apart
 *
 * Usage: host; prints the names of its operations in order. Each has three calls of host_round():
 * one to warm up, then two with different counts, whose difference is what the operations cost.
 * Callers: run.py. Built so that every call stays where it is written.
 */
#include <stdio.h>
#include <stdlib.h>

/* Operations of each round; the first warms up. run.py knows the others. */
static const unsigned rounds[] = {500, 1000, 3000};

/* Frames between main and an operation, for keys made of a stack. */
#define DEPTH    10

#define NOINLINE __attribute__((noinline))

/* What C++ calls, by the names the linker knows. */
void *_Znwm(size_t size);
void _ZdlPv(void *block);
void _ZdlPvm(void *block, size_t size);

struct operation {
	const char *name;
	void (*run)(size_t size);
	size_t size;
};

static void malloc_free(size_t size)
{
	free(malloc(size));
}

static void calloc_free(size_t size)
{
	free(calloc(1, size));
}

static void new_delete(size_t size)
{
	_ZdlPv(_Znwm(size));
}

static void new_delete_sized(size_t size)
{
	_ZdlPvm(_Znwm(size), size);
}

/* The library's list of wrappers has these names. */
NOINLINE void *xmalloc(size_t size);
NOINLINE void *twice_malloc(size_t size);

NOINLINE void *xmalloc(size_t size)
{
	void *block = malloc(size);

	if (block == NULL)
		abort();
	return block;
}

NOINLINE void *twice_malloc(size_t size)
{
	void *block = xmalloc(size);

	*(volatile char *)block = 0;
	return block;
}

static void one_wrapper(size_t size)
{
	free(xmalloc(size));
}

static void two_wrappers(size_t size)
{
	free(twice_malloc(size));
}

static void *resized;

static void realloc_in_place(size_t size)
{
	resized = realloc(resized, size);
}

/* To a size of another class and back: two moves. */
static void realloc_moving(size_t size)
{
	resized = realloc(resized, 2 * size);
	resized = realloc(resized, size);
}

static const struct operation operations[] = {
	{"malloc-64", malloc_free, 64},
	{"malloc-4096", malloc_free, 4096},
	{"malloc-16384", malloc_free, 16384},
	{"calloc-64", calloc_free, 64},
	{"calloc-4096", calloc_free, 4096},
	{"new-64", new_delete, 64},
	{"new-64-sized-delete", new_delete_sized, 64},
	{"one-wrapper-64", one_wrapper, 64},
	{"two-wrappers-64", two_wrappers, 64},
	{"realloc-64-in-place", realloc_in_place, 64},
	{"realloc-64-moving-twice", realloc_moving, 64},
};

NOINLINE void host_round(const struct operation *operation, unsigned count);
NOINLINE void deeper(const struct operation *operation, unsigned count, unsigned depth);

NOINLINE void host_round(const struct operation *operation, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		operation->run(operation->size);
}

NOINLINE void deeper(const struct operation *operation, unsigned count, unsigned depth)
{
	if (depth > 0)
		deeper(operation, count, depth - 1);
	else
		host_round(operation, count);
	__asm__ volatile("" ::: "memory");
}

int main(void)
{
	for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
		const struct operation *operation = &operations[i];

		if (printf("%s\n", operation->name) < 0)
			return 1;
		for (size_t j = 0; j < sizeof rounds / sizeof *rounds; j++)
			deeper(operation, rounds[j], DEPTH);
		free(resized);
		resized = NULL;
	}
	return 0;
}
