/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * threads.h - holds the other threads of the process for the moment of a fork
 *
 * Purpose: a pointer may stand in a register only, and only its own thread can tell. So each thread
 * gets a signal; its handler leaves the registers on the stack, says where, and waits until the
 * fork is made. Threads that cannot answer (stopped, or the signal blocked) are missed after a
 * while, and their whole stacks stand in for their registers.
 *
 * The signal is the one glibc uses for setuid in programs with threads, because glibc's functions
 * never block it for longer than a moment. It carries the number of the scan: one that comes late
 * is told from one that is due, and what no scan sent is passed on to glibc's handler. Ours stays
 * installed.
 *
 * Callers: leaks/scan.c; leaks/roots.c for what they left. Locking: one stop at a time, the caller
 * sees to it. Context: raw system calls only, since a held thread may hold any lock.
 */
#ifndef LIB_LEAKS_THREADS_H
#define LIB_LEAKS_THREADS_H

#include "lib/base/atomic.h"

enum leaks_thread_state {
	LEAKS_THREAD_ASKED,
	LEAKS_THREAD_HELD,
	LEAKS_THREAD_MISSED, /* it is there and cannot answer */
	LEAKS_THREAD_GONE,
	LEAKS_THREAD_STATES = 8, /* a power of two, for numbers of scans wrap */
};

struct leaks_thread {
	uint32_t tid;
	uint32_t state;         /* enum leaks_thread_state + LEAKS_THREAD_STATES * scan, atomic */
	uintptr_t pointer;      /* its thread pointer, 0: not known */
	uintptr_t stack;        /* what it uses of its stack starts here, 0: not known */
	uintptr_t registers[2]; /* where the kernel saved its registers: start and end */
};

struct leaks_threads {
	struct leaks_thread *items;
	uint32_t count;
	uint32_t missed;
};

BASE_INLINE enum leaks_thread_state leaks_thread_state(const struct leaks_thread *thread)
{
	return (enum leaks_thread_state)(base_load_acquire(&thread->state) % LEAKS_THREAD_STATES);
}

/* Asks every other thread to stand still and waits until they do. 0 or a negative errno. */
int leaks_threads_hold(struct leaks_threads *threads);

/* Lets them go. The list stays as it is until the next time. */
void leaks_threads_release(void);

/* In a fork child: what another thread of its parent was doing is not under way here. */
void leaks_threads_forked(void);

#endif
