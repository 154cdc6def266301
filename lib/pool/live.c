/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/live.h"
#include "lib/base/atomic.h"
#include "lib/base/sys.h"
#include "lib/heap/slab.h"
#include "lib/pool/check.h"
#include "lib/pool/state.h"
#include "lib/stats/segment.h"
#include <sys/mman.h>

static size_t bytes_for(uint32_t sites)
{
	return base_round_up(sites * sizeof(struct pool_live), BASE_PAGE_SIZE);
}

struct pool_live_list pool_live_empty(void)
{
	uint32_t count = stats_site_count();
	struct pool_live *sites = base_map_memory(bytes_for(count), PROT_READ | PROT_WRITE, 0);

	if (base_is_error(sites))
		return (struct pool_live_list){0};
	return (struct pool_live_list){sites, count};
}

static void add_cell(const struct pooltag_cell *cell, struct pool_live *live)
{
	live->blocks -= base_load_relaxed(&cell->frees);
	live->bytes -= base_load_relaxed(&cell->free_bytes);
	live->charge -= base_load_relaxed(&cell->free_charge);
	live->big -= base_load_relaxed(&cell->big_frees);
	live->blocks += base_load_relaxed(&cell->allocs);
	live->bytes += base_load_relaxed(&cell->alloc_bytes);
	live->charge += base_load_relaxed(&cell->alloc_charge);
	live->big += base_load_relaxed(&cell->big_allocs);
}

struct pool_live_list pool_live_note(void)
{
	struct pool_live_list list = pool_live_empty();

	for (uint32_t chunk = 0; list.sites != NULL && chunk < stats_chunk_count(); chunk++) {
		uint32_t first = stats_chunk_owner(chunk).first_site;

		for (uint32_t i = 0; i < POOLTAG_CHUNK_CELLS && first + i < list.count; i++)
			add_cell(stats_chunk_cells(chunk) + i, &list.sites[first + i]);
	}
	return list;
}

void pool_live_forget(struct pool_live_list *list)
{
	if (list->sites != NULL)
		base_munmap(list->sites, bytes_for(list->count));
	*list = (struct pool_live_list){0};
}

void pool_sum(struct pool_totals *totals)
{
	*totals = (struct pool_totals){0};
	if (pool_enter() == NULL)
		return;
	/* Frees first: what is in use is never negative then. */
	for (uint32_t chunk = 0; chunk < stats_chunk_count(); chunk++)
		for (uint32_t i = 0; i < POOLTAG_CHUNK_CELLS; i++) {
			const struct pooltag_cell *cell = stats_chunk_cells(chunk) + i;

			totals->frees += base_load_acquire(&cell->frees);
			totals->free_bytes += base_load_relaxed(&cell->free_bytes);
			totals->free_charge += base_load_relaxed(&cell->free_charge);
		}
	for (uint32_t chunk = 0; chunk < stats_chunk_count(); chunk++)
		for (uint32_t i = 0; i < POOLTAG_CHUNK_CELLS; i++) {
			const struct pooltag_cell *cell = stats_chunk_cells(chunk) + i;

			totals->allocs += base_load_acquire(&cell->allocs);
			totals->alloc_bytes += base_load_relaxed(&cell->alloc_bytes);
			totals->alloc_charge += base_load_relaxed(&cell->alloc_charge);
		}
	for (struct pool_thread *t = pool_threads_all(); t != NULL; t = t->next)
		totals->front_held += pool_thread_held(t);
	totals->front_held += heap_slab_held() + pool_check_held();
	for (uint32_t shard = 0; shard < stats_shard_count(); shard++) {
		const struct pooltag_shard_counters *counters =
			&stats_shard_record(shard)->counters;

		totals->heap_taken += base_load_relaxed(&counters->heap_taken);
		totals->heap_returned += base_load_relaxed(&counters->heap_returned);
	}
}
