// SPDX-License-Identifier: BSD-2-Clause
/*
 * pitfall.h - what the pitfall hosts share
 *
 * A host is run twice, without and with the library, and must print and return the same. It checks
 * itself with `must`, and prints what depends on nothing but itself.
 */
#ifndef TESTS_PITFALLS_PITFALL_H
#define TESTS_PITFALLS_PITFALL_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define must(condition)                                                                      \
	do {                                                                                 \
		if (!(condition)) {                                                          \
			fprintf(stderr, "%s:%d: %s does not hold: %s\n", __FILE__, __LINE__, \
				#condition, strerror(errno));                                \
			exit(3);                                                             \
		}                                                                            \
	} while (0)

struct pitfall {
	const char *name;
	void (*run)(const char *argument);
};

/* Runs the pitfall that argv[1] names with argv[2], or says which there are. */
static inline int pitfall_main(const struct pitfall *pitfalls, int count, int argc, char **argv)
{
	for (int i = 0; argc > 1 && i < count; i++) {
		if (strcmp(argv[1], pitfalls[i].name) == 0) {
			pitfalls[i].run(argc > 2 ? argv[2] : "");
			return 0;
		}
	}
	fprintf(stderr, "usage: %s PITFALL [argument]\n", argv[0]);
	return 2;
}

/* Allocates, fills, checks and frees blocks of many sizes; returns how many. */
__attribute__((noinline, unused)) static int pitfall_churn(unsigned seed)
{
	enum { BLOCKS = 200 };

	unsigned char *blocks[BLOCKS] = {NULL};
	size_t sizes[BLOCKS] = {0};
	int made = 0;

	for (int i = 0; i < 4 * BLOCKS; i++) {
		int at = (int)(seed % BLOCKS);

		seed = seed * 1103515245u + 12345u;
		if (blocks[at] != NULL) {
			must(blocks[at][0] == (unsigned char)at &&
			     blocks[at][sizes[at] - 1] == (unsigned char)at);
			free(blocks[at]);
		}
		sizes[at] = 1 + (seed >> 8) % (i % 37 == 0 ? 300000 : 2000);
		blocks[at] = malloc(sizes[at]);
		must(blocks[at] != NULL);
		memset(blocks[at], at, sizes[at]);
		made++;
	}
	for (int i = 0; i < BLOCKS; i++)
		free(blocks[i]);
	return made;
}

#endif
