/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/charge.h"
#include "lib/base/arena.h"
#include "lib/base/options.h"
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

/* What tells a call site from others: a return address, or a hash of as many as stack= says. */
struct site_key {
	uint64_t key;
	uint32_t depth;
	uintptr_t addresses[POOL_STACK_MAX];
};

static uint32_t publish_frames(const struct site_key *key)
{
	struct pooltag_frame frames[POOL_STACK_MAX];

	for (uint32_t i = 0; i < key->depth; i++)
		frames[i] = (struct pooltag_frame){
			.address = key->addresses[i],
			.module = pool_describe_module(key->addresses[i]),
		};
	return stats_frames(frames, key->depth);
}

static uint32_t make_site(const struct site_key *key)
{
	struct pooltag_site record;
	uint32_t site;

	if (stats_site_count() >= HEAP_SITES_MAX) {
		base_add_atomic(&stats_process()->sites_lost, 1);
		return POOLTAG_SITE_LOST;
	}
	pool_describe_site(key->addresses[0], &record);
	if (key->depth > 1) {
		record.first_frame = publish_frames(key);
		record.frame_count = record.first_frame != STATS_NONE ? (uint16_t)key->depth : 0;
	}
	site = stats_site(&record);
	if (site == STATS_NONE)
		return POOLTAG_SITE_LOST;
	sites_table_insert(&sites, key->key, site);
	return site;
}

static uint32_t find_or_make_site(const struct site_key *key)
{
	uint64_t site = sites_table_find(&sites, key->key);

	if (site != SITES_UNKNOWN)
		return (uint32_t)site;
	base_lock_take(&pool_state.lock);
	site = sites_table_find(&sites, key->key);
	if (site == SITES_UNKNOWN)
		site = make_site(key);
	base_lock_drop(&pool_state.lock);
	return (uint32_t)site;
}

static uint64_t hash_of(const uintptr_t *addresses, uint32_t depth)
{
	uint64_t hash = depth;

	for (uint32_t i = 0; i < depth; i++) {
		hash = (hash ^ addresses[i]) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 29;
	}
	/* Addresses of code never have this bit. */
	return hash | (uint64_t)1 << 63;
}

/* The slot of a key not found in the thread's cache, filled; NULL when it cannot be. */
static BASE_COLD struct pool_slot *fill_slot(struct pool_thread *thread, const struct site_key *key,
					     uint32_t *ret_site)
{
	struct pool_slot *slot = pool_slot_of(thread, key->key);
	struct pooltag_cell *cell;

	*ret_site = find_or_make_site(key);
	if (thread == &pool_orphan)
		return NULL;
	base_add_owned(&thread->record->counters.site_misses, 1);
	cell = pool_cell_of(thread, *ret_site);
	if (cell == NULL)
		return NULL;
	slot->site = *ret_site;
	slot->cell = (uint32_t)(cell - pool_first_cell);
	slot->key = key->key;
	return slot;
}

static struct pool_slot *slot_of_stack(struct pool_thread *thread, struct pool_frame frame,
				       uint32_t *ret_site)
{
	struct pool_slot *slot;
	struct site_key key; /* not initialised: half a kilobyte */

	key.depth = pool_stack(thread, frame, key.addresses, (uint32_t)base_options.stack);
	key.key = hash_of(key.addresses, key.depth);
	slot = pool_slot_of(thread, key.key);
	if (BASE_LIKELY(slot->key == key.key)) {
		*ret_site = slot->site;
		return slot;
	}
	return fill_slot(thread, &key, ret_site);
}

static BASE_COLD struct pool_slot *fill_caller_slot(struct pool_thread *thread, uintptr_t caller,
						    uint32_t *ret_site)
{
	struct site_key key = {.key = caller, .depth = 1, .addresses = {caller}};

	return fill_slot(thread, &key, ret_site);
}

struct pool_slot *pool_slot_for(struct pool_thread *thread, struct pool_frame frame,
				uint32_t *ret_site)
{
	uintptr_t caller = pool_frame_caller(frame);
	struct pool_slot *slot = pool_slot_of(thread, caller);

	if (base_options.stack > 0)
		return slot_of_stack(thread, frame, ret_site);
	/* A slot's key is never a wrapper's, so a hit needs no look at the frames. */
	if (slot->key != caller) {
		caller = pool_charged_caller(thread, frame);
		slot = pool_slot_of(thread, caller);
	}
	if (BASE_UNLIKELY(slot->key != caller))
		return fill_caller_slot(thread, caller, ret_site);
	*ret_site = slot->site;
	return slot;
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
