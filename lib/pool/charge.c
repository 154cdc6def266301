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

#define CHUNKS_MIN POOL_FIRST_CHUNKS

struct pool_directory pool_inherited;

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

static int grow_directory(struct pool_thread *thread, uint32_t chunk)
{
	uint32_t capacity = thread->chunk_capacity != 0 ? thread->chunk_capacity : CHUNKS_MIN;
	struct pooltag_cell **chunks;

	while (capacity <= chunk)
		capacity *= 2;
	chunks = base_map_memory(capacity * sizeof(*chunks), PROT_READ | PROT_WRITE, MAP_NORESERVE);
	if (base_is_error(chunks))
		return -1;
	BASE_SYSCALL3(SYS_madvise, chunks, capacity * sizeof(*chunks), MADV_WIPEONFORK);
	for (uint32_t i = 0; i < thread->chunk_capacity; i++)
		chunks[i] = thread->chunks[i];
	/* In this order, as other threads look at them in the other one; see peak.c. */
	base_store_release(&thread->chunks, chunks);
	base_store_release(&thread->chunk_capacity, capacity);
	return 0;
}

static struct pooltag_cell *find_or_make_cell(struct pool_thread *thread, uint32_t site)
{
	uint32_t chunk = site / POOLTAG_CHUNK_CELLS;

	if (chunk >= thread->chunk_capacity && grow_directory(thread, chunk) != 0)
		return NULL;
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
		uint32_t chunk = owner.first_site / POOLTAG_CHUNK_CELLS;

		if (thread != NULL && chunk < thread->chunk_capacity)
			thread->chunks[chunk] = stats_chunk_cells(i);
	}
	base_munmap(by_shard, bytes);
}

void pool_inherited_make(uint32_t sites)
{
	uint32_t capacity = (sites + POOLTAG_CHUNK_CELLS - 1) / POOLTAG_CHUNK_CELLS;

	/* A parent's own is part of what this child has from it. */
	if (pool_inherited.capacity != 0)
		base_munmap(pool_inherited.chunks, pool_inherited.capacity * sizeof(void *));
	pool_inherited.capacity = 0;
	pool_inherited.chunks =
		base_map_memory(capacity * sizeof(void *), PROT_READ | PROT_WRITE, 0);
	if (!base_is_error(pool_inherited.chunks))
		pool_inherited.capacity = capacity;
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
