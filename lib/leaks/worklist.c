/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/worklist.h"
#include "lib/leaks/tables.h"
#include <errno.h>

/* Fewer are too few to tell much from little: a level has as many, or 64 times as many at most. */
#define PLACES_MIN 16

int leaks_worklist_make(struct leaks_worklist *list, uint32_t count)
{
	*list = (struct leaks_worklist){0};
	do {
		/* And one that stays 0, for searches that start behind the last number. */
		size_t words = count / 64 + 2;
		void *memory = leaks_map_table(words * sizeof(uint64_t));

		if (memory == NULL)
			return -ENOMEM;
		list->levels[list->depth++] = memory;
		if (list->places == NULL || count >= PLACES_MIN) {
			list->places = memory;
			list->place_words = count / 64 + 1;
		}
		count = count / 64 + 1;
	} while (count > 1);
	return 0;
}

void leaks_worklist_raise(struct leaks_worklist *list, uint32_t level, uint32_t number)
{
	for (; level < list->depth; level++, number /= 64)
		if (__atomic_fetch_or(&list->levels[level][number / 64], (uint64_t)1 << number % 64,
				      __ATOMIC_ACQ_REL) != 0)
			return;
}

/* Takes back a bit, and those above that stand for a word that is 0 then. */
static void lower(struct leaks_worklist *list, uint32_t level, uint32_t number)
{
	for (; level < list->depth; level++, number /= 64) {
		uint64_t bit = (uint64_t)1 << number % 64;
		uint64_t left = __atomic_and_fetch(&list->levels[level][number / 64], ~bit,
						   __ATOMIC_ACQ_REL);

		/* Something was added to the word this bit stands for while it was set. */
		if (level > 0 && base_load_acquire(&list->levels[level - 1][number]) != 0) {
			leaks_worklist_raise(list, level, number);
			return;
		}
		if (left != 0)
			return;
	}
}

void leaks_worklist_remove(struct leaks_worklist *list, uint32_t number)
{
	lower(list, 0, number);
}

/*
 * The first number below a bit of `level`; none when another thread has just removed it. If that
 * was before the one that added it had told all levels, the bit stands for nothing, and goes.
 */
static uint32_t first_below(struct leaks_worklist *list, uint32_t level, uint32_t number)
{
	for (; level > 0; level--) {
		uint64_t word = base_load_acquire(&list->levels[level - 1][number]);

		if (word == 0) {
			lower(list, level, number);
			return LEAKS_WORK_NONE;
		}
		number = number * 64 + (uint32_t)__builtin_ctzl(word);
	}
	return number;
}

uint32_t leaks_worklist_next(struct leaks_worklist *list, uint32_t from)
{
	for (uint32_t level = 0; level < list->depth; level++) {
		uint64_t left = base_load_acquire(&list->levels[level][from / 64]) &
				~(uint64_t)0 << from % 64;

		if (left != 0)
			return first_below(list, level,
					   from / 64 * 64 + (uint32_t)__builtin_ctzl(left));
		from = from / 64 + 1;
	}
	return LEAKS_WORK_NONE;
}
