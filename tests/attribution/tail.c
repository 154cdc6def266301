// SPDX-License-Identifier: BSD-2-Clause
/*
 * tail.c - calls that are jumps, so that their function is not on the stack; the table is
 * tail.expect. Built with -O2 only.
 */
#include "host.h"

void *jumps(size_t size);
void *jumps_to_wrapper(size_t size);
void *xmalloc(size_t size);
void *calls_jumper(void);
void *calls_wrapper_jumper(void);

SITE void *jumps(size_t size)
{
	return malloc(size + 1);
}

/* A wrapper that is left by a jump is not there at all; who called it is charged as before. */
SITE void *xmalloc(size_t size)
{
	return malloc(size + 2);
}

SITE void *jumps_to_wrapper(size_t size)
{
	return xmalloc(size + 4);
}

SITE void *calls_jumper(void)
{
	void *block = jumps(100);

	KEEP(block);
	return block;
}

SITE void *calls_wrapper_jumper(void)
{
	void *block = jumps_to_wrapper(200);

	KEEP(block);
	return block;
}

int main(void)
{
	void *block;

	calls_jumper();
	calls_wrapper_jumper();
	block = xmalloc(300);
	KEEP(block);
	return 0;
}
