/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * once.c - a program that allocates once and ends
 *
 * Writes CLOCK_MONOTONIC as two 64-bit numbers, at the start and at the end of main, to the file
 * descriptor that BENCH_STAMPS_FD names.
 */
#include "stamp.h"

static void *volatile block;

int main(void)
{
	stamp();
	block = malloc(128);
	stamp();
	return block == NULL;
}
