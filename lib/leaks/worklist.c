/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/worklist.h"
#include "lib/base/sys.h"
#include <errno.h>
#include <sys/mman.h>

int leaks_worklist_make(struct leaks_worklist *list, uint32_t count)
{
	*list = (struct leaks_worklist){0};
	do {
		/* And one that stays 0, for searches that start behind the last number. */
		size_t words = count / 64 + 2;
		void *memory = base_map_memory(words * sizeof(uint64_t), PROT_READ | PROT_WRITE,
					       MAP_NORESERVE);

		if (base_is_error(memory))
			return -ENOMEM;
		list->levels[list->depth++] = memory;
		count = count / 64 + 1;
	} while (count > 1);
	return 0;
}

/* The first number below that of a word of `level`. */
static uint32_t first_below(const struct leaks_worklist *list, uint32_t level, uint32_t number)
{
	while (level-- > 0)
		number = number * 64 + (uint32_t)__builtin_ctzl(list->levels[level][number]);
	return number;
}

uint32_t leaks_worklist_next(const struct leaks_worklist *list, uint32_t from)
{
	for (uint32_t level = 0; level < list->depth; level++) {
		uint64_t left = list->levels[level][from / 64] & ~(uint64_t)0 << from % 64;

		if (left != 0)
			return first_below(list, level,
					   from / 64 * 64 + (uint32_t)__builtin_ctzl(left));
		from = from / 64 + 1;
	}
	return LEAKS_WORK_NONE;
}
