/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys.h - raw system calls
 *
 * Purpose: the library must work when another preload hooks mmap or open, before libc is ready, and
 * without touching errno, so it never calls libc's wrappers. Every function returns the kernel's
 * answer: a value >= 0, or a negative errno.
 * Callers: everything in lib/. Locking: none. Context: async-signal-safe, never allocates, may run
 * before init.
 */
#ifndef LIB_BASE_SYS_H
#define LIB_BASE_SYS_H

#include "lib/base/compiler.h"
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

BASE_INLINE long base_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

#define BASE_SYSCALL0(n)          base_syscall((n), 0, 0, 0, 0, 0, 0)
#define BASE_SYSCALL1(n, a)       base_syscall((n), (long)(a), 0, 0, 0, 0, 0)
#define BASE_SYSCALL2(n, a, b)    base_syscall((n), (long)(a), (long)(b), 0, 0, 0, 0)
#define BASE_SYSCALL3(n, a, b, c) base_syscall((n), (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define BASE_SYSCALL4(n, a, b, c, d) \
	base_syscall((n), (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define BASE_SYSCALL5(n, a, b, c, d, e) \
	base_syscall((n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define BASE_SYSCALL6(n, a, b, c, d, e, f) \
	base_syscall((n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* Whether a pointer-valued result is an error. */
BASE_INLINE int base_is_error(const void *p)
{
	return (uintptr_t)p > (uintptr_t)-4096;
}

/* Private anonymous zeroed memory, or an error value for base_is_error. `bytes` > 0. */
void *base_map_memory(size_t bytes, int protection, int extra_flags);

/*
 * The same at an alignment, a power of two, by mapping more and giving back what is too much. NULL
 * when there is none.
 */
void *base_map_aligned(size_t bytes, size_t alignment, int protection);

void *base_mmap(void *address, size_t bytes, int protection, int flags, int fd, long offset);
long base_munmap(void *address, size_t bytes);

/*
 * 1 once the process has confined itself by a system call filter. From then on a call that no
 * allocator needs may be its death, so nothing here opens a file or asks who it is any more: only
 * mmap, munmap, mremap, madvise, mprotect, futex and write are left.
 */
extern BASE_HIDDEN uint32_t base_confined;

/* Monotonic time in nanoseconds. */
uint64_t base_now_ns(clockid_t clock);

/*
 * Reads a whole small file (a /proc file) into `buffer`, always NUL-terminated; returns the bytes
 * read or a negative errno. Longer files are cut at `capacity` - 1.
 */
long base_read_file(const char *path, char *buffer, size_t capacity);

#endif
