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
 * verify_roots_gather runs in the process, before the threads are held, and asks the loader for its
 * modules (its lock is held by others for moments only). All else runs in the child.
 *
 * Callers: verify/scan.c. Locking: one scan at a time. Context: raw system calls and mappings,
 * besides what is said of verify_roots_gather.
 */
#ifndef LIB_VERIFY_ROOTS_H
#define LIB_VERIFY_ROOTS_H

#include "lib/verify/ranges.h"
#include "lib/verify/threads.h"

struct verify_roots {
	struct verify_ranges data;     /* writable segments of modules, and registered regions */
	struct verify_ranges mappings; /* of the process, in order of address */
	uintptr_t loader[2];           /* code and data of the loader: start and end */
	uintptr_t own_tls[2];          /* the library's, relative to the thread pointer */
	size_t tls_size;               /* static thread-local storage and thread descriptor */
	size_t descriptor_size;        /* of which stand above the thread pointer */
	uintptr_t self_stack;          /* of the scanning thread: used from here */
	uint32_t self_tid, main_tid;
};

/* What does not change by holding threads. The caller's stack is in use from `self_stack`. 0 or
 * -ENOMEM. */
int verify_roots_gather(struct verify_roots *roots, uintptr_t self_stack);

/* The mappings of the process as it was forked. 0 or a negative errno. */
int verify_roots_map(struct verify_roots *roots);

/*
 * Calls `visit` with every range to read. What of it belongs to blocks is not read, unless
 * `in_block` is 1; then an `end` of 0 stands for that of the block.
 */
typedef void verify_visit(uintptr_t start, uintptr_t end, int in_block);
void verify_roots_visit(const struct verify_roots *roots, const struct verify_threads *threads,
			verify_visit *visit);

void verify_roots_drop(struct verify_roots *roots);

/* Registered regions: 0, -ENOMEM, or -ENOENT for one that is not registered. */
int verify_region_add(uintptr_t start, uintptr_t end);
int verify_region_remove(uintptr_t start, uintptr_t end);

#endif
