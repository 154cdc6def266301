/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/base/sparse.h"
#include "lib/base/atomic.h"
#include "lib/base/mappings.h"
#include "lib/base/sys.h"
#include <errno.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* More ranges than there are tables; what is too much is locked with the rest. */
#define RANGES_MAX 256

/* Addresses above are the kernel's: [vsyscall] is listed, but is no mapping. */
#define ADDRESS_END ((uintptr_t)1 << 47)

struct range {
	uintptr_t start, end; /* end is written last; 0: not yet */
};

static struct {
	uint32_t count;
	struct range at[RANGES_MAX];
} sparse;

/* What the last calls of mlockall and munlockall asked for. */
static int locked; /* MCL_CURRENT, MCL_FUTURE */

void base_sparse_add(const void *start, size_t bytes)
{
	uint32_t at = base_add_atomic(&sparse.count, 1);

	if (base_load_relaxed(&locked) & MCL_FUTURE)
		BASE_SYSCALL2(SYS_munlock, start, bytes);
	if (at >= RANGES_MAX)
		return;
	sparse.at[at].start = (uintptr_t)start;
	base_store_release(&sparse.at[at].end, (uintptr_t)start + bytes);
}

void *base_map_sparse(size_t bytes, int protection)
{
	int future = base_load_relaxed(&locked) & MCL_FUTURE;
	/* Where mappings are born locked, one that cannot be touched is not filled at once. */
	void *start = base_map_memory(bytes, future ? PROT_NONE : protection, MAP_NORESERVE);

	if (base_is_error(start))
		return start;
	base_sparse_add(start, bytes);
	if (future)
		BASE_SYSCALL3(SYS_mprotect, start, bytes, protection);
	return start;
}

/* --- the program's mappings ------------------------------------------------------------------- */

/* What is done with the parts that are not ours. */
struct use {
	void (*range)(uintptr_t start, uintptr_t end, void *argument);
	void *argument;
};

static int without_sparse(const struct base_mapping *mapping, void *argument)
{
	const struct use *use = argument;
	uintptr_t start = mapping->start, end = mapping->end;
	uint32_t count = (uint32_t)base_min(base_load_relaxed(&sparse.count), RANGES_MAX);

	while (start < end && end <= ADDRESS_END) {
		struct range next = {.start = end, .end = end};

		for (uint32_t i = 0; i < count; i++) {
			uintptr_t range_end = base_load_acquire(&sparse.at[i].end);

			if (range_end > start && sparse.at[i].start < next.start)
				next = (struct range){sparse.at[i].start, range_end};
		}
		if (next.start > start)
			use->range(start, next.start, use->argument);
		start = next.end;
	}
	return 0;
}

/* --- locks ------------------------------------------------------------------------------------ */

static void add_size(uintptr_t start, uintptr_t end, void *argument)
{
	*(size_t *)argument += end - start;
}

/* As the kernel does it: what cannot be locked, and pages that cannot be had, are passed over. */
static void lock_range(uintptr_t start, uintptr_t end, void *argument)
{
	if (BASE_SYSCALL3(SYS_mlock2, start, end - start, MLOCK_ONFAULT) == 0 &&
	    (*(const int *)argument & MCL_ONFAULT) == 0)
		BASE_SYSCALL2(SYS_mlock, start, end - start);
}

static int may_lock_anything(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

	return BASE_SYSCALL2(SYS_capget, &header, data) == 0 &&
	       (data[0].effective & 1u << CAP_IPC_LOCK) != 0;
}

/* What mlockall says of the limit, by the mappings that are the program's. */
static long judge(size_t size)
{
	struct rlimit limit = {0};

	BASE_SYSCALL2(SYS_getrlimit, RLIMIT_MEMLOCK, &limit);
	if (limit.rlim_cur >= size || may_lock_anything())
		return 0;
	return limit.rlim_cur == 0 ? -EPERM : -ENOMEM;
}

/* What is mapped now, and, as `flags` say, what will be. */
static long lock_current(int flags)
{
	size_t size = 0;
	struct use sum = {add_size, &size};
	struct use lock = {lock_range, &flags};
	long result;

	/* Without /proc it is all or nothing. */
	if (base_each_mapping(without_sparse, &sum) != 0)
		return BASE_SYSCALL1(SYS_mlockall, flags);
	result = judge(size);
	if (result == 0 && (flags & MCL_FUTURE))
		result = BASE_SYSCALL1(SYS_mlockall, flags & ~MCL_CURRENT);
	else if (result == 0 && (base_load_relaxed(&locked) & MCL_FUTURE))
		/* The kernel has no other way to stop locking what will be mapped. */
		result = BASE_SYSCALL0(SYS_munlockall);
	if (result == 0)
		base_each_mapping(without_sparse, &lock);
	return result;
}

long base_lock_all(int flags)
{
	int known = MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT;
	int whole = (flags & ~known) != 0 || (flags & MCL_CURRENT) == 0 ||
		    base_load_relaxed(&base_confined) != 0;
	long result = whole ? BASE_SYSCALL1(SYS_mlockall, flags) : lock_current(flags);

	if (result != 0)
		return result;
	/* What was locked stays so, and so does what is mapped from now on. */
	if (base_all_locked() && (flags & MCL_FUTURE))
		flags |= MCL_CURRENT;
	base_store_relaxed(&locked, flags & (MCL_CURRENT | MCL_FUTURE));
	return 0;
}

long base_unlock_all(void)
{
	long result = BASE_SYSCALL0(SYS_munlockall);

	if (result == 0)
		base_store_relaxed(&locked, 0);
	return result;
}

void base_lock_forked(void)
{
	base_store_relaxed(&locked, 0);
}

int base_all_locked(void)
{
	return base_load_relaxed(&locked) == (MCL_CURRENT | MCL_FUTURE);
}
