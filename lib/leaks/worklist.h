/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * worklist.h - which pages have blocks that are to be read, by number
 *
 * Purpose: a set of numbers with the next one at or after any number, in a few steps. Pages are taken
 * round and round in order of address, so that each gathers blocks until its turn comes, and its
 * translation and its lines are fetched once for all of them: in heaps of many small blocks that point
 * anywhere this is most of a scan's time.
 *
 * A bit for each number; above, a bit for each word of bits that is not 0, and so on to a single word.
 *
 * Callers: leaks/mark.c. Locking: none, the child has one thread. Context: raw mappings only.
 */
#ifndef LIB_LEAKS_WORKLIST_H
#define LIB_LEAKS_WORKLIST_H

#include "lib/base/compiler.h"

#define LEAKS_WORK_LEVELS 6 /* 64 each: 2^36 numbers */
#define LEAKS_WORK_NONE   UINT32_MAX

struct leaks_worklist {
	uint64_t *levels[LEAKS_WORK_LEVELS];
	uint32_t depth;
};

/* An empty list for the numbers below `count`. 0 or -ENOMEM. */
int leaks_worklist_make(struct leaks_worklist *list, uint32_t count);

/* The first number in the list that is not below `from`, or LEAKS_WORK_NONE. */
uint32_t leaks_worklist_next(const struct leaks_worklist *list, uint32_t from);

BASE_INLINE int leaks_worklist_is_empty(const struct leaks_worklist *list)
{
	return list->levels[list->depth - 1][0] == 0;
}

BASE_INLINE void leaks_worklist_add(struct leaks_worklist *list, uint32_t number)
{
	for (uint32_t level = 0; level < list->depth; level++, number /= 64) {
		uint64_t *word = &list->levels[level][number / 64];
		uint64_t before = *word;

		*word = before | (uint64_t)1 << number % 64;
		if (before != 0)
			return;
	}
}

BASE_INLINE void leaks_worklist_remove(struct leaks_worklist *list, uint32_t number)
{
	for (uint32_t level = 0; level < list->depth; level++, number /= 64) {
		uint64_t *word = &list->levels[level][number / 64];

		*word &= ~((uint64_t)1 << number % 64);
		if (*word != 0)
			return;
	}
}

#endif
