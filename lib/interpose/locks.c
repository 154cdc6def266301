/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * locks.c - mlock and its like
 *
 * What the program locks is what it would lock without the library, to the byte of its limit: the
 * library's own tables are left out (base/sparse.h). And what it unlocks is none of the nonpaged
 * pool's.
 *
 * All functions do what libc's do: the system call, and errno.
 */
#include "lib/base/sparse.h"
#include "lib/base/sys.h"
#include "lib/pool/state.h"
#include "lib/stats/segment.h"
#include <errno.h>
#include <sys/mman.h>

/* The library's variables, of which whole tables are never touched. Given by the linker. */
extern BASE_HIDDEN char __bss_start[], _end[];

static int answer(long result)
{
	if (result == 0)
		return 0;
	errno = (int)-result;
	return -1;
}

__attribute__((constructor)) static void leave_out_variables(void)
{
	uintptr_t start = base_round_up((uintptr_t)__bss_start, BASE_PAGE_SIZE);
	uintptr_t end = base_round_down((uintptr_t)_end, BASE_PAGE_SIZE);

	base_sparse_add((const void *)start, end - start);
}

BASE_EXPORT int munlock(const void *address, size_t size)
{
	long result = BASE_SYSCALL2(SYS_munlock, address, size);
	uintptr_t start = base_round_down((uintptr_t)address, BASE_PAGE_SIZE);

	if (result == 0 && pool_enter() != NULL)
		pool_lock_again(start, base_round_up((uintptr_t)address + size, BASE_PAGE_SIZE));
	return answer(result);
}

BASE_EXPORT int mlockall(int flags)
{
	long result;

	pool_enter();
	result = base_lock_all(flags);
	stats_segment_lock(base_all_locked());
	return answer(result);
}

BASE_EXPORT int munlockall(void)
{
	long result;

	pool_enter();
	result = base_unlock_all();
	pool_lock_again(0, UINTPTR_MAX);
	stats_segment_lock(base_all_locked());
	return answer(result);
}
