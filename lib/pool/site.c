/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/site.h"
#include "lib/base/options.h"
#include "lib/pool/charge.h"
#include "lib/pool/describe.h"
#include "lib/pool/due.h"
#include "lib/pool/sample.h"
#include "lib/pool/state.h"
#include "lib/sites/modules.h"
#include "lib/sites/table.h"
#include "lib/stats/segment.h"

/* Key -> site number, for the whole process. */
static struct sites_table sites;

uint8_t pool_site_uses[HEAP_SITES_MAX];
pooltag_tag pool_site_tags[HEAP_SITES_MAX];

/* Part of every hashed key; another one after files were unloaded, so that old hashes miss. */
static uint64_t generation;

/* What tells a site from others. */
struct site_key {
	uint64_t key;
	pooltag_tag tag; /* given, or 0 */
	uint8_t source;  /* of that tag */
	uint8_t use;     /* enum pool_use */
	uint32_t depth;
	uintptr_t addresses[POOL_STACK_MAX];
};

static uint32_t publish_site(uint64_t key, const struct pooltag_site *record, unsigned use)
{
	uint32_t site;

	if (stats_site_count() >= HEAP_SITES_MAX) {
		base_add_atomic(&stats_process()->sites_lost, 1);
		return POOLTAG_SITE_LOST;
	}
	site = stats_site(record);
	if (site == STATS_NONE)
		return POOLTAG_SITE_LOST;
	if (record->pool == POOLTAG_POOL_NONPAGED && (use & POOL_USE_POOL) == 0)
		use |= HEAP_POOL_NONPAGED;
	pool_site_uses[site] = (uint8_t)use;
	pool_site_tags[site] = record->tag;
	sites_table_insert(&sites, key, site);
	return site;
}

static uint32_t make_site(const struct site_key *key)
{
	struct pooltag_site record;

	pool_describe_site(key->addresses[0], &record);
	if (key->tag != 0) {
		record.tag = key->tag;
		record.source = key->source;
	}
	if (key->use & POOL_USE_DRIVER)
		record.pool = (key->use & POOL_USE_POOL) == HEAP_POOL_PAGED ? POOLTAG_POOL_PAGED
									    : POOLTAG_POOL_NONPAGED;
	if (key->depth > 1) {
		record.first_frame = pool_describe_frames(key->addresses, key->depth);
		record.frame_count = record.first_frame != STATS_NONE ? (uint16_t)key->depth : 0;
	}
	return publish_site(key->key, &record, key->use);
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

uint64_t pool_hash_addresses(const uintptr_t *addresses, uint32_t depth, uint64_t salt)
{
	uint64_t hash = (depth + base_load_relaxed(&generation)) ^ salt;

	for (uint32_t i = 0; i < depth; i++) {
		hash = (hash ^ addresses[i]) * POOL_HASH_FACTOR;
		hash ^= hash >> 29;
	}
	/* Addresses of code never have this bit. */
	return hash | (uint64_t)1 << 63;
}

/* A slot in the set of `home` for a site that has none; NULL when it cannot have one. */
static struct pool_slot *give_slot(struct pool_thread *thread, struct pool_slot *home, uint64_t key,
				   uint32_t site)
{
	struct pool_slot *slot;
	struct pooltag_cell *cell;

	if (thread == &pool_orphan || pool_site_pool(site) != HEAP_POOL_PAGED)
		return NULL;
	base_add_owned(&thread->record->counters.site_misses, 1);
	cell = pool_cell_of(thread, site);
	if (cell == NULL)
		return NULL;
	slot = pool_slot_to_fill(home, thread->record->counters.site_misses);
	slot->content = heap_header_content(site, 0);
	slot->cell = cell;
	slot->key = key;
	pool_due_start(thread, slot);
	return slot;
}

/* The slot of a key not found in the thread's cache, filled; NULL when it cannot be. */
static BASE_COLD struct pool_slot *fill_slot(struct pool_thread *thread, const struct site_key *key,
					     uint32_t *ret_site)
{
	*ret_site = find_or_make_site(key);
	return give_slot(thread, pool_slot_of(thread, key->key), key->key, *ret_site);
}

/*
 * Those that were first are not those that are used most, so now and then a slot that was found
 * away from home moves there. What was at home is forgotten, and filled anew when it is asked for.
 */
static struct pool_slot *find_in(struct pool_thread *thread, struct pool_slot *home, uint64_t key)
{
	struct pool_slot *slot = pool_slot_in(home, key);

	if (slot == NULL || slot == home || ++thread->finds_away % 32 != 0)
		return slot;
	home->key = 0;
	home->cell = slot->cell;
	home->due = slot->due;
	home->content = slot->content;
	*pool_sample_at(thread, home) = *pool_sample_at(thread, slot);
	home->key = key;
	slot->key = 0;
	return home;
}

/* The slot of who is charged for a call that is behind wrappers known to this thread; else NULL. */
static struct pool_slot *find_behind(struct pool_thread *thread, const uintptr_t *cfa)
{
	for (;;) {
		uint64_t key = cfa[-1] ^ thread->scope_salt;
		struct pool_slot *home = pool_slot_of(thread, key);
		struct pool_slot *slot = find_in(thread, home, key);

		if (slot != NULL)
			return slot;
		slot = find_in(thread, home, key ^ POOL_SLOT_WRAPPER);
		if (slot == NULL)
			return NULL;
		cfa = pool_slot_step(slot, cfa);
	}
}

/* What a call's tag, given or the thread's, is in its key. */
BASE_INLINE uint64_t salt_for(const struct pool_thread *thread, pooltag_tag given)
{
	return BASE_UNLIKELY(given != 0) ? pool_salt_with(given, thread->scope_use)
					 : thread->scope_salt;
}

static void set_tag(struct site_key *key, const struct pool_thread *thread, pooltag_tag given)
{
	key->tag = given != 0 ? given : thread->scope_tag;
	key->source = given != 0 ? POOLTAG_SOURCE_API : POOLTAG_SOURCE_SCOPE;
	key->use = thread->scope_use;
}

/*
 * Walks the stack of a call, which the thread recalls from then on if it can: the entry, or NULL.
 */
static __attribute__((noinline)) struct pool_recall *keep_stack(struct pool_thread *thread,
								struct pool_frame frame,
								uint64_t salt, uint64_t *ret_key)
{
	uintptr_t addresses[POOL_STACK_MAX];
	struct pool_recall notes;
	uint64_t hash;
	uint32_t depth = pool_stack_noted(thread, frame, addresses, (uint32_t)base_options.stack,
					  &hash, &notes);

	hash += (depth + base_load_relaxed(&generation)) ^ salt;
	/*
	 * Mixed once more, as neighbouring stacks differ in few bits; no address has the top bit.
	 */
	*ret_key = (hash ^ hash >> 32) * POOL_HASH_FACTOR | (uint64_t)1 << 63;
	return pool_recall_keep(thread, frame, salt, &notes, *ret_key);
}

/* The site of a stack with this key, which is walked once more where there is none yet. */
static BASE_COLD uint32_t find_or_make_site_of_stack(struct pool_thread *thread,
						     struct pool_frame frame, pooltag_tag tag,
						     uint64_t stack_key)
{
	uint64_t site = sites_table_find(&sites, stack_key);
	struct site_key key; /* not initialised: half a kilobyte */
	uint64_t hash;

	if (site != SITES_UNKNOWN)
		return (uint32_t)site;
	key.key = stack_key;
	key.depth = pool_stack(thread, frame, key.addresses, (uint32_t)base_options.stack, &hash);
	set_tag(&key, thread, tag);
	return find_or_make_site(&key);
}

static struct pool_slot *slot_of_stack(struct pool_thread *thread, struct pool_frame frame,
				       pooltag_tag tag, uint32_t *ret_site)
{
	uint64_t salt = salt_for(thread, tag);
	uint64_t key;
	struct pool_recall *entry = pool_recalled(thread, frame, salt, &key);
	struct pool_slot *slot = entry != NULL ? entry->slot : NULL;
	struct pool_slot *home;

	if (BASE_LIKELY(slot != NULL && slot->key == key)) {
		*ret_site = pool_slot_site(slot);
		return slot;
	}
	if (entry == NULL)
		entry = keep_stack(thread, frame, salt, &key);
	home = pool_slot_of_stack(thread, key);
	slot = find_in(thread, home, key);
	if (slot == NULL) {
		*ret_site = find_or_make_site_of_stack(thread, frame, tag, key);
		slot = give_slot(thread, home, key, *ret_site);
	} else {
		*ret_site = pool_slot_site(slot);
	}
	/* The key that it is compared with stays as it was kept. */
	if (entry != NULL)
		entry->slot = slot;
	return slot;
}

static BASE_COLD struct pool_slot *fill_caller_slot(struct pool_thread *thread, uintptr_t caller,
						    pooltag_tag tag, uint64_t salt,
						    uint32_t *ret_site)
{
	struct site_key key = {.key = caller ^ salt, .depth = 1, .addresses = {caller}};

	set_tag(&key, thread, tag);
	return fill_slot(thread, &key, ret_site);
}

struct pool_slot *pool_slot_for(struct pool_thread *thread, struct pool_frame frame,
				pooltag_tag tag, uint32_t *ret_site)
{
	uint64_t salt = salt_for(thread, tag);
	struct pool_slot *slot;
	uintptr_t caller;

	if (base_options.stack > 0)
		return slot_of_stack(thread, frame, tag, ret_site);
	slot = tag == 0 ? find_behind(thread, frame.cfa)
			: pool_slot_find(thread, pool_frame_caller(frame) ^ salt);
	if (slot == NULL) {
		caller = pool_charged_caller(thread, frame);
		slot = pool_slot_find(thread, caller ^ salt);
	}
	if (BASE_UNLIKELY(slot == NULL))
		return fill_caller_slot(thread, caller, tag, salt, ret_site);
	*ret_site = pool_slot_site(slot);
	return slot;
}

uint32_t pool_site_for_driver(struct pool_thread *thread, struct pool_frame frame, pooltag_tag tag,
			      unsigned use, uint32_t depth)
{
	const struct pool_slot *slot;
	uint64_t salt;
	uint64_t hash;
	uint32_t site;
	struct site_key key; /* not initialised: half a kilobyte */

	depth = (uint32_t)base_max(base_max(depth, 1), base_options.stack);
	key.tag = tag;
	key.source = POOLTAG_SOURCE_API;
	key.use = (uint8_t)(use | POOL_USE_DRIVER | thread->scope_use);
	salt = pool_salt_with(tag, key.use);
	key.depth = pool_stack(thread, frame, key.addresses, depth, &hash);
	key.key = pool_hash_addresses(key.addresses, key.depth, salt);
	slot = pool_slot_find(thread, key.key);
	if (slot != NULL)
		return pool_slot_site(slot);
	fill_slot(thread, &key, &site);
	return site;
}

/* The site of the place `record` tells, with its tag and `use`. */
static uint32_t find_or_make_variant(const struct pooltag_site *record, uint64_t salt, unsigned use)
{
	uint64_t place[2] = {record->address,
			     (uint64_t)record->first_frame << 32 | record->frame_count};
	uint64_t key = pool_hash_addresses(place, 2, salt);
	uint64_t found;

	base_lock_take(&pool_state.lock);
	found = sites_table_find(&sites, key);
	if (found == SITES_UNKNOWN)
		found = publish_site(key, record, use);
	base_lock_drop(&pool_state.lock);
	return (uint32_t)found;
}

uint32_t pool_site_retagged(uint32_t site, pooltag_tag tag)
{
	struct pooltag_site record = *stats_site_record(site);

	record.tag = tag;
	record.source = POOLTAG_SOURCE_API;
	return find_or_make_variant(&record, pool_salt_with(tag, pool_site_uses[site]),
				    pool_site_uses[site]);
}

uint32_t pool_site_ignored(uint32_t site)
{
	const struct pooltag_site *record = stats_site_record(site);
	unsigned use = pool_site_uses[site] | POOL_USE_IGNORED;

	return find_or_make_variant(record, pool_salt_with(record->tag, use), use);
}

/* --- unloading ------------------------------------------------------------------------------ */

static int is_stale(uint64_t key)
{
	return key >> 62 != 0 || !sites_module_covers((uintptr_t)key);
}

/*
 * Forgets what a thread knows of unloaded code. Without stack=N much of it is memory that nobody
 * has touched.
 */
static void forget_in(struct pool_thread *thread)
{
	int stacks = base_options.stack > 0;
	uint32_t slots = stacks ? POOL_SLOTS : POOL_STACK_SLOTS;
	uint32_t steps = 1u << (stacks ? POOL_STEP_BITS : POOL_STEP_FEW_BITS);

	for (uint32_t i = 0; i < slots; i++)
		if (is_stale(thread->slots[i].key))
			base_store_relaxed(&thread->slots[i].key, 0u);
	for (uint32_t i = 0; i < steps; i++)
		if (is_stale(thread->steps[i].address))
			base_store_relaxed(&thread->steps[i].address, 0u);
	for (uint32_t set = 0; stacks && set < POOL_RECALL_SETS; set++)
		for (uint32_t way = 0; way < POOL_RECALL_WAYS; way++)
			base_store_relaxed(&thread->recalls.tags[set][way],
					   (uint64_t)POOL_RECALL_EMPTY);
}

void pool_sites_unload(void)
{
	base_lock_take(&pool_state.lock);
	if (sites_modules_forget_unloaded() > 0) {
		base_store_relaxed(&generation, generation + 0x10000);
		sites_table_forget(&sites, is_stale);
		pool_callers_unload(is_stale);
		/*
		 * Their owners are not in the unloaded code now, so these entries are not in use.
		 */
		for (struct pool_thread *t = pool_threads_all(); t != NULL; t = t->next)
			forget_in(t);
	}
	base_lock_drop(&pool_state.lock);
}
