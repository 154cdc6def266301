/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * worklist.h - which pages have blocks that are to be read, by number
 *
 * Purpose: a set of numbers with the next one at or after any number, in a few steps. Pages are
 * taken round and round in order of address, so that each gathers blocks until its turn comes, and
 * its translation and its lines are fetched once for all of them: in heaps of many small blocks
 * that point anywhere this is most of a scan's time.
 *
 * A bit for each number; above, a bit for each word of bits that is not 0, and so on to a single
 * word.
 *
 * Any number of threads may add and remove at once: a number that has been added is found until it
 * is removed, though not for the moment in which another one of its word is; the thread that
 * removes that one sees to it before it returns.
 *
 * Callers: leaks/follow.c. Locking: none. Context: raw mappings only.
 */
#ifndef LIB_LEAKS_WORKLIST_H
#define LIB_LEAKS_WORKLIST_H

#include "lib/base/atomic.h"

#define LEAKS_WORK_LEVELS 6 /* 64 each: 2^36 numbers */
#define LEAKS_WORK_NONE   UINT32_MAX

struct leaks_worklist {
	uint64_t *levels[LEAKS_WORK_LEVELS];
	uint32_t depth;
	uint32_t place_words;
	const uint64_t *places; /* the highest level of more than a few bits */
};

/* An empty list for the numbers below `count`. 0 or -ENOMEM. */
int leaks_worklist_make(struct leaks_worklist *list, uint32_t count);

/* The first number in the list that is not below `from`, or LEAKS_WORK_NONE. */
uint32_t leaks_worklist_next(struct leaks_worklist *list, uint32_t from);

BASE_INLINE int leaks_worklist_is_empty(const struct leaks_worklist *list)
{
	return base_load_acquire(&list->levels[list->depth - 1][0]) == 0;
}

/* In how many places of a thousand or less there are numbers; about, while others change it. */
BASE_INLINE uint32_t leaks_worklist_places(const struct leaks_worklist *list)
{
	uint32_t places = 0;

	for (uint32_t word = 0; word < list->place_words; word++)
		places += (uint32_t)__builtin_popcountl(base_load_acquire(&list->places[word]));
	return places;
}

/* What has become true of a level is told to those above. */
void leaks_worklist_raise(struct leaks_worklist *list, uint32_t level, uint32_t number);

BASE_INLINE void leaks_worklist_add(struct leaks_worklist *list, uint32_t number)
{
	/* Most are there already, and whoever removes one looks at its page afterwards. */
	if ((base_load_acquire(&list->levels[0][number / 64]) & (uint64_t)1 << number % 64) == 0)
		leaks_worklist_raise(list, 0, number);
}

void leaks_worklist_remove(struct leaks_worklist *list, uint32_t number);

#endif
