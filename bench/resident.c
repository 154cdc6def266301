/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * resident.c - a process with a known number of call sites and bytes of heap
 *
 * resident SITES BYTES exit    allocates and returns from main
 * resident SITES BYTES wait    allocates, writes a line, and returns when stdin ends
 *
 * BYTES are spread over blocks of 128 bytes that point at each other, so that all are reachable.
 * Writes CLOCK_MONOTONIC as two 64-bit numbers, at the start and at the end of main, to the file
 * descriptor that BENCH_STAMPS_FD names.
 */
#include "sites.h"
#include "stamp.h"

#include <stdio.h>
#include <string.h>

#define BLOCK_SIZE 128

static void *volatile first_block;

static void fill(size_t sites, size_t bytes)
{
	size_t blocks = bytes / BLOCK_SIZE > sites ? bytes / BLOCK_SIZE : sites;

	for (size_t i = 0; i < blocks; i++) {
		void **block = sites_malloc(i % sites, BLOCK_SIZE);

		if (!block)
			exit(1);
		block[0] = first_block;
		first_block = block;
	}
}

int main(int argc, char **argv)
{
	stamp();
	if (argc != 4 || (strcmp(argv[3], "exit") && strcmp(argv[3], "wait"))) {
		fprintf(stderr, "usage: resident SITES BYTES exit|wait\n");
		return 2;
	}
	size_t sites = strtoul(argv[1], NULL, 10);
	if (sites > SITES_COUNT) {
		fprintf(stderr, "resident: at most %d sites, not %zu\n", SITES_COUNT, sites);
		return 2;
	}
	if (sites)
		fill(sites, strtoul(argv[2], NULL, 10));
	if (!strcmp(argv[3], "wait")) {
		char c;

		puts("ready");
		fflush(stdout);
		while (read(STDIN_FILENO, &c, 1) > 0)
			continue;
	}
	stamp();
	return 0;
}
