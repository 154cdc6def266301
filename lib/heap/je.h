/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * je.h - the private jemalloc
 *
 * Purpose: jemalloc is linked in with every public name prefixed by `pooltag_je_`
 * (private-jemalloc.sh), so that it can neither clash with nor be replaced by the host's. This
 * header declares what the library calls; je.c, the only includer of jemalloc's own header, proves
 * that the declarations agree with it.
 * Callers: lib/pool, lib/interpose (its API for hosts). Locking: jemalloc's own. Context: as
 * malloc; may run before init (jemalloc starts itself on first use).
 */
#ifndef LIB_HEAP_JE_H
#define LIB_HEAP_JE_H

#include "lib/base/compiler.h"

void *pooltag_je_malloc(size_t size); /* as mallocx without flags, in a third of the instructions */
void *pooltag_je_mallocx(size_t size, int flags);
void *pooltag_je_rallocx(void *block, size_t size, int flags);
size_t pooltag_je_xallocx(void *block, size_t size, size_t extra, int flags);
size_t pooltag_je_sallocx(const void *block, int flags);
void pooltag_je_dallocx(void *block, int flags);
void pooltag_je_sdallocx(void *block, size_t size, int flags);
size_t pooltag_je_nallocx(size_t size, int flags);
int pooltag_je_mallctl(const char *name, void *old, size_t *old_size, void *fresh,
		       size_t fresh_size);
int pooltag_je_mallctlnametomib(const char *name, size_t *mib, size_t *mib_length);
int pooltag_je_mallctlbymib(const size_t *mib, size_t mib_length, void *old, size_t *old_size,
			    void *fresh, size_t fresh_size);
void pooltag_je_malloc_stats_print(void (*write)(void *, const char *), void *argument,
				   const char *options);

/* jemalloc's flag bits, checked in je.c. */
#define HEAP_JE_LG_ALIGN_MASK 0x3f
#define HEAP_JE_ZERO          0x40
#define HEAP_JE_NO_CACHE      (1 << 8)

/* The flag for an alignment, a power of two. */
BASE_INLINE int heap_je_align(size_t alignment)
{
	return __builtin_ctzl(alignment);
}

/*
 * The functions an arena gets its memory from: jemalloc's extent_hooks_t, whose layout je.c checks.
 * Unset ones are refused.
 */
struct heap_je_hooks {
	void *(*alloc)(struct heap_je_hooks *, void *, size_t, size_t, _Bool *, _Bool *, unsigned);
	_Bool (*dalloc)(struct heap_je_hooks *, void *, size_t, _Bool, unsigned);
	void (*destroy)(struct heap_je_hooks *, void *, size_t, _Bool, unsigned);
	_Bool (*commit)(struct heap_je_hooks *, void *, size_t, size_t, size_t, unsigned);
	_Bool (*decommit)(struct heap_je_hooks *, void *, size_t, size_t, size_t, unsigned);
	_Bool (*purge_lazy)(struct heap_je_hooks *, void *, size_t, size_t, size_t, unsigned);
	_Bool (*purge_forced)(struct heap_je_hooks *, void *, size_t, size_t, size_t, unsigned);
	_Bool (*split)(struct heap_je_hooks *, void *, size_t, size_t, size_t, _Bool, unsigned);
	_Bool (*merge)(struct heap_je_hooks *, void *, size_t, void *, size_t, _Bool, unsigned);
};

/* Flags that allocate from an arena and free to it, past the thread's cache. */
BASE_INLINE int heap_je_arena_flags(unsigned arena)
{
	return (int)(arena + 1) << 20 | HEAP_JE_NO_CACHE;
}

/* Around fork: jemalloc's locks. Called from pool/fork.c in the order of its list. */
void heap_je_before_fork(void);
void heap_je_after_fork_parent(void);
void heap_je_after_fork_child(void);

/* Bytes jemalloc regards as allocated now (its statistic stats.allocated, refreshed). */
size_t heap_je_allocated(void);

/*
 * Returns those unused dirty pages to the system that are so for long enough. jemalloc itself looks
 * after every thousandth of its own operations, and few come to it through spans.
 */
void heap_je_decay(void);

/* Returns unused dirty pages of every arena to the system. */
void heap_je_purge(void);

#endif
