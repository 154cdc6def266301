/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mutex.c - critical regions, fast and guarded mutexes, push locks
 *
 * Callers: drivers. Locking: these are locks. Context: IRQL <= APC_LEVEL; never allocates.
 */
#include "lib/base/atomic.h"
#include "lib/base/sys.h"
#include "lib/kernel/bugcheck.h"
#include "lib/kernel/violation.h"
#include "lib/kernel/wait.h"

static const struct kernel_deadline for_ever = {.forever = 1};

BASE_EXPORT PKTHREAD KeGetCurrentThread(void)
{
	return (PKTHREAD)kernel_thread();
}

/* A process is known by an address that is nobody else's. */
BASE_EXPORT PEPROCESS PsGetCurrentProcess(void)
{
	static char process;

	return (PEPROCESS)(void *)&process;
}

BASE_EXPORT HANDLE PsGetCurrentProcessId(void)
{
	return (HANDLE)BASE_SYSCALL0(SYS_getpid);
}

BASE_EXPORT HANDLE PsGetCurrentThreadId(void)
{
	return (HANDLE)BASE_SYSCALL0(SYS_gettid);
}

/* --- regions in which a thread gets no APCs: there are none here, so they are only counted --- */

BASE_EXPORT void KeEnterCriticalRegion(void)
{
	KERNEL_CHECK_IRQL(APC_LEVEL, 0x11A, 0, 0, "KeEnterCriticalRegion");
	kernel_thread()->critical_regions++;
}

BASE_EXPORT void KeLeaveCriticalRegion(void)
{
	KERNEL_CHECK_IRQL(APC_LEVEL, 0x11B, 0, 0, "KeLeaveCriticalRegion");
	if (kernel_thread()->critical_regions == 0)
		kernel_violation(
			(struct kernel_violation){.code = 0x3E,
						  .what = "KeLeaveCriticalRegion outside of one",
						  .return_address = __builtin_return_address(0)});
	kernel_thread()->critical_regions--;
}

BASE_EXPORT void KeEnterGuardedRegion(void)
{
	KERNEL_CHECK_IRQL(APC_LEVEL, 0xE5, 0, 0, "KeEnterGuardedRegion");
	kernel_thread()->guarded_regions++;
}

BASE_EXPORT void KeLeaveGuardedRegion(void)
{
	static const char rule[] = "KeLeaveGuardedRegion outside of one";

	KERNEL_CHECK_IRQL(APC_LEVEL, 0xE5, 0, 0, "KeLeaveGuardedRegion");
	/* The rule GuardedRegions of the DDI compliance checks: its text, then nothing of use. */
	if (kernel_thread()->guarded_regions == 0)
		kernel_violation(
			(struct kernel_violation){.code = 0x4000E,
						  .p2 = (uintptr_t)rule,
						  .what = rule,
						  .return_address = __builtin_return_address(0)});
	kernel_thread()->guarded_regions--;
}

BASE_EXPORT BOOLEAN KeAreAllApcsDisabled(void)
{
	return kernel_thread()->guarded_regions > 0 || kernel_irql >= APC_LEVEL;
}

BASE_EXPORT BOOLEAN KeAreApcsDisabled(void)
{
	return kernel_thread()->critical_regions > 0 || kernel_thread()->guarded_regions > 0;
}

/* --- fast mutexes: Count is 1 when free, 0 when held, -1 when somebody waits ---------------- */

static int try_mutex(PFAST_MUTEX mutex)
{
	LONG free = 1;

	if (!__atomic_compare_exchange_n(&mutex->Count, &free, 0, 0, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return 0;
	base_store_relaxed(&mutex->Owner, KeGetCurrentThread());
	return 1;
}

static void take_mutex(PFAST_MUTEX mutex, const void *return_address)
{
	if (try_mutex(mutex))
		return;
	if (base_load_relaxed(&mutex->Owner) == (PVOID)KeGetCurrentThread())
		kernel_bug_check(MUTEX_ALREADY_OWNED, (uintptr_t)mutex,
				 (uintptr_t)KeGetCurrentThread(), 0, 0,
				 "the thread holds this mutex already", return_address);
	__atomic_add_fetch(&mutex->Contention, 1, __ATOMIC_RELAXED);
	/* Whoever waited leaves -1 behind, for those who may still wait. */
	while (__atomic_exchange_n(&mutex->Count, -1, __ATOMIC_ACQUIRE) != 1)
		kernel_sleep_on(&mutex->Count, (uint32_t)-1, &for_ever);
	base_store_relaxed(&mutex->Owner, KeGetCurrentThread());
}

static void drop_mutex(PFAST_MUTEX mutex, const void *return_address)
{
	if (base_load_relaxed(&mutex->Owner) != (PVOID)KeGetCurrentThread())
		kernel_bug_check(
			THREAD_NOT_MUTEX_OWNER, (uintptr_t)KeGetCurrentThread(), (uintptr_t)mutex,
			0, 0, "release of a mutex that the thread does not hold", return_address);
	base_store_relaxed(&mutex->Owner, NULL);
	if (__atomic_exchange_n(&mutex->Count, 1, __ATOMIC_RELEASE) < 0)
		kernel_wake(&mutex->Count, 1);
}

BASE_EXPORT void ExInitializeFastMutex(PFAST_MUTEX FastMutex)
{
	kernel_check_resident(FastMutex, "ExInitializeFastMutex in paged pool",
			      __builtin_return_address(0));
	*FastMutex = (FAST_MUTEX){.Count = 1};
}

BASE_EXPORT void ExAcquireFastMutex(PFAST_MUTEX FastMutex)
{
	KIRQL old = kernel_irql;

	KERNEL_CHECK_IRQL(APC_LEVEL, 0x33, FastMutex, 0, "ExAcquireFastMutex");
	take_mutex(FastMutex, __builtin_return_address(0));
	kernel_irql = APC_LEVEL;
	FastMutex->OldIrql = old;
}

BASE_EXPORT BOOLEAN ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex)
{
	KIRQL old = kernel_irql;

	KERNEL_CHECK_IRQL(APC_LEVEL, 0x33, FastMutex, 0, "ExTryToAcquireFastMutex");
	if (!try_mutex(FastMutex))
		return FALSE;
	kernel_irql = APC_LEVEL;
	FastMutex->OldIrql = old;
	return TRUE;
}

BASE_EXPORT void ExReleaseFastMutex(PFAST_MUTEX FastMutex)
{
	KIRQL old = (KIRQL)FastMutex->OldIrql;

	if (kernel_irql != APC_LEVEL)
		kernel_bad_irql(
			(struct kernel_violation){.code = 0x34,
						  .p3 = kernel_thread()->critical_regions,
						  .p4 = (uintptr_t)FastMutex,
						  .what = "ExReleaseFastMutex",
						  .return_address = __builtin_return_address(0)});
	drop_mutex(FastMutex, __builtin_return_address(0));
	kernel_irql = old;
}

/* The unsafe forms leave the level alone; APCs must be disabled otherwise. */
static void check_unsafe(PFAST_MUTEX mutex, uint32_t code, const char *what,
			 const void *return_address)
{
	if (kernel_apcs_come())
		kernel_violation((struct kernel_violation){.code = code,
							   .p2 = kernel_irql,
							   .p4 = (uintptr_t)mutex,
							   .what = what,
							   .return_address = return_address});
}

BASE_EXPORT void ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
	check_unsafe(FastMutex, 0x39, "ExAcquireFastMutexUnsafe, but APCs are not disabled",
		     __builtin_return_address(0));
	take_mutex(FastMutex, __builtin_return_address(0));
}

BASE_EXPORT void ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
	check_unsafe(FastMutex, 0x3A, "ExReleaseFastMutexUnsafe, but APCs are not disabled",
		     __builtin_return_address(0));
	drop_mutex(FastMutex, __builtin_return_address(0));
}

BASE_EXPORT void KeInitializeGuardedMutex(PKGUARDED_MUTEX GuardedMutex)
{
	kernel_check_resident(GuardedMutex, "KeInitializeGuardedMutex in paged pool",
			      __builtin_return_address(0));
	*GuardedMutex = (KGUARDED_MUTEX){.Count = 1};
}

BASE_EXPORT void KeAcquireGuardedMutex(PKGUARDED_MUTEX GuardedMutex)
{
	KERNEL_CHECK_IRQL(APC_LEVEL, 0x33, GuardedMutex, 0, "KeAcquireGuardedMutex");
	KeEnterGuardedRegion();
	take_mutex(GuardedMutex, __builtin_return_address(0));
}

BASE_EXPORT void KeReleaseGuardedMutex(PKGUARDED_MUTEX GuardedMutex)
{
	KERNEL_CHECK_IRQL(APC_LEVEL, 0xE5, 0, 0, "KeReleaseGuardedMutex");
	drop_mutex(GuardedMutex, __builtin_return_address(0));
	KeLeaveGuardedRegion();
}

BASE_EXPORT BOOLEAN KeTryToAcquireGuardedMutex(PKGUARDED_MUTEX GuardedMutex)
{
	KERNEL_CHECK_IRQL(APC_LEVEL, 0x33, GuardedMutex, 0, "KeTryToAcquireGuardedMutex");
	KeEnterGuardedRegion();
	if (try_mutex(GuardedMutex))
		return TRUE;
	KeLeaveGuardedRegion();
	return FALSE;
}

/* --- push locks: low half: bit 31 exclusive, else how many share; high half: who waits ------- */

#define EXCLUSIVE 0x80000000u

struct push_lock {
	uint32_t state;
	uint32_t waiters;
};

static struct push_lock *push_lock(PEX_PUSH_LOCK lock)
{
	return (struct push_lock *)(void *)lock;
}

static void take_push(struct push_lock *lock, int exclusive)
{
	for (;;) {
		uint32_t seen = base_load_relaxed(&lock->state);

		if (exclusive ? seen == 0 : seen < EXCLUSIVE) {
			if (__atomic_compare_exchange_n(&lock->state, &seen,
							exclusive ? EXCLUSIVE : seen + 1, 0,
							__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
				return;
			continue;
		}
		__atomic_add_fetch(&lock->waiters, 1, __ATOMIC_SEQ_CST);
		kernel_sleep_on(&lock->state, seen, &for_ever);
		__atomic_sub_fetch(&lock->waiters, 1, __ATOMIC_SEQ_CST);
	}
}

static void drop_push(PEX_PUSH_LOCK address, int exclusive, const void *return_address)
{
	struct push_lock *lock = push_lock(address);
	uint32_t seen = base_load_relaxed(&lock->state);

	if (exclusive ? seen != EXCLUSIVE : seen == 0 || seen == EXCLUSIVE)
		kernel_bug_check(RESOURCE_NOT_OWNED, (uintptr_t)address,
				 (uintptr_t)KeGetCurrentThread(), 0, 0,
				 "release of a push lock that is not held so", return_address);
	if (__atomic_sub_fetch(&lock->state, exclusive ? EXCLUSIVE : 1, __ATOMIC_SEQ_CST) == 0 &&
	    __atomic_load_n(&lock->waiters, __ATOMIC_SEQ_CST) != 0)
		kernel_wake(&lock->state, INT32_MAX);
}

BASE_EXPORT void ExInitializePushLock(PEX_PUSH_LOCK PushLock)
{
	*PushLock = 0;
}

/* Whoever holds a push lock gets no APCs; the text is "NAME, but APCs are not disabled". */
static void check_push(PEX_PUSH_LOCK lock, uint32_t code, const char *name, const char *what,
		       const void *return_address)
{
	if (kernel_irql > APC_LEVEL)
		kernel_bad_irql((struct kernel_violation){
			.code = 0xE5, .what = name, .return_address = return_address});
	if (kernel_apcs_come())
		kernel_violation((struct kernel_violation){.code = code,
							   .p2 = kernel_irql,
							   .p4 = (uintptr_t)lock,
							   .what = what,
							   .return_address = return_address});
}

#define CHECK_PUSH(lock, code, name)                                         \
	check_push((lock), (code), name, name ", but APCs are not disabled", \
		   __builtin_return_address(0))

BASE_EXPORT void ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
	(void)Flags;
	CHECK_PUSH(PushLock, 0xEA, "ExAcquirePushLockExclusive");
	take_push(push_lock(PushLock), 1);
}

BASE_EXPORT void ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
	(void)Flags;
	CHECK_PUSH(PushLock, 0xEA, "ExAcquirePushLockShared");
	take_push(push_lock(PushLock), 0);
}

BASE_EXPORT void ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
	(void)Flags;
	CHECK_PUSH(PushLock, 0xEB, "ExReleasePushLockExclusive");
	drop_push(PushLock, 1, __builtin_return_address(0));
}

BASE_EXPORT void ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
	(void)Flags;
	CHECK_PUSH(PushLock, 0xEB, "ExReleasePushLockShared");
	drop_push(PushLock, 0, __builtin_return_address(0));
}
