/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/peak.h"
#include "lib/pool/charge.h"
#include "lib/stats/segment.h"

uint8_t pool_site_steps[HEAP_SITES_MAX];

/* The cells of a site. */
struct tally {
	uint64_t allocated, freed; /* charge */
	uint32_t cells;
	uint32_t shards; /* that have allocated */
};

BASE_INLINE void add_cell(struct tally *tally, const struct pooltag_cell *cell)
{
	uint64_t allocated;

	if (cell == NULL)
		return;
	tally->freed += base_load_acquire(&cell->free_charge);
	allocated = base_load_acquire(&cell->alloc_charge);
	tally->allocated += allocated;
	tally->shards += allocated != 0;
	tally->cells++;
}

static struct tally tally(uint32_t site)
{
	struct tally tally = {0};

	for (const struct pool_thread *thread = pool_threads_all(); thread != NULL;
	     thread = thread->next)
		add_cell(&tally, pool_cell_seen(thread->chunks, site));
	add_cell(&tally, pool_cell_seen(pool_orphan.chunks, site));
	if (site < pool_inherited.sites)
		add_cell(&tally, pool_cell_seen(pool_inherited.chunks, site));
	return tally;
}

static void raise(uint64_t *word, uint64_t value)
{
	uint64_t seen = base_load_relaxed(word);

	while (seen < value && !__atomic_compare_exchange_n(word, &seen, value, 1, __ATOMIC_RELAXED,
							    __ATOMIC_RELAXED))
		continue;
}

/* Makes the step of a site at least `step`; what it is now. */
static uint64_t raise_step(uint32_t site, uint64_t step)
{
	uint8_t *at = &pool_site_steps[site];
	uint8_t seen = base_load_relaxed(at);
	uint8_t wanted = 0;

	if (step >> POOL_STEP_SHIFT != 0)
		wanted = (uint8_t)(63 - __builtin_clzll(step) - POOL_STEP_SHIFT);
	while (seen < wanted && !__atomic_compare_exchange_n(at, &seen, wanted, 1, __ATOMIC_RELAXED,
							     __ATOMIC_RELAXED))
		continue;
	return (uint64_t)1 << (POOL_STEP_SHIFT + base_max(seen, wanted));
}

/*
 * Large enough that looking, some 500 instructions, stays cheap: a hundred and more small blocks, a
 * few that are large, and cost more themselves.
 */
static uint64_t step_for(const struct pool_look *look, uint64_t in_use, uint32_t shards)
{
	uint64_t few = base_max(base_min(16 * look->charge, 256 * 1024), 4 * look->charge);
	uint64_t blocks = base_max(base_min(256 * look->charge, 16 * 1024), few);
	uint64_t some = base_min(base_load_relaxed(&look->cell->alloc_charge) / 8, blocks);

	return base_max(some * shards, in_use / 64);
}

struct pool_look pool_look_start(uint32_t site, const struct pooltag_cell *cell, size_t charge)
{
	return (struct pool_look){
		.wanted = 1,
		.site = site,
		.charge = charge,
		.cell = cell,
		.freed = tally(site).freed,
	};
}

void pool_look_end(const struct pool_look *look)
{
	struct pooltag_peak *record = stats_peak_record(look->site);
	struct tally seen = tally(look->site);
	uint64_t freed = seen.cells > 1 ? tally(look->site).freed : look->freed;
	uint64_t most = seen.allocated - look->freed;
	uint64_t step = raise_step(look->site, step_for(look, most, seen.shards));

	if (freed < seen.allocated)
		raise(&record->found, seen.allocated - freed);
	raise(&record->most, most + seen.shards * step);
}
