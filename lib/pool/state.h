/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.h - the life of the library in a process
 *
 * Purpose: start on the first allocation, whoever makes it and however early; fork; exit. Each slow
 * path asks pool_enter() which state it may work with.
 * Callers: lib/pool and what stands on it. Locking: pool_state.lock protects the lists of thread
 * states and the making of sites. Context: as malloc.
 */
#ifndef LIB_POOL_STATE_H
#define LIB_POOL_STATE_H

#include "lib/base/atomic.h"
#include "lib/base/lock.h"
#include "lib/pool/thread.h"

struct pool_state {
	struct base_lock lock;
	struct base_lock init_lock;
	uint32_t ready;        /* 1: everything is built */
	uint32_t init_tid;     /* thread that is building it */
	uint32_t fork_pending; /* fork child: its own segment is yet to be made */
};

extern BASE_HIDDEN struct pool_state pool_state;

/*
 * The calling thread's state for a slow path: started, attached, thawed after fork as needed. NULL
 * while the library starts and its own start allocates (through libc): use pool_early_* then.
 */
struct pool_thread *pool_enter(void);

/*
 * A word that is 1, and 0 in a child until it has been given its own state: fork's handlers see to
 * that, and pool_enter() where they did not run (_Fork, clone by syscall()).
 */
extern BASE_HIDDEN uint32_t *pool_unforked;

/* 0 in a fork child that has neither allocated nor freed: what it has is its parent's. */
BASE_INLINE int pool_is_own(void)
{
	return base_load_relaxed(pool_unforked) != 0 &&
	       base_load_relaxed(&pool_state.fork_pending) == 0;
}

/* pool_enter() without a call where nothing is to be done. */
BASE_INLINE struct pool_thread *pool_current(void)
{
	struct pool_thread *thread = pool_self;

	return BASE_LIKELY(thread != NULL && thread->awake) ? thread : pool_enter();
}

/*
 * Requests from other processes, which leave a number in the segment: slow paths that hold no lock
 * look there, and when it is another than `seen` have it served.
 */
struct pool_request {
	const uint32_t *word;
	uint32_t seen;
	uint32_t signal;     /* at which the process looks as well; 0: none */
	void (*serve)(void); /* set by lib/interpose, as is the other */
	void (*forked)(
		void); /* in every child: what was being served is not the child's; may be NULL */
};

extern BASE_HIDDEN struct pool_request pool_request;

BASE_COLD void pool_request_serve(void);

BASE_INLINE void pool_request_look(void)
{
	if (BASE_UNLIKELY(base_load_relaxed(pool_request.word) !=
			  base_load_relaxed(&pool_request.seen)))
		pool_request_serve();
}

/* Registers the handlers around fork; once, during init. */
void pool_fork_init(void);

/* Makes a fork child's own segment; returns the child's thread state. */
struct pool_thread *pool_fork_thaw(void);

/* The same for a child in which no handler ran; its live figures are counted in its heap. */
struct pool_thread *pool_fork_unseen(void);

/*
 * Locks the nonpaged pool between two addresses once more, after something that unlocks memory.
 * What cannot be locked is counted (nonpaged_unlocked).
 */
void pool_lock_again(uintptr_t start, uintptr_t end);

/*
 * Before a system call filter closes: starts the library if nothing has yet, and takes what later
 * slow paths would open files for. The caller sets base_confined. `strict`: no call but read and
 * write will be left, so that what would be mapped later is mapped now.
 */
void pool_confine(int strict);

/* exit, _exit and quick_exit end here. */
void pool_exit(void);

#endif
