/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/charge.h"
#include "lib/base/arena.h"
#include "lib/heap/map.h"
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

static uint32_t publish_module(struct sites_module *module)
{
	struct pooltag_module record;

	if (module == NULL)
		return POOLTAG_NO_MODULE;
	if (module->number != SITES_UNPUBLISHED)
		return module->number;
	record = (struct pooltag_module){
		.load_address = module->load_address,
		.start = module->start,
		.end = module->end,
		.path = stats_string(module->path),
		.build_id_size = module->build_id_size,
	};
	for (uint32_t i = 0; i < module->build_id_size; i++)
		record.build_id[i] = module->build_id[i];
	module->number = stats_module(&record);
	return module->number;
}

static uint32_t make_site(uintptr_t return_address)
{
	struct sites_module *module = sites_module_of(return_address);
	struct pooltag_site record = {
		.tag = sites_module_tag(module),
		.pool = POOLTAG_POOL_PAGED,
		.source = POOLTAG_SOURCE_MODULE,
		.address = return_address,
		.module = publish_module(module),
	};
	uint32_t site = stats_site_count() < HEAP_SITES_MAX ? stats_site(&record) : STATS_NONE;

	if (site == STATS_NONE)
		return POOLTAG_SITE_LOST;
	sites_table_insert(return_address, site);
	return site;
}

static uint32_t find_or_make_site(uintptr_t return_address)
{
	uint32_t site = sites_table_find(return_address);

	if (site != SITES_UNKNOWN)
		return site;
	base_lock_take(&pool_state.lock);
	site = sites_table_find(return_address);
	if (site == SITES_UNKNOWN)
		site = make_site(return_address);
	base_lock_drop(&pool_state.lock);
	return site;
}

uint32_t pool_site_of(struct pool_thread *thread, uintptr_t return_address)
{
	struct pool_slot *slot = pool_slot_of(thread, return_address);
	struct pooltag_cell *cell;
	uint32_t site;

	if (thread == &pool_orphan)
		return find_or_make_site(return_address);
	if (slot->key == return_address)
		return slot->site;
	base_add_owned(&thread->record->counters.site_misses, 1);
	site = find_or_make_site(return_address);
	cell = pool_cell_of(thread, site);
	if (cell != NULL) {
		slot->site = site;
		slot->cell = (uint32_t)(cell - pool_first_cell);
		slot->key = return_address;
	}
	return site;
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

static void add(struct pool_thread *thread, uint64_t *counter, uint64_t amount)
{
	if (thread == &pool_orphan)
		base_add_atomic(counter, amount);
	else
		base_add_owned(counter, amount);
}

void pool_count_alloc(struct pool_thread *thread, uint32_t site, struct pool_amount amount)
{
	struct pooltag_cell *cell = cell_or_unseen(thread, site);

	add(thread, &cell->allocs, 1);
	add(thread, &cell->alloc_bytes, amount.requested);
	add(thread, &cell->alloc_charge, amount.charge);
	if (amount.big)
		add(thread, &cell->big_allocs, 1);
}

void pool_count_free(struct pool_thread *thread, uint32_t site, struct pool_amount amount)
{
	struct pooltag_cell *cell = cell_or_unseen(thread, site);

	add(thread, &cell->frees, 1);
	add(thread, &cell->free_bytes, amount.requested);
	add(thread, &cell->free_charge, amount.charge);
	if (amount.big)
		add(thread, &cell->big_frees, 1);
}
