/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * thread.h - what the driver kit knows of a thread
 *
 * Purpose: its interrupt level, its chain of __try frames, the exceptions its handlers are busy
 * with. Threads that never call the driver kit have none of it.
 *
 * Callers: lib/kernel. Locking: a state is its thread's alone; making one takes an internal lock.
 * Context: kernel_irql anywhere; kernel_thread() not in signal handlers.
 */
#ifndef LIB_KERNEL_THREAD_H
#define LIB_KERNEL_THREAD_H

#include "lib/base/compiler.h"
#include <pooltag/ddk/ntddk.h>

/* Exceptions whose handlers may be running at once, one in the call of the other. */
#define KERNEL_CAUGHT_MAX 16

/* What a handler may ask about; belongs to the function whose frame address it has. */
struct kernel_caught {
	void *function;
	EXCEPTION_RECORD record;
	CONTEXT context;
	EXCEPTION_POINTERS pointers;
};

struct kernel_thread {
	struct kernel_thread *next_free;
	struct pooltag_seh_frame *frames; /* __try blocks that are entered, innermost first */
	struct pooltag_seh_frame *filter; /* whose filter runs */
	struct pooltag_seh_frame *ended;  /* the block just left: for the handler that comes next */
	struct pooltag_seh_frame *free_frames;
	uint32_t caught_count;
	struct kernel_caught caught[KERNEL_CAUGHT_MAX];
	uint32_t critical_regions; /* KeEnterCriticalRegion */
	uint32_t guarded_regions;
	uintptr_t stack_top; /* where a kernel stack would begin; 0: not known yet */
};

extern BASE_HIDDEN BASE_TLS struct kernel_thread *kernel_self;
extern BASE_HIDDEN BASE_TLS KIRQL kernel_irql;

/* The calling thread's state, made on first use; ends the process when memory is out. */
struct kernel_thread *kernel_thread_attach(void);

BASE_INLINE struct kernel_thread *kernel_thread(void)
{
	return BASE_LIKELY(kernel_self != NULL) ? kernel_self : kernel_thread_attach();
}

/* 1 when normal kernel APCs could come: in no region, and below APC_LEVEL. */
BASE_INLINE int kernel_apcs_come(void)
{
	const struct kernel_thread *thread = kernel_thread();

	return thread->critical_regions == 0 && thread->guarded_regions == 0 &&
	       kernel_irql < APC_LEVEL;
}

#endif
