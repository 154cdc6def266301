/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * grow.c - a program with a few known stacks, for exports of a real process
 *
 * grow_big() is called from two places: 20 and 60 blocks of 10,000 bytes stay; grow_small() leaves
 * 100 of 100. Prints `ready`, and after each line on standard input grows as much again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROW_KEPT 4096

static void *kept[GROW_KEPT];
static size_t count;

static __attribute__((noinline)) void grow_big(size_t blocks)
{
	for (size_t i = 0; i < blocks && count < GROW_KEPT; i++) {
		kept[count] = malloc(10000);
		memset(kept[count++], 1, 10000);
	}
}

static __attribute__((noinline)) void grow_small(size_t blocks)
{
	for (size_t i = 0; i < blocks && count < GROW_KEPT; i++)
		kept[count++] = calloc(1, 100);
}

static __attribute__((noinline)) void grow_few(void)
{
	grow_big(20);
	puts("");
}

static __attribute__((noinline)) void grow_many(void)
{
	grow_big(60);
	grow_small(100);
	puts("");
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0); /* no allocation of stdio's among ours */
	do {
		grow_few();
		grow_many();
		puts("ready");
	} while (getchar() != EOF);
	return count == 0 || !kept[0];
}
