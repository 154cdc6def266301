/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * roots.h - where a leak scan starts: everything a program can hold a pointer in, besides blocks
 *
 * Purpose: data and bss of the loaded modules, the used parts of the threads' stacks, their
 * registers, their static thread-local storage with the thread descriptor (pthread-specific data
 * stands in it), their vectors of dynamic thread-local storage, and what the program registered.
 * The library's own data, bss and thread-local storage are no roots: jemalloc's caches in them
 * remember blocks that were handed out long ago.
 *
 * All but leaks_roots_measure is lock-free: the child reads the lists of the loader and of the
 * regions as they are, perhaps in the middle of a change.
 *
 * Callers: leaks/scan.c, leaks/mark.c; lib/interpose for leaks_roots_measure. Locking: one scan at
 * a time.
 * Context: raw system calls and mappings, besides what is said of leaks_roots_measure.
 */
#ifndef LIB_LEAKS_ROOTS_H
#define LIB_LEAKS_ROOTS_H

#include "lib/leaks/ranges.h"
#include "lib/leaks/threads.h"

struct leaks_roots {
	struct leaks_ranges data;     /* writable segments of modules, and registered regions */
	struct leaks_ranges mappings; /* of the process, in order of address */
	uintptr_t loader[2];          /* code and data of the loader: start and end */
	uintptr_t own_tls[2];         /* the library's, relative to the thread pointer */
	size_t tls_size;              /* static thread-local storage and thread descriptor */
	size_t descriptor_size;       /* of which stand above the thread pointer */
	uintptr_t self_stack;         /* of the scanning thread: used from here */
	uint32_t self_tid, main_tid;
};

/* Asks libc, with its locks, for what stays. Done when the library is loaded. */
void leaks_roots_measure(void);

/* In the process, by the thread that scans: its stack is in use from `self_stack`. */
void leaks_roots_start(struct leaks_roots *roots, uintptr_t self_stack);

/* In the child: finds mappings, modules and regions. 0 or a negative errno. */
int leaks_roots_map(struct leaks_roots *roots);

/*
 * Calls `visit` with every range to read. What of it belongs to blocks is not read, unless
 * `in_block` is 1; then an `end` of 0 stands for that of the block.
 */
typedef void leaks_visit(uintptr_t start, uintptr_t end, int in_block);
void leaks_roots_visit(const struct leaks_roots *roots, const struct leaks_threads *threads,
		       leaks_visit *visit);

#endif
