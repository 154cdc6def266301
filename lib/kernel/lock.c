/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/lock.h"
#include "lib/base/lock.h"
#include "lib/kernel/lookaside_record.h"
#include "lib/kernel/pool.h"
#include <pthread.h>

static struct base_lock locks[KERNEL_LOCKS];
static int32_t generation = 1;

static void before_fork(void)
{
	for (int i = 0; i < KERNEL_LOCKS; i++) {
		base_lock_take(&locks[i]);
		if (i == KERNEL_LOCK_LISTS)
			kernel_list_each_lock(base_lock_take);
	}
}

static void after_fork(void (*use)(struct base_lock *lock))
{
	kernel_list_each_lock(use);
	for (int i = 0; i < KERNEL_LOCKS; i++)
		use(&locks[i]);
}

static void after_fork_parent(void)
{
	after_fork(base_lock_drop);
}

static void after_fork_child(void)
{
	generation++;
	after_fork(base_lock_reset);
}

int32_t kernel_generation(void)
{
	return base_load_relaxed(&generation);
}

/* Registered after the pool's handlers, so that these locks are taken before the pool's. */
static BASE_COLD void watch_forks(void)
{
	static uint32_t done;

	kernel_start();
	if (__atomic_exchange_n(&done, 1, __ATOMIC_RELAXED) == 0)
		pthread_atfork(before_fork, after_fork_parent, after_fork_child);
}

void kernel_lock_take(enum kernel_lock lock)
{
	static uint32_t watched;

	if (BASE_UNLIKELY(!base_load_relaxed(&watched))) {
		watch_forks();
		base_store_relaxed(&watched, 1u);
	}
	base_lock_take(&locks[lock]);
}

void kernel_lock_drop(enum kernel_lock lock)
{
	base_lock_drop(&locks[lock]);
}
