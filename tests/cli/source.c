/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * source.c - a program whose allocations are at known lines
 *
 * Built by source_test.sh, with -g and optimised. The lines are found there by their comments.
 */
#include <stdlib.h>
#include <unistd.h>

static inline __attribute__((always_inline)) void *make_thing(size_t size)
{
	return malloc(size); /* LINE inlined */
}

__attribute__((noinline)) static void *outer_function(size_t size)
{
	void *thing = make_thing(size); /* LINE outer */

	__asm__ volatile("" : "+r"(thing));
	return thing;
}

__attribute__((noinline)) static void *plain_function(size_t size)
{
	void *thing = calloc(1, size); /* LINE plain */

	__asm__ volatile("" : "+r"(thing));
	return thing;
}

int main(void)
{
	for (int i = 0; i < 100; i++) {
		void *things[2] = {outer_function(1000), plain_function(3000)};

		__asm__ volatile("" : : "r"(things) : "memory");
	}
	return 0;
}
