/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/charge.h"
#include "lib/base/options.h"
#include "lib/base/sys.h"
#include "lib/pool/peak.h"
#include "lib/pool/state.h"
#include "lib/sites/modules.h"
#include "lib/sites/rules.h"
#include "lib/stats/segment.h"
#include <pooltag/segment.h>
#include <sys/mman.h>

struct pool_inherited pool_inherited;

/* Where a thread counts that cannot even get cells: seen by nobody, but never in the way. */
static struct pooltag_cell unseen;

void pool_charge_init(const struct pooltag_cell *early)
{
	sites_modules_init();
	if (base_options.rules[0] != '\0')
		sites_rules_load(base_options.rules);
	if (early->allocs != 0) {
		struct pooltag_cell *cell = pool_cell_of(&pool_orphan, POOLTAG_SITE_EARLY);

		if (cell != NULL)
			*cell = *early;
	}
}

/* --- cells ---------------------------------------------------------------------------------- */

static struct pooltag_cell *find_or_make_cell(struct pool_thread *thread, uint32_t site)
{
	uint32_t chunk = pool_chunk_of(site);

	if (thread->chunks[chunk] == NULL)
		base_store_release(&thread->chunks[chunk],
				   stats_chunk(thread->shard, chunk * POOLTAG_CHUNK_CELLS));
	if (thread->chunks[chunk] == NULL)
		return NULL;
	return thread->chunks[chunk] + site % POOLTAG_CHUNK_CELLS;
}

void pool_cells_find(struct pool_thread *threads)
{
	size_t bytes = base_round_up(stats_shard_count() * sizeof(void *), BASE_PAGE_SIZE);
	struct pool_thread **by_shard = base_map_memory(bytes, PROT_READ | PROT_WRITE, 0);

	/* Without them cells are made a second time; sums are over all there are. */
	if (base_is_error(by_shard))
		return;
	for (struct pool_thread *thread = threads; thread != NULL; thread = thread->next)
		by_shard[thread->shard] = thread;
	by_shard[pool_orphan.shard] = &pool_orphan;
	for (uint32_t i = 0; i < stats_chunk_count(); i++) {
		struct pooltag_chunk owner = stats_chunk_owner(i);
		struct pool_thread *thread = by_shard[owner.shard];
		uint32_t chunk = pool_chunk_of(owner.first_site);

		if (thread != NULL)
			thread->chunks[chunk] = stats_chunk_cells(i);
	}
	base_munmap(by_shard, bytes);
}

void pool_inherited_make(uint32_t sites)
{
	size_t per_page = BASE_PAGE_SIZE / sizeof(void *) * POOLTAG_CHUNK_CELLS;
	uint32_t rounded = (uint32_t)base_round_up(sites, per_page);

	/* A parent's own is part of what this child has from it. */
	if (pool_inherited.sites != 0)
		base_munmap(pool_inherited.chunks,
			    pool_inherited.sites / POOLTAG_CHUNK_CELLS * sizeof(void *));
	pool_inherited.chunks = base_map_memory(rounded / POOLTAG_CHUNK_CELLS * sizeof(void *),
						PROT_READ | PROT_WRITE, 0);
	pool_inherited.sites = base_is_error(pool_inherited.chunks) ? 0 : rounded;
}

struct pooltag_cell *pool_cell_of(struct pool_thread *thread, uint32_t site)
{
	struct pooltag_cell *cell;

	if (thread != &pool_orphan)
		return find_or_make_cell(thread, site);
	base_lock_take(&pool_state.lock);
	cell = find_or_make_cell(thread, site);
	base_lock_drop(&pool_state.lock);
	return cell;
}

/* --- counting ------------------------------------------------------------------------------- */

static struct pooltag_cell *cell_or_unseen(struct pool_thread *thread, uint32_t site)
{
	struct pooltag_cell *cell = pool_cell_of(thread, site);

	if (cell != NULL)
		return cell;
	base_add_atomic(&stats_process()->cells_lost, 1);
	return &unseen;
}

static void count_shared(struct pooltag_cell *cell, struct pool_amount amount)
{
	base_add_atomic(&cell->allocs, 1);
	base_add_atomic(&cell->alloc_bytes, amount.requested);
	base_add_atomic(&cell->alloc_charge, amount.charge);
	base_add_atomic(&cell->big_allocs, amount.big);
}

void pool_count_alloc(struct pool_thread *thread, uint32_t site, struct pool_amount amount)
{
	struct pooltag_cell *cell = pool_own_cell(thread, site);
	struct pool_look look;

	if (BASE_UNLIKELY(cell == NULL))
		cell = cell_or_unseen(thread, site);
	look = cell != &unseen ? pool_look_begin(site, cell, amount.charge)
			       : (struct pool_look){.wanted = 0};
	if (BASE_UNLIKELY(thread == &pool_orphan))
		count_shared(cell, amount);
	else
		pool_count_in(cell, amount);
	if (BASE_UNLIKELY(look.wanted))
		pool_look_end(&look);
}

static void uncount(struct pooltag_cell *cell, struct pool_amount amount)
{
	base_add_owned(&cell->frees, 1);
	base_add_owned(&cell->free_bytes, amount.requested);
	base_add_owned(&cell->free_charge, amount.charge);
	base_add_owned(&cell->big_frees, amount.big);
}

static void uncount_shared(struct pooltag_cell *cell, struct pool_amount amount)
{
	base_add_atomic(&cell->frees, 1);
	base_add_atomic(&cell->free_bytes, amount.requested);
	base_add_atomic(&cell->free_charge, amount.charge);
	base_add_atomic(&cell->big_frees, amount.big);
}

void pool_count_free(struct pool_thread *thread, uint32_t site, struct pool_amount amount)
{
	struct pooltag_cell *cell = pool_own_cell(thread, site);

	if (BASE_LIKELY(cell != NULL))
		uncount(cell, amount);
	else if (thread == &pool_orphan)
		uncount_shared(cell_or_unseen(thread, site), amount);
	else
		uncount(cell_or_unseen(thread, site), amount);
}
