/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fork child shares the parent's segment, which is the parent's to write. So the parent's live
 * figures are noted before the fork, when they are still those of the heap the child will have; the
 * child's threads are parked on an empty state; and its first allocation or free, if it ever makes
 * one before exec, gives it a segment of its own, with the noted figures as one inherited shard.
 *
 * While the figures are noted other threads of the parent go on. What they allocate and free until
 * the fork is done bounds the error, and stands in the child's process counters.
 *
 * _Fork, and clone by syscall(), run no handlers. Such a child finds its caches emptied by the
 * kernel, so that its first operation comes here before anything is written; the figures are then
 * counted in its heap, block by block, and are exact.
 */
#include "lib/base/arena.h"
#include "lib/base/atomic.h"
#include "lib/base/report.h"
#include "lib/base/seal.h"
#include "lib/base/sparse.h"
#include "lib/base/sys.h"
#include "lib/heap/je.h"
#include "lib/heap/map.h"
#include "lib/heap/nonpaged.h"
#include "lib/heap/slab.h"
#include "lib/heap/span.h"
#include "lib/pool/charge.h"
#include "lib/pool/check.h"
#include "lib/pool/live.h"
#include "lib/pool/state.h"
#include "lib/pool/survey.h"
#include "lib/stats/segment.h"
#include <pthread.h>
#include <sys/mman.h>

static struct {
	struct pool_live_list live; /* private copy of the heap's figures at the fork */
	struct pool_thread *survivor;
	uint64_t others_blocks, others_bytes; /* turnover of other threads when noted */
	uint64_t heap_held;
	uint64_t slack_blocks, slack_bytes;
} noted;

/* Allocations and frees so far of all threads but the calling one. */
static void others_turnover(uint64_t *ret_blocks, uint64_t *ret_bytes)
{
	const struct pool_thread *self = pool_self;

	*ret_blocks = 0;
	*ret_bytes = 0;
	for (uint32_t chunk = 0; chunk < stats_chunk_count(); chunk++) {
		const struct pooltag_cell *cells = stats_chunk_cells(chunk);

		if (self != NULL && stats_chunk_owner(chunk).shard == self->shard)
			continue;
		for (uint32_t i = 0; i < POOLTAG_CHUNK_CELLS; i++) {
			*ret_blocks += base_load_relaxed(&cells[i].allocs) +
				       base_load_relaxed(&cells[i].frees);
			*ret_bytes += base_load_relaxed(&cells[i].alloc_bytes) +
				      base_load_relaxed(&cells[i].free_bytes);
		}
	}
}

static void note_live(void)
{
	struct pool_totals totals;

	others_turnover(&noted.others_blocks, &noted.others_bytes);
	noted.live = pool_live_note();
	if (noted.live.sites == NULL)
		return;
	pool_sum(&totals);
	noted.heap_held = totals.heap_taken - totals.heap_returned;
}

/* What `use` does, done to every lock of the library, in the order they are taken everywhere. */
static void each_lock(void (*use)(struct base_lock *lock))
{
	struct base_lock *stock;

	use(pool_check_lock());
	use(&pool_state.lock);
	use(stats_lock());
	for (int pool = 0; pool < HEAP_POOLS; pool++)
		use(heap_slab_lock((enum heap_pool)pool));
	use(heap_nonpaged_lock());
	for (uint32_t i = 0; (stock = heap_stock_lock(i)) != NULL; i++)
		use(stock);
	use(heap_map_lock());
	use(base_arena_lock());
}

static void before_fork(void)
{
	/* Starts the library, or gives a fork child that forks again its own segment. */
	pool_enter();
	each_lock(base_lock_take);
	note_live();
	noted.survivor = pool_self;
	heap_je_before_fork();
	base_lock_take(heap_nonpaged_extents_lock());
}

static void after_fork_parent(void)
{
	base_lock_drop(heap_nonpaged_extents_lock());
	heap_je_after_fork_parent();
	/* While the locks are held: another thread that forks notes its own. */
	pool_live_forget(&noted.live);
	each_lock(base_lock_drop);
}

/* In the child: no other thread holds a lock, and its caches are its own from now on. */
static void child_is_alone(void)
{
	each_lock(base_lock_reset);
	base_lock_reset(heap_nonpaged_extents_lock());
	base_lock_forked();
	if (pool_request.forked != NULL)
		pool_request.forked();
	base_store_relaxed(pool_unforked, 1u);
}

static void after_fork_child(void)
{
	uint64_t blocks, bytes;

	heap_je_after_fork_child();
	/* The parent may be ahead by now, so this is more than what passed before the fork. */
	others_turnover(&blocks, &bytes);
	noted.slack_blocks = blocks - noted.others_blocks;
	noted.slack_bytes = bytes - noted.others_bytes;
	child_is_alone();
	base_store_relaxed(&pool_state.fork_pending, 1u);
	pool_self = &pool_frozen;
}

/* Before there is a page that a child finds empty, and where the kernel makes none. */
static uint32_t never_forked = 1;

BASE_SEALED uint32_t *pool_unforked = &never_forked;

void pool_fork_init(void)
{
	void *page = base_map_memory(BASE_PAGE_SIZE, PROT_READ | PROT_WRITE, 0);

	if (!base_is_error(page) &&
	    BASE_SYSCALL3(SYS_madvise, page, BASE_PAGE_SIZE, MADV_WIPEONFORK) == 0)
		pool_unforked = page;
	base_store_relaxed(pool_unforked, 1u);
	pthread_atfork(before_fork, after_fork_parent, after_fork_child);
}

static void note_block(const struct pool_identified *block, void *argument)
{
	size_t *held = argument;
	struct pool_live *live = &noted.live.sites[block->site];

	*held += block->charge;
	if (block->site >= noted.live.count)
		return;
	live->blocks++;
	live->bytes += block->requested;
	live->charge += block->charge;
	live->big += !heap_map_is_small(heap_map_get(block->block));
}

/* The figures of a heap that nobody noted before the fork. */
static void note_heap(void)
{
	size_t held = 0;

	noted.live = pool_live_empty();
	if (noted.live.sites != NULL)
		pool_survey(note_block, &held);
	for (struct pool_thread *thread = pool_threads_all(); thread != NULL; thread = thread->next)
		held += pool_thread_held(thread);
	noted.heap_held = held;
	noted.slack_blocks = 0;
	noted.slack_bytes = 0;
}

struct pool_thread *pool_fork_unseen(void)
{
	heap_je_after_fork_child();
	child_is_alone();
	noted.survivor = pool_self != &pool_frozen ? pool_self : &pool_orphan;
	note_heap();
	return pool_fork_thaw();
}

static void charge_inherited(struct pool_live_list live, uint32_t shard)
{
	struct pooltag_cell *cells = NULL;

	pool_inherited_make(live.count);
	for (uint32_t site = 0; site < live.count; site++) {
		if (site % POOLTAG_CHUNK_CELLS == 0)
			cells = NULL;
		if (live.sites[site].blocks == 0)
			continue;
		if (cells == NULL) {
			cells = stats_chunk(shard, site - site % POOLTAG_CHUNK_CELLS);
			if (site < pool_inherited.sites)
				pool_inherited.chunks[pool_chunk_of(site)] = cells;
		}
		if (cells == NULL)
			return;
		cells[site % POOLTAG_CHUNK_CELLS] = (struct pooltag_cell){
			.allocs = live.sites[site].blocks,
			.alloc_bytes = live.sites[site].bytes,
			.alloc_charge = live.sites[site].charge,
			.big_allocs = live.sites[site].big,
		};
	}
}

void pool_lock_again(uintptr_t start, uintptr_t end)
{
	size_t failed = heap_nonpaged_lock_again(start, end);

	failed += pool_check_lock_again(start, end);
	if (failed != 0)
		base_add_atomic(&stats_process()->nonpaged_unlocked, failed);
}

struct pool_thread *pool_fork_thaw(void)
{
	uint32_t shard;
	int counted;

	/* Only the forking thread exists, and only in this process: no lock is needed. */
	pool_self = noted.survivor;
	base_store_relaxed(&pool_state.fork_pending, 0u);
	counted = stats_segment_fork() == 0;
	pool_lock_again(0, UINTPTR_MAX);
	if (!counted) {
		pool_live_forget(&noted.live);
		return pool_threads_uncount();
	}
	pool_threads_fork(noted.survivor);
	base_store_relaxed(&pool_request.seen, 0u);
	if (stats_scan() != NULL)
		stats_scan()->request_signal = pool_request.signal;
	pool_orphan.record = stats_shard_record(pool_orphan.shard);
	pool_frozen.record = pool_orphan.record;
	stats_process()->inherit_slack_blocks = noted.slack_blocks;
	stats_process()->inherit_slack_bytes = noted.slack_bytes;
	shard = stats_shard(POOLTAG_SHARD_INHERITED);
	if (shard != STATS_NONE) {
		stats_shard_record(shard)->counters.heap_taken = noted.heap_held;
		if (noted.live.sites != NULL)
			charge_inherited(noted.live, shard);
	}
	pool_live_forget(&noted.live);
	return pool_self;
}
