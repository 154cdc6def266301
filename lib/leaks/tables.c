/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/tables.h"
#include "lib/base/sys.h"
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

void *leaks_map_table(size_t bytes)
{
	void *memory = base_map_memory(base_max(bytes, 1), PROT_READ | PROT_WRITE, MAP_NORESERVE);

	if (base_is_error(memory))
		return NULL;
	return memory;
}

void *leaks_map_dense(size_t bytes)
{
	size_t room = base_round_up(bytes, HUGE_PAGE);
	char *memory;

	if (bytes < HUGE_PAGE)
		return leaks_map_table(bytes);
	memory = leaks_map_table(room + HUGE_PAGE);
	if (memory == NULL)
		return NULL;
	memory = (char *)base_round_up((uintptr_t)memory, HUGE_PAGE);
	BASE_SYSCALL3(SYS_madvise, memory, room, MADV_HUGEPAGE);
	return memory;
}
