/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spinlock.c - spin locks of all kinds, and the lists they guard
 *
 * Purpose: a lock's word is its owner's thread, so that taking it twice, or releasing another's, is
 * seen at once.
 * Callers: drivers. Locking: these are locks. Context: IRQL <= DISPATCH_LEVEL; never allocates.
 */
#include "lib/base/atomic.h"
#include "lib/kernel/bugcheck.h"
#include "lib/kernel/violation.h"
#include "lib/kernel/wait.h"

static ULONG_PTR me(void)
{
	return (ULONG_PTR)kernel_thread();
}

static BASE_COLD __attribute__((noreturn)) void already_owned(const void *lock,
							      const void *return_address)
{
	kernel_bug_check(SPIN_LOCK_ALREADY_OWNED, (uintptr_t)lock, 0, 0, 0,
			 "the thread holds this spin lock already", return_address);
}

static BASE_COLD __attribute__((noreturn)) void not_owned(const void *lock,
							  const void *return_address)
{
	kernel_bug_check(SPIN_LOCK_NOT_OWNED, (uintptr_t)lock, 0, 0, 0,
			 "release of a spin lock that the thread does not hold", return_address);
}

static int try_lock(PKSPIN_LOCK lock)
{
	ULONG_PTR free = 0;

	return __atomic_compare_exchange_n(lock, &free, me(), 0, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

static void lock_word(PKSPIN_LOCK lock, const void *return_address)
{
	uint32_t tries = 0;

	while (!try_lock(lock)) {
		if (base_load_relaxed(lock) == me())
			already_owned(lock, return_address);
		kernel_spin(&tries);
	}
}

static void unlock_word(PKSPIN_LOCK lock, const void *return_address)
{
	if (base_load_relaxed(lock) != me())
		not_owned(lock, return_address);
	base_store_release(lock, 0);
}

BASE_EXPORT void KeInitializeSpinLock(PKSPIN_LOCK SpinLock)
{
	kernel_check_resident(SpinLock, "KeInitializeSpinLock in paged pool",
			      __builtin_return_address(0));
	base_store_release(SpinLock, 0);
}

BASE_EXPORT KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock)
{
	KIRQL old = kernel_irql;

	KERNEL_CHECK_IRQL(DISPATCH_LEVEL, 0x42, SpinLock, 0, "KeAcquireSpinLock");
	kernel_irql = DISPATCH_LEVEL;
	lock_word(SpinLock, __builtin_return_address(0));
	return old;
}

static void check_release_level(const void *lock, KIRQL restored, const char *what,
				const void *return_address)
{
	if (kernel_irql != DISPATCH_LEVEL)
		kernel_bad_irql((struct kernel_violation){.code = 0x32,
							  .p3 = (uintptr_t)lock,
							  .what = what,
							  .return_address = return_address});
	if (restored > DISPATCH_LEVEL)
		kernel_violation((struct kernel_violation){
			.code = 0x35,
			.p2 = kernel_irql,
			.p3 = (uintptr_t)lock,
			.p4 = restored,
			.what = "release of a spin lock to an IRQL that was never before it",
			.return_address = return_address});
}

BASE_EXPORT void KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql)
{
	check_release_level(SpinLock, NewIrql, "KeReleaseSpinLock", __builtin_return_address(0));
	unlock_word(SpinLock, __builtin_return_address(0));
	kernel_irql = NewIrql;
}

/* For the forms that leave the level alone. */
static void check_raised(uint32_t code, const void *lock, const char *what,
			 const void *return_address)
{
	if (BASE_UNLIKELY(kernel_irql < DISPATCH_LEVEL))
		kernel_bad_irql((struct kernel_violation){.code = code,
							  .p3 = (uintptr_t)lock,
							  .what = what,
							  .return_address = return_address});
}

BASE_EXPORT void KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
	check_raised(0x40, SpinLock, "KeAcquireSpinLockAtDpcLevel", __builtin_return_address(0));
	lock_word(SpinLock, __builtin_return_address(0));
}

BASE_EXPORT void KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock)
{
	check_raised(0x41, SpinLock, "KeReleaseSpinLockFromDpcLevel", __builtin_return_address(0));
	unlock_word(SpinLock, __builtin_return_address(0));
}

BASE_EXPORT BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
	check_raised(0x40, SpinLock, "KeTryToAcquireSpinLockAtDpcLevel",
		     __builtin_return_address(0));
	return (BOOLEAN)try_lock(SpinLock);
}

BASE_EXPORT BOOLEAN KeTestSpinLock(PKSPIN_LOCK SpinLock)
{
	return base_load_relaxed(SpinLock) == 0;
}

/* Without processors to queue, the handle only remembers the lock and the level before. */
BASE_EXPORT void KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock,
						PKLOCK_QUEUE_HANDLE LockHandle)
{
	KERNEL_CHECK_IRQL(DISPATCH_LEVEL, 0x42, SpinLock, 0, "KeAcquireInStackQueuedSpinLock");
	LockHandle->Lock = SpinLock;
	LockHandle->OldIrql = kernel_irql;
	kernel_irql = DISPATCH_LEVEL;
	lock_word(SpinLock, __builtin_return_address(0));
}

BASE_EXPORT void KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle)
{
	check_release_level(LockHandle->Lock, LockHandle->OldIrql, "KeReleaseInStackQueuedSpinLock",
			    __builtin_return_address(0));
	unlock_word(LockHandle->Lock, __builtin_return_address(0));
	kernel_irql = LockHandle->OldIrql;
}

BASE_EXPORT void KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock,
							  PKLOCK_QUEUE_HANDLE LockHandle)
{
	check_raised(0x40, SpinLock, "KeAcquireInStackQueuedSpinLockAtDpcLevel",
		     __builtin_return_address(0));
	LockHandle->Lock = SpinLock;
	LockHandle->OldIrql = kernel_irql;
	lock_word(SpinLock, __builtin_return_address(0));
}

BASE_EXPORT void KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle)
{
	check_raised(0x41, LockHandle->Lock, "KeReleaseInStackQueuedSpinLockFromDpcLevel",
		     __builtin_return_address(0));
	unlock_word(LockHandle->Lock, __builtin_return_address(0));
}

/* --- shared and exclusive ------------------------------------------------------------------- */

/* Top bit: held exclusive. The others count who holds it shared. */
#define EXCLUSIVE ((LONG)0x80000000)

static int move(PEX_SPIN_LOCK lock, LONG from, LONG to)
{
	return __atomic_compare_exchange_n(lock, &from, to, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

BASE_EXPORT void ExAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
	uint32_t tries = 0;

	check_raised(0x40, SpinLock, "ExAcquireSpinLockExclusiveAtDpcLevel",
		     __builtin_return_address(0));
	while (!move(SpinLock, 0, EXCLUSIVE))
		kernel_spin(&tries);
}

BASE_EXPORT void ExAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
	uint32_t tries = 0;

	check_raised(0x40, SpinLock, "ExAcquireSpinLockSharedAtDpcLevel",
		     __builtin_return_address(0));
	for (;;) {
		LONG seen = base_load_relaxed(SpinLock);

		if (seen >= 0 && move(SpinLock, seen, seen + 1))
			return;
		kernel_spin(&tries);
	}
}

static void drop_exclusive(PEX_SPIN_LOCK lock, const void *return_address)
{
	if (base_load_relaxed(lock) != EXCLUSIVE)
		not_owned(lock, return_address);
	base_store_release(lock, 0);
}

static void drop_shared(PEX_SPIN_LOCK lock, const void *return_address)
{
	if (base_load_relaxed(lock) <= 0)
		not_owned(lock, return_address);
	__atomic_sub_fetch(lock, 1, __ATOMIC_RELEASE);
}

BASE_EXPORT void ExReleaseSpinLockExclusiveFromDpcLevel(PEX_SPIN_LOCK SpinLock)
{
	check_raised(0x41, SpinLock, "ExReleaseSpinLockExclusiveFromDpcLevel",
		     __builtin_return_address(0));
	drop_exclusive(SpinLock, __builtin_return_address(0));
}

BASE_EXPORT void ExReleaseSpinLockSharedFromDpcLevel(PEX_SPIN_LOCK SpinLock)
{
	check_raised(0x41, SpinLock, "ExReleaseSpinLockSharedFromDpcLevel",
		     __builtin_return_address(0));
	drop_shared(SpinLock, __builtin_return_address(0));
}

BASE_EXPORT KIRQL ExAcquireSpinLockExclusive(PEX_SPIN_LOCK SpinLock)
{
	KIRQL old = kernel_irql;

	KERNEL_CHECK_IRQL(DISPATCH_LEVEL, 0x42, SpinLock, 0, "ExAcquireSpinLockExclusive");
	kernel_irql = DISPATCH_LEVEL;
	ExAcquireSpinLockExclusiveAtDpcLevel(SpinLock);
	return old;
}

BASE_EXPORT KIRQL ExAcquireSpinLockShared(PEX_SPIN_LOCK SpinLock)
{
	KIRQL old = kernel_irql;

	KERNEL_CHECK_IRQL(DISPATCH_LEVEL, 0x42, SpinLock, 0, "ExAcquireSpinLockShared");
	kernel_irql = DISPATCH_LEVEL;
	ExAcquireSpinLockSharedAtDpcLevel(SpinLock);
	return old;
}

BASE_EXPORT void ExReleaseSpinLockExclusive(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql)
{
	check_release_level(SpinLock, OldIrql, "ExReleaseSpinLockExclusive",
			    __builtin_return_address(0));
	drop_exclusive(SpinLock, __builtin_return_address(0));
	kernel_irql = OldIrql;
}

BASE_EXPORT void ExReleaseSpinLockShared(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql)
{
	check_release_level(SpinLock, OldIrql, "ExReleaseSpinLockShared",
			    __builtin_return_address(0));
	drop_shared(SpinLock, __builtin_return_address(0));
	kernel_irql = OldIrql;
}

BASE_EXPORT LOGICAL ExTryConvertSharedSpinLockExclusive(PEX_SPIN_LOCK SpinLock)
{
	check_raised(0x40, SpinLock, "ExTryConvertSharedSpinLockExclusive",
		     __builtin_return_address(0));
	return (LOGICAL)move(SpinLock, 1, EXCLUSIVE);
}

/* --- lists under a spin lock ---------------------------------------------------------------- */

BASE_EXPORT PLIST_ENTRY ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
						    PKSPIN_LOCK Lock)
{
	PLIST_ENTRY first;

	lock_word(Lock, __builtin_return_address(0));
	first = IsListEmpty(ListHead) ? NULL : ListHead->Flink;
	InsertHeadList(ListHead, ListEntry);
	unlock_word(Lock, __builtin_return_address(0));
	return first;
}

BASE_EXPORT PLIST_ENTRY ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
						    PKSPIN_LOCK Lock)
{
	PLIST_ENTRY last;

	lock_word(Lock, __builtin_return_address(0));
	last = IsListEmpty(ListHead) ? NULL : ListHead->Blink;
	InsertTailList(ListHead, ListEntry);
	unlock_word(Lock, __builtin_return_address(0));
	return last;
}

BASE_EXPORT PLIST_ENTRY ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
	PLIST_ENTRY first;

	lock_word(Lock, __builtin_return_address(0));
	first = IsListEmpty(ListHead) ? NULL : RemoveHeadList(ListHead);
	unlock_word(Lock, __builtin_return_address(0));
	return first;
}

BASE_EXPORT PSINGLE_LIST_ENTRY ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead,
							  PSINGLE_LIST_ENTRY ListEntry,
							  PKSPIN_LOCK Lock)
{
	PSINGLE_LIST_ENTRY first;

	lock_word(Lock, __builtin_return_address(0));
	first = ListHead->Next;
	PushEntryList(ListHead, ListEntry);
	unlock_word(Lock, __builtin_return_address(0));
	return first;
}

BASE_EXPORT PSINGLE_LIST_ENTRY ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead,
							 PKSPIN_LOCK Lock)
{
	PSINGLE_LIST_ENTRY first;

	lock_word(Lock, __builtin_return_address(0));
	first = PopEntryList(ListHead);
	unlock_word(Lock, __builtin_return_address(0));
	return first;
}
