/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/charge.h"
#include "lib/base/arena.h"
#include "lib/heap/map.h"
#include "lib/pool/describe.h"
#include "lib/pool/state.h"
#include "lib/sites/modules.h"
#include "lib/sites/table.h"
#include "lib/stats/segment.h"
#include <pooltag/segment.h>

#define CHUNKS_MIN 64u

struct pooltag_cell *pool_first_cell;

/* Where a thread counts that cannot even get cells: seen by nobody, but never in the way. */
static struct pooltag_cell unseen;

void pool_charge_init(const struct pooltag_cell *early)
{
	pool_first_cell = stats_first_cell();
	sites_modules_init();
	if (early->allocs != 0) {
		struct pooltag_cell *cell = pool_cell_of(&pool_orphan, POOLTAG_SITE_EARLY);

		if (cell != NULL)
			*cell = *early;
	}
}

/* --- sites ---------------------------------------------------------------------------------- */

/* Key -> site number, for the whole process. */
static struct sites_table sites;

static uint32_t make_site(uintptr_t return_address)
{
	struct pooltag_site record;
	uint32_t site;

	if (stats_site_count() >= HEAP_SITES_MAX) {
		base_add_atomic(&stats_process()->sites_lost, 1);
		return POOLTAG_SITE_LOST;
	}
	pool_describe_site(return_address, &record);
	site = stats_site(&record);
	if (site == STATS_NONE)
		return POOLTAG_SITE_LOST;
	sites_table_insert(&sites, return_address, site);
	return site;
}

static uint32_t find_or_make_site(uintptr_t return_address)
{
	uint64_t site = sites_table_find(&sites, return_address);

	if (site != SITES_UNKNOWN)
		return (uint32_t)site;
	base_lock_take(&pool_state.lock);
	site = sites_table_find(&sites, return_address);
	if (site == SITES_UNKNOWN)
		site = make_site(return_address);
	base_lock_drop(&pool_state.lock);
	return (uint32_t)site;
}

static uint32_t site_missed(struct pool_thread *thread, uintptr_t key)
{
	struct pool_slot *slot = pool_slot_of(thread, key);
	struct pooltag_cell *cell;
	uint32_t site = find_or_make_site(key);

	if (thread == &pool_orphan)
		return site;
	base_add_owned(&thread->record->counters.site_misses, 1);
	cell = pool_cell_of(thread, site);
	if (cell != NULL) {
		slot->site = site;
		slot->cell = (uint32_t)(cell - pool_first_cell);
		slot->key = key;
	}
	return site;
}

uint32_t pool_site_of(struct pool_thread *thread, struct pool_frame frame)
{
	/* A slot's key is never a wrapper's, so a hit needs no look at the frames. */
	uintptr_t key = pool_frame_caller(frame);
	struct pool_slot *slot = pool_slot_of(thread, key);

	if (slot->key == key)
		return slot->site;
	key = pool_charged_caller(thread, frame);
	slot = pool_slot_of(thread, key);
	if (slot->key == key)
		return slot->site;
	return site_missed(thread, key);
}

/* --- cells ---------------------------------------------------------------------------------- */

static int grow_directory(struct pool_thread *thread, uint32_t chunk)
{
	uint32_t capacity = thread->chunk_capacity != 0 ? thread->chunk_capacity : CHUNKS_MIN;
	struct pooltag_cell **chunks;

	while (capacity <= chunk)
		capacity *= 2;
	chunks = base_arena_take(capacity * sizeof(*chunks));
	if (chunks == NULL)
		return -1;
	for (uint32_t i = 0; i < thread->chunk_capacity; i++)
		chunks[i] = thread->chunks[i];
	thread->chunks = chunks;
	thread->chunk_capacity = capacity;
	return 0;
}

static struct pooltag_cell *find_or_make_cell(struct pool_thread *thread, uint32_t site)
{
	uint32_t chunk = site / POOLTAG_CHUNK_CELLS;

	if (chunk >= thread->chunk_capacity && grow_directory(thread, chunk) != 0)
		return NULL;
	if (thread->chunks[chunk] == NULL)
		thread->chunks[chunk] = stats_chunk(thread->shard, chunk * POOLTAG_CHUNK_CELLS);
	if (thread->chunks[chunk] == NULL)
		return NULL;
	return thread->chunks[chunk] + site % POOLTAG_CHUNK_CELLS;
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

static void count(struct pooltag_cell *cell, struct pool_amount amount)
{
	base_add_owned(&cell->allocs, 1);
	base_add_owned(&cell->alloc_bytes, amount.requested);
	base_add_owned(&cell->alloc_charge, amount.charge);
	base_add_owned(&cell->big_allocs, amount.big);
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

	if (BASE_LIKELY(cell != NULL))
		count(cell, amount);
	else if (thread == &pool_orphan)
		count_shared(cell_or_unseen(thread, site), amount);
	else
		count(cell_or_unseen(thread, site), amount);
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
