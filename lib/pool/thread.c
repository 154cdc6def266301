/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/thread.h"
#include "lib/base/arena.h"
#include "lib/base/atomic.h"
#include "lib/base/lock.h"
#include "lib/base/sys.h"
#include "lib/heap/span.h"
#include "lib/pool/charge.h"
#include "lib/pool/front.h"
#include "lib/pool/large.h"
#include "lib/pool/sample.h"
#include "lib/pool/state.h"
#include "lib/stats/segment.h"
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

BASE_TLS struct pool_thread *pool_self;

struct pool_thread pool_orphan;
struct pool_thread pool_frozen;

static struct {
	struct pool_thread *all;
	struct pool_thread *free;
	pthread_key_t key;
	int uncounted; /* 1: cells cannot be had, and what states have belongs to the parent */
} threads;

static void make_empty(struct pool_thread *thread)
{
	for (uint32_t bin = 0; bin < HEAP_BINS_ALL; bin++)
		pool_front_make_empty(&thread->fronts[bin], heap_sizes.bins[bin].size);
}

static void on_thread_exit(void *argument);

void pool_threads_init(void)
{
	make_empty(&pool_orphan);
	make_empty(&pool_frozen);
	pool_orphan.shard = stats_shard(POOLTAG_SHARD_SHARED);
	pool_orphan.record = stats_shard_record(pool_orphan.shard);
	pool_frozen.shard = pool_orphan.shard;
	pool_frozen.record = pool_orphan.record;
	pthread_key_create(&threads.key, on_thread_exit);
}

static struct pool_thread *make_thread(void)
{
	struct pool_thread *thread =
		base_map_memory(sizeof(*thread), PROT_READ | PROT_WRITE, MAP_NORESERVE);

	if (base_is_error(thread) || pool_fronts_init(thread) != 0)
		return NULL;
	BASE_SYSCALL3(SYS_madvise, thread->slots, POOL_WIPED_BYTES, MADV_WIPEONFORK);
	thread->awake = 1;
	thread->shard = stats_shard(0);
	if (thread->shard == STATS_NONE)
		return NULL;
	thread->record = stats_shard_record(thread->shard);
	thread->stock = heap_stock_of(thread->shard);
	thread->next = threads.all;
	threads.all = thread;
	return thread;
}

static struct pool_thread *take_thread(void)
{
	struct pool_thread *thread;

	base_lock_take(&pool_state.lock);
	thread = threads.free;
	if (thread != NULL)
		threads.free = thread->next_free;
	else
		thread = make_thread();
	base_lock_drop(&pool_state.lock);
	return thread;
}

struct pool_thread *pool_thread_attach(void)
{
	struct pool_thread *thread = threads.uncounted ? NULL : take_thread();

	if (thread == NULL) {
		pool_self = &pool_orphan;
		return &pool_orphan;
	}
	thread->exit_round = 0;
	thread->scope_tag = 0;
	thread->scope_salt = 0;
	thread->scope_use = 0;
	thread->ignoring = 0;
	pool_sample_start(thread);
	if (base_load_relaxed(&base_confined)) {
		base_store_relaxed(&thread->record->tid, POOLTAG_TID_UNKNOWN);
	} else {
		base_store_relaxed(&thread->record->tid, (uint32_t)BASE_SYSCALL0(SYS_gettid));
		BASE_SYSCALL2(SYS_prctl, PR_GET_NAME, thread->record->name);
	}
	base_add_owned(&thread->record->counters.threads, 1);
	/* Set first: for a high key glibc allocates the array of values, with us. */
	pool_self = thread;
	pthread_setspecific(threads.key, thread);
	return thread;
}

/*
 * Other destructors free what they keep, some of them only in glibc's last round, and all of it
 * should be counted here; so the hook asks to be called again until that round.
 */
static void on_thread_exit(void *argument)
{
	struct pool_thread *thread = argument;

	if (++thread->exit_round < PTHREAD_DESTRUCTOR_ITERATIONS) {
		pthread_setspecific(threads.key, thread);
		return;
	}
	pool_thread_flush(thread);
	pool_self = &pool_orphan;
	base_store_relaxed(&thread->record->tid, 0u);
	base_lock_take(&pool_state.lock);
	thread->next_free = threads.free;
	threads.free = thread;
	base_lock_drop(&pool_state.lock);
}

void pool_threads_fork(struct pool_thread *survivor)
{
	threads.free = NULL;
	pool_cells_find(threads.all);
	for (struct pool_thread *thread = threads.all; thread != NULL; thread = thread->next) {
		thread->record = stats_shard_record(thread->shard);
		thread->awake = 1;
		if (thread == survivor)
			continue;
		thread->next_free = threads.free;
		threads.free = thread;
	}
	if (survivor != NULL && survivor != &pool_orphan)
		base_store_relaxed(&survivor->record->tid, (uint32_t)BASE_SYSCALL0(SYS_gettid));
}

struct pool_thread *pool_threads_uncount(void)
{
	static struct pooltag_shard record = {.flags = POOLTAG_SHARD_SHARED};

	threads.uncounted = 1;
	pool_orphan.record = &record;
	memset(pool_orphan.chunks, 0, sizeof(pool_orphan.chunks));
	pool_self = &pool_orphan;
	return &pool_orphan;
}

struct pool_thread *pool_threads_all(void)
{
	return base_load_acquire(&threads.all);
}

size_t pool_thread_held(const struct pool_thread *thread)
{
	size_t held = base_load_relaxed(&thread->large_bytes);

	for (uint32_t bin = 1; bin < heap_sizes.bin_count; bin++) {
		const struct pool_front *front = &thread->fronts[bin];
		void **top = base_load_relaxed(&front->top);

		held += (size_t)(top - front->base) * front->size;
	}
	return held;
}

void pool_thread_flush(struct pool_thread *thread)
{
	for (uint32_t bin = 1; bin < heap_sizes.bin_count; bin++)
		pool_front_flush(thread, bin);
	pool_large_flush(thread);
}
