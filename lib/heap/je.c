/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/heap/je.h"
#include "lib/base/sparse.h"
#include "lib/base/sys.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#define mallocx            pooltag_je_mallocx
#define rallocx            pooltag_je_rallocx
#define xallocx            pooltag_je_xallocx
#define sallocx            pooltag_je_sallocx
#define dallocx            pooltag_je_dallocx
#define sdallocx           pooltag_je_sdallocx
#define nallocx            pooltag_je_nallocx
#define mallctl            pooltag_je_mallctl
#define mallctlnametomib   pooltag_je_mallctlnametomib
#define mallctlbymib       pooltag_je_mallctlbymib
#define malloc_stats_print pooltag_je_malloc_stats_print
#include <jemalloc/jemalloc.h>

_Static_assert(MALLOCX_ZERO == HEAP_JE_ZERO, "flag of jemalloc");
_Static_assert((MALLOCX_LG_ALIGN(63) & ~HEAP_JE_LG_ALIGN_MASK) == 0, "alignment bits of jemalloc");
_Static_assert(MALLOCX_ARENA(3) == 4 << 20 && MALLOCX_TCACHE_NONE == HEAP_JE_NO_CACHE,
	       "flags of jemalloc");
_Static_assert(sizeof(extent_hooks_t) == sizeof(struct heap_je_hooks) &&
		       offsetof(extent_hooks_t, merge) == offsetof(struct heap_je_hooks, merge) &&
		       offsetof(extent_hooks_t, split) == offsetof(struct heap_je_hooks, split),
	       "hooks of jemalloc");
_Static_assert(JEMALLOC_VERSION_MAJOR == 5, "written for jemalloc 5");

/*
 * Read by jemalloc when it starts. Its environment variable and /etc/malloc.conf are not: they are
 * meant for a host's own jemalloc, and profiling (prof:true) would replace our blocks. A run of
 * free pages serves any request, however small: as a rule jemalloc leaves one alone that is more
 * than 64 times as large, and then what a program frees at once is not used again for spans.
 */
extern const char *pooltag_je_malloc_conf;
const char *pooltag_je_malloc_conf = "abort_conf:false,lg_extent_max_active_fit:24";

/*
 * jemalloc would add a page to every large block, spans among them, and start it at a random cache
 * line of its first page; it has no option against that. Its own definition was made a weak one.
 */
extern _Bool je_opt_cache_oblivious;
_Bool je_opt_cache_oblivious = 0;

/* jemalloc's own fork handlers, which it would register itself. */
void je_jemalloc_prefork(void);
void je_jemalloc_postfork_parent(void);
void je_jemalloc_postfork_child(void);

void heap_je_before_fork(void)
{
	je_jemalloc_prefork();
}

void heap_je_after_fork_parent(void)
{
	je_jemalloc_postfork_parent();
}

void heap_je_after_fork_child(void)
{
	je_jemalloc_postfork_child();
}

static size_t statistic(const char *name)
{
	size_t value = 0;
	size_t size = sizeof(value);

	pooltag_je_mallctl(name, &value, &size, NULL, 0);
	return value;
}

/* 4096 is MALLCTL_ARENAS_ALL. */
size_t heap_je_allocated(void)
{
	uint64_t epoch = 1;
	size_t size = sizeof(epoch);

	/* What this thread's cache holds would count as allocated. */
	pooltag_je_mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
	pooltag_je_mallctl("epoch", &epoch, &size, &epoch, size);
	return statistic("stats.allocated") - statistic("stats.arenas.4096.internal");
}

void heap_je_decay(void)
{
	pooltag_je_mallctl("arena.4096.decay", NULL, NULL, NULL, 0);
}

void heap_je_purge(void)
{
	pooltag_je_mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
	pooltag_je_mallctl("arena.4096.purge", NULL, NULL, NULL, 0);
}

/*
 * What jemalloc calls instead of libc (private-jemalloc.sh renames its references). A host or
 * another preload may hook libc's names; these cannot be hooked. They follow libc's convention: -1
 * and errno.
 */
#define SUBSTITUTE(result, name, ...)              \
	result pooltag_je_sys_##name(__VA_ARGS__); \
	result pooltag_je_sys_##name(__VA_ARGS__)

static long answer(long result)
{
	if (result < 0 && result > -4096) {
		errno = (int)-result;
		return -1;
	}
	return result;
}

SUBSTITUTE(void *, mmap, void *address, size_t bytes, int protection, int flags, int fd,
	   off_t offset)
{
	return (void *)answer((long)base_mmap(address, bytes, protection, flags, fd, offset));
}

SUBSTITUTE(int, munmap, void *address, size_t bytes)
{
	return (int)answer(base_munmap(address, bytes));
}

SUBSTITUTE(int, mprotect, void *address, size_t bytes, int protection)
{
	return (int)answer(BASE_SYSCALL3(SYS_mprotect, address, bytes, protection));
}

SUBSTITUTE(int, madvise, void *address, size_t bytes, int advice)
{
	return (int)answer(BASE_SYSCALL3(SYS_madvise, address, bytes, advice));
}

/*
 * Memory for jemalloc's tables, which it takes by
 * megabytes, touches little of, and never gives back.
 */
void *je_extent_alloc_mmap(void *address, size_t bytes, size_t alignment, _Bool *zero,
			   _Bool *commit);
void *pooltag_je_map_table(void *address, size_t bytes, size_t alignment, _Bool *zero,
			   _Bool *commit);

void *pooltag_je_map_table(void *address, size_t bytes, size_t alignment, _Bool *zero,
			   _Bool *commit)
{
	void *table = je_extent_alloc_mmap(address, bytes, alignment, zero, commit);

	if (table != NULL)
		base_sparse_add(table, bytes);
	return table;
}

SUBSTITUTE(char *, secure_getenv, const char *name)
{
	(void)name;
	return NULL;
}

SUBSTITUTE(ssize_t, readlink, const char *path, char *buffer, size_t bytes)
{
	(void)path;
	(void)buffer;
	(void)bytes;
	errno = ENOENT;
	return -1;
}

/* Fork handlers stand in one list, in pool/fork.c. */
SUBSTITUTE(int, pthread_atfork, void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	(void)prepare;
	(void)parent;
	(void)child;
	return 0;
}

/* Only its background threads would look anything up; a host gets no helper thread from us. */
SUBSTITUTE(void *, dlsym, void *handle, const char *name)
{
	(void)handle;
	(void)name;
	return NULL;
}

/*
 * Reached only by jemalloc's profiler, which cannot be switched on here; linking libgcc_s and libm
 * into every host for it would be a waste.
 */
SUBSTITUTE(int, Unwind_Backtrace, void *trace, void *argument)
{
	(void)trace;
	(void)argument;
	__builtin_trap();
}

SUBSTITUTE(uintptr_t, Unwind_GetIP, void *context)
{
	(void)context;
	__builtin_trap();
}

SUBSTITUTE(double, exp, double x)
{
	(void)x;
	__builtin_trap();
}

SUBSTITUTE(double, log, double x)
{
	(void)x;
	__builtin_trap();
}

SUBSTITUTE(double, round, double x)
{
	(void)x;
	__builtin_trap();
}
