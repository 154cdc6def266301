/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/thread.h"
#include "lib/base/arena.h"
#include "lib/base/report.h"
#include "lib/kernel/fault.h"
#include "lib/kernel/lock.h"
#include <pthread.h>

BASE_TLS struct kernel_thread *kernel_self;
BASE_TLS KIRQL kernel_irql;

static struct {
	struct kernel_thread *free;
	pthread_key_t key;
	int has_key;
	int started; /* 1: faults come to us */
} threads;

static void on_thread_exit(void *value)
{
	struct kernel_thread *thread = value;

	kernel_self = NULL;
	kernel_lock_take(KERNEL_LOCK_THREADS);
	thread->next_free = threads.free;
	threads.free = thread;
	kernel_lock_drop(KERNEL_LOCK_THREADS);
}

struct kernel_thread *kernel_thread_attach(void)
{
	struct kernel_thread *thread;

	kernel_lock_take(KERNEL_LOCK_THREADS);
	if (!threads.has_key)
		threads.has_key = pthread_key_create(&threads.key, on_thread_exit) == 0;
	if (!threads.started)
		kernel_fault_start();
	threads.started = 1;
	thread = threads.free;
	if (thread != NULL)
		threads.free = thread->next_free;
	kernel_lock_drop(KERNEL_LOCK_THREADS);
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
