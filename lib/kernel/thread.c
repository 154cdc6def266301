/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/thread.h"
#include "lib/base/arena.h"
#include "lib/base/lock.h"
#include "lib/base/report.h"
#include "lib/kernel/fault.h"
#include <pthread.h>

BASE_TLS struct kernel_thread *kernel_self;
BASE_TLS KIRQL kernel_irql;

static struct {
	struct base_lock lock;
	struct kernel_thread *free;
	pthread_key_t key;
	int has_key;
	int started; /* 1: faults come to us */
} threads;

static void on_thread_exit(void *value)
{
	struct kernel_thread *thread = value;

	kernel_self = NULL;
	base_lock_take(&threads.lock);
	thread->next_free = threads.free;
	threads.free = thread;
	base_lock_drop(&threads.lock);
}

struct kernel_thread *kernel_thread_attach(void)
{
	struct kernel_thread *thread;

	base_lock_take(&threads.lock);
	if (!threads.has_key)
		threads.has_key = pthread_key_create(&threads.key, on_thread_exit) == 0;
	if (!threads.started)
		kernel_fault_start();
	threads.started = 1;
	thread = threads.free;
	if (thread != NULL)
		threads.free = thread->next_free;
	base_lock_drop(&threads.lock);
	if (thread != NULL)
		*thread = (struct kernel_thread){.free_frames = thread->free_frames};
	else if ((thread = base_arena_take(sizeof(*thread))) == NULL)
		base_fatal("no memory for a thread of the driver kit");
	kernel_self = thread;
	/* Without a key the state is lost with its thread: some memory, nothing worse. */
	if (threads.has_key)
		pthread_setspecific(threads.key, thread);
	return thread;
}
