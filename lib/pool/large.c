/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/large.h"
#include "lib/base/options.h"
#include "lib/heap/je.h"
#include "lib/heap/map.h"
#include "lib/pool/front.h"

/* The most that is kept, and the largest block that is. */
static size_t bytes_max(void)
{
	return base_options.front_bytes * POOL_LARGE_FACTOR;
}

static void remove(struct pool_thread *thread, uint32_t at)
{
	thread->large_bytes -= thread->large[at].charge;
	thread->large_count--;
	for (uint32_t i = at; i < thread->large_count; i++)
		thread->large[i] = thread->large[i + 1];
}

void *pool_large_take(struct pool_thread *thread, size_t charge)
{
	for (uint32_t i = thread->large_count; i-- > 0;)
		if (thread->large[i].charge == charge) {
			void *block = thread->large[i].block;

			remove(thread, i);
			return block;
		}
	return NULL;
}

static void give_back_oldest(struct pool_thread *thread)
{
	struct pool_large oldest = thread->large[0];

	remove(thread, 0);
	heap_map_set((char *)oldest.block + BASE_PAGE_SIZE, 0);
	pooltag_je_sdallocx(oldest.block, oldest.charge, 0);
	pool_count_returned(thread, oldest.charge);
}

int pool_large_keep(struct pool_thread *thread, void *block, size_t charge)
{
	if (charge > bytes_max() || thread == &pool_orphan)
		return -1;
	while (thread->large_count == POOL_LARGE_MAX || thread->large_bytes + charge > bytes_max())
		give_back_oldest(thread);
	thread->large[thread->large_count++] =
		(struct pool_large){.block = block, .charge = charge};
	thread->large_bytes += charge;
	return 0;
}

void pool_large_flush(struct pool_thread *thread)
{
	while (thread->large_count > 0)
		give_back_oldest(thread);
}
