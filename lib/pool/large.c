/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/large.h"
#include "lib/heap/je.h"
#include "lib/heap/map.h"
#include "lib/pool/front.h"

static void give_back_oldest(struct pool_thread *thread)
{
	struct pool_large oldest = thread->large[0];

	pool_large_remove(thread, &thread->large[0]);
	heap_map_set((char *)oldest.block + BASE_PAGE_SIZE, 0);
	pooltag_je_sdallocx(oldest.block, oldest.charge, 0);
	pool_count_returned(thread, oldest.charge);
}

int pool_large_keep(struct pool_thread *thread, void *block, size_t charge)
{
	if (charge > pool_large_bytes_max() || thread == &pool_orphan)
		return -1;
	while (!pool_large_has_room(thread, charge))
		give_back_oldest(thread);
	pool_large_add(thread, block, charge);
	return 0;
}

void pool_large_flush(struct pool_thread *thread)
{
	while (thread->large_count > 0)
		give_back_oldest(thread);
}
