// SPDX-License-Identifier: BSD-2-Clause
/* stacks.c - allocations in known stacks, for stack=N; stacks.expect has them from the inside out */
#include "host.h"

#include <signal.h>

void *xmalloc(size_t size);
void *my_malloc(size_t size);
void *leaf(size_t size);
void *left(size_t size);
void *right(size_t size);
void *deep(int depth);
void *wrapped(size_t size);
void *shifted(size_t room, size_t size);
void *first(size_t size);
void *second(size_t size);
void frees(void *block);
void handler(int number);
void sorts(void);
int compares(const void *a, const void *b);

SITE void *leaf(size_t size)
{
	void *block = malloc(size);

	KEEP(block);
	return block;
}

SITE void *left(size_t size)
{
	void *block = leaf(size);

	KEEP(block);
	return block;
}

SITE void *right(size_t size)
{
	void *block = leaf(size + 1);

	KEEP(block);
	return block;
}

SITE void *deep(int depth)
{
	void *block = depth > 1 ? deep(depth - 1) : leaf(500);

	KEEP(block);
	return block;
}

SITE void *my_malloc(size_t size)
{
	void *block = malloc(size);

	KEEP(block);
	return block;
}

SITE void *xmalloc(size_t size)
{
	void *block = my_malloc(size);

	KEEP(block);
	return block;
}

SITE void *wrapped(size_t size)
{
	void *block = xmalloc(size);

	KEEP(block);
	return block;
}

/*
 * first and second call it with the same room in all, so that the stack pointer is the same below it and
 * nothing but the frame register tells where its caller's return address is; where the other one's was
 * the room is, and it may stand there still.
 */
SITE void *shifted(size_t room, size_t size)
{
	char *space = __builtin_alloca(room);
	void *block;

	KEEP(space);
	block = leaf(size);
	KEEP(block);
	return block;
}

/* Not known when this is compiled, so that the register is needed. */
static volatile size_t less = 256, more = 1024;

SITE void *first(size_t size)
{
	char *space = __builtin_alloca(less);
	void *block;

	KEEP(space);
	block = shifted(more, size);
	KEEP(block);
	return block;
}

SITE void *second(size_t size)
{
	char *space = __builtin_alloca(more);
	void *block;

	KEEP(space);
	block = shifted(less, size);
	KEEP(block);
	return block;
}

SITE void frees(void *block)
{
	free(block);
	STAY();
}

SITE void handler(int number)
{
	frees(leaf((size_t)number + 300));
	STAY();
}

SITE int compares(const void *a, const void *b)
{
	left(7);
	return *(const int *)a - *(const int *)b;
}

SITE void sorts(void)
{
	int numbers[] = {2, 1};

	qsort(numbers, 2, sizeof(numbers[0]), compares);
	STAY();
}

/* Called from the same place, so that their return addresses are the same, too. */
static void *(*const volatile either[])(size_t) = {first, second};

int main(void)
{
	for (int i = 0; i < 10; i++) {
		frees(left(100));
		right(100);
		wrapped(20);
	}
	for (int i = 0; i < 20; i++)
		either[i % 2](50);
	right(1000);
	deep(3);
	deep(70);
	deep(70);
	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	sorts();
	return 0;
}
