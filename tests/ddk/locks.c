// SPDX-License-Identifier: BSD-2-Clause
/*
 * locks.c - levels, locks and waits: what their pages say beyond sync.c, and each misuse that Microsoft
 * gives a code. Pages: wdm/nf-wdm-ke*, wdm/nf-wdm-ex*, debugger/bug-check-0xc4. C and C++.
 */
#include "ddk.h"
#include <ntifs.h>
#include <pthread.h>

static KSPIN_LOCK spin;
static KLOCK_QUEUE_HANDLE queued;
static EX_SPIN_LOCK ex_spin;
static FAST_MUTEX fast;
static KGUARDED_MUTEX guarded;
static EX_PUSH_LOCK push;
static ERESOURCE resource;
static KEVENT event;
static KSEMAPHORE semaphore;
static KMUTEX mutex;
static LARGE_INTEGER soon;
static UCHAR unaligned[sizeof(ERESOURCE) + 8];

static void at(KIRQL level)
{
	KIRQL old;

	KeRaiseIrql(level, &old);
}

static void wait_for_one(KPROCESSOR_MODE mode, PLARGE_INTEGER timeout)
{
	KeWaitForSingleObject(&event, Executive, mode, FALSE, timeout);
}

static void wait_for_all(PLARGE_INTEGER timeout)
{
	PVOID all[] = {&event, &semaphore};

	KeWaitForMultipleObjects(2, all, WaitAll, Executive, KernelMode, FALSE, timeout, NULL);
}

/* Objects of the stack, in a wait that lets it be paged out. */
static void wait_on_stack(int several)
{
	KEVENT here;
	PVOID all[] = {&here};

	KeInitializeEvent(&here, NotificationEvent, TRUE);
	if (several)
		KeWaitForMultipleObjects(1, all, WaitAny, UserRequest, UserMode, FALSE, NULL, NULL);
	else
		KeWaitForSingleObject(&here, UserRequest, UserMode, FALSE, NULL);
}

static void hold_queued(void)
{
	KeAcquireInStackQueuedSpinLock(&spin, &queued);
}

static void share_resource(void)
{
	KeEnterCriticalRegion();
	ExAcquireResourceSharedLite(&resource, TRUE);
}

/* Inside of a block, as a lock of a structure is. */
static PVOID paged(void)
{
	return (PUCHAR)ExAllocatePoolWithTag(PagedPool, 1000, 'kcoL') + 64;
}

/* --- what is documented to stop the system ------------------------------------------------------ */

#define C4(codes) "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, " codes "): "
#define LOW       " at IRQL 0 (PASSIVE_LEVEL), called by ~"
#define RAISED_2  " at IRQL 2 (DISPATCH_LEVEL), called by ~"
#define RAISED_15 " at IRQL 15 (a device's), called by ~"
#define TWICE                                                                               \
	"SPIN_LOCK_ALREADY_OWNED (0xF, @, 0x0, 0x0, 0x0): the thread holds this spin lock " \
	"already, called by ~"
#define NOT_HELD                                                                                \
	"SPIN_LOCK_NOT_OWNED (0x10, @, 0x0, 0x0, 0x0): release of a spin lock that the thread " \
	"does not hold, called by ~"
#define NO_OWNER                                                                                  \
	"THREAD_NOT_MUTEX_OWNER (0x11, @, @, 0x0, 0x0): release of a mutex that the thread does " \
	"not hold, called by ~"
#define NO_HOLDER                                                                                  \
	"RESOURCE_NOT_OWNED (0xE3, @, @, 0x0, 0x0): release of an ERESOURCE that the thread does " \
	"not hold, called by ~"
#define NOT_PUSHED                                                                                \
	"RESOURCE_NOT_OWNED (0xE3, @, @, 0x0, 0x0): release of a push lock that is not held so, " \
	"called by ~"
#define UNPROTECTED ", but APCs are not disabled, called by ~"

// clang-format off
/* routine, number, what is done, the line, what is wrong */
#define BUGS(X) \
	X(KeRaiseIrql, 1, at(HIGH_LEVEL + 1), C4("0x30, 0x0, 0x10, 0x0") "KeRaiseIrql to a level above HIGH_LEVEL, called by ~", "to a level there is not") \
	X(KeLowerIrql, 1, KeLowerIrql(HIGH_LEVEL + 1), C4("0x31, 0x0, 0x10, 0x0") "KeLowerIrql to a level above HIGH_LEVEL, called by ~", "to a level there is not") \
	X(KfRaiseIrql, 1, at(DISPATCH_LEVEL); KfRaiseIrql(APC_LEVEL), "IRQL_NOT_GREATER_OR_EQUAL (0x9, 0x1, 0x2, 0x0, @): KeRaiseIrql from IRQL 2 (DISPATCH_LEVEL) to IRQL 1 (APC_LEVEL), called by ~", "to a lower level") \
	X(KeRaiseIrqlToDpcLevel, 1, at(HIGH_LEVEL); KeRaiseIrqlToDpcLevel(), "IRQL_NOT_GREATER_OR_EQUAL (0x9, 0x2, 0xF, 0x0, @): KeRaiseIrqlToDpcLevel from IRQL 15 (a device's) to IRQL 2 (DISPATCH_LEVEL), called by ~", "from a higher level") \
	X(KeRaiseIrqlToSynchLevel, 1, at(HIGH_LEVEL); KeRaiseIrqlToSynchLevel(), "IRQL_NOT_GREATER_OR_EQUAL (0x9, 0xC, 0xF, 0x0, @): KeRaiseIrqlToSynchLevel from IRQL 15 (a device's) to IRQL 12 (a device's), called by ~", "from a higher level") \
	X(KeAcquireSpinLockRaiseToDpc, 1, at(HIGH_LEVEL); KeAcquireSpinLockRaiseToDpc(&spin), C4("0x42, 0xF, @, 0x0") "KeAcquireSpinLock" RAISED_15, "above DISPATCH_LEVEL") \
	X(KeAcquireSpinLockRaiseToDpc, 2, KeAcquireSpinLockRaiseToDpc(&spin); KeAcquireSpinLockRaiseToDpc(&spin), TWICE, "the thread holds it already") \
	X(KeAcquireSpinLockAtDpcLevel, 1, hold_queued(); KeAcquireSpinLockAtDpcLevel(&spin), TWICE, "the thread holds it already") \
	X(KeReleaseSpinLock, 1, KeAcquireSpinLockRaiseToDpc(&spin); KeReleaseSpinLock(&spin, HIGH_LEVEL), C4("0x35, 0x2, @, 0xF") "release of a spin lock to an IRQL that was never before it, called by ~", "to a level that was never before it") \
	X(KeReleaseSpinLockFromDpcLevel, 1, KeReleaseSpinLockFromDpcLevel(&spin), C4("0x41, 0x0, @, 0x0") "KeReleaseSpinLockFromDpcLevel" LOW, "below DISPATCH_LEVEL") \
	X(KeReleaseSpinLockFromDpcLevel, 2, at(DISPATCH_LEVEL); KeReleaseSpinLockFromDpcLevel(&spin), NOT_HELD, "of one that is not held") \
	X(KeTryToAcquireSpinLockAtDpcLevel, 1, KeTryToAcquireSpinLockAtDpcLevel(&spin), C4("0x40, 0x0, @, 0x0") "KeTryToAcquireSpinLockAtDpcLevel" LOW, "below DISPATCH_LEVEL") \
	X(KeAcquireInStackQueuedSpinLock, 1, at(HIGH_LEVEL); KeAcquireInStackQueuedSpinLock(&spin, &queued), C4("0x42, 0xF, @, 0x0") "KeAcquireInStackQueuedSpinLock" RAISED_15, "above DISPATCH_LEVEL") \
	X(KeAcquireInStackQueuedSpinLock, 2, hold_queued(); KeAcquireInStackQueuedSpinLock(&spin, &queued), TWICE, "the thread holds it already") \
	X(KeAcquireInStackQueuedSpinLockAtDpcLevel, 1, KeAcquireInStackQueuedSpinLockAtDpcLevel(&spin, &queued), C4("0x40, 0x0, @, 0x0") "KeAcquireInStackQueuedSpinLockAtDpcLevel" LOW, "below DISPATCH_LEVEL") \
	X(KeReleaseInStackQueuedSpinLock, 1, hold_queued(); KeLowerIrql(PASSIVE_LEVEL); KeReleaseInStackQueuedSpinLock(&queued), C4("0x32, 0x0, @, 0x0") "KeReleaseInStackQueuedSpinLock" LOW, "below DISPATCH_LEVEL") \
	X(KeReleaseInStackQueuedSpinLock, 2, hold_queued(); KeReleaseInStackQueuedSpinLock(&queued); at(DISPATCH_LEVEL); KeReleaseInStackQueuedSpinLock(&queued), NOT_HELD, "of one that is not held") \
	X(KeReleaseInStackQueuedSpinLockFromDpcLevel, 1, hold_queued(); KeLowerIrql(PASSIVE_LEVEL); KeReleaseInStackQueuedSpinLockFromDpcLevel(&queued), C4("0x41, 0x0, @, 0x0") "KeReleaseInStackQueuedSpinLockFromDpcLevel" LOW, "below DISPATCH_LEVEL") \
	X(ExAcquireSpinLockExclusive, 1, at(HIGH_LEVEL); ExAcquireSpinLockExclusive(&ex_spin), C4("0x42, 0xF, @, 0x0") "ExAcquireSpinLockExclusive" RAISED_15, "above DISPATCH_LEVEL") \
	X(ExAcquireSpinLockShared, 1, at(HIGH_LEVEL); ExAcquireSpinLockShared(&ex_spin), C4("0x42, 0xF, @, 0x0") "ExAcquireSpinLockShared" RAISED_15, "above DISPATCH_LEVEL") \
	X(ExAcquireSpinLockExclusiveAtDpcLevel, 1, ExAcquireSpinLockExclusiveAtDpcLevel(&ex_spin), C4("0x40, 0x0, @, 0x0") "ExAcquireSpinLockExclusiveAtDpcLevel" LOW, "below DISPATCH_LEVEL") \
	X(ExAcquireSpinLockSharedAtDpcLevel, 1, ExAcquireSpinLockSharedAtDpcLevel(&ex_spin), C4("0x40, 0x0, @, 0x0") "ExAcquireSpinLockSharedAtDpcLevel" LOW, "below DISPATCH_LEVEL") \
	X(ExReleaseSpinLockExclusive, 1, ExReleaseSpinLockExclusive(&ex_spin, PASSIVE_LEVEL), C4("0x32, 0x0, @, 0x0") "ExReleaseSpinLockExclusive" LOW, "below DISPATCH_LEVEL") \
	X(ExReleaseSpinLockExclusive, 2, ExAcquireSpinLockShared(&ex_spin); ExReleaseSpinLockExclusive(&ex_spin, PASSIVE_LEVEL), NOT_HELD, "of one that is held shared") \
	X(ExReleaseSpinLockShared, 1, ExReleaseSpinLockShared(&ex_spin, PASSIVE_LEVEL), C4("0x32, 0x0, @, 0x0") "ExReleaseSpinLockShared" LOW, "below DISPATCH_LEVEL") \
	X(ExReleaseSpinLockShared, 2, ExAcquireSpinLockExclusive(&ex_spin); ExReleaseSpinLockShared(&ex_spin, PASSIVE_LEVEL), NOT_HELD, "of one that is held exclusive") \
	X(ExReleaseSpinLockExclusiveFromDpcLevel, 1, ExReleaseSpinLockExclusiveFromDpcLevel(&ex_spin), C4("0x41, 0x0, @, 0x0") "ExReleaseSpinLockExclusiveFromDpcLevel" LOW, "below DISPATCH_LEVEL") \
	X(ExReleaseSpinLockExclusiveFromDpcLevel, 2, at(DISPATCH_LEVEL); ExReleaseSpinLockExclusiveFromDpcLevel(&ex_spin), NOT_HELD, "of one that is not held") \
	X(ExReleaseSpinLockSharedFromDpcLevel, 1, ExReleaseSpinLockSharedFromDpcLevel(&ex_spin), C4("0x41, 0x0, @, 0x0") "ExReleaseSpinLockSharedFromDpcLevel" LOW, "below DISPATCH_LEVEL") \
	X(ExReleaseSpinLockSharedFromDpcLevel, 2, at(DISPATCH_LEVEL); ExReleaseSpinLockSharedFromDpcLevel(&ex_spin), NOT_HELD, "of one that is not held") \
	X(ExTryConvertSharedSpinLockExclusive, 1, ExTryConvertSharedSpinLockExclusive(&ex_spin), C4("0x40, 0x0, @, 0x0") "ExTryConvertSharedSpinLockExclusive" LOW, "below DISPATCH_LEVEL") \
	X(ExTryToAcquireFastMutex, 1, at(DISPATCH_LEVEL); ExTryToAcquireFastMutex(&fast), C4("0x33, 0x2, @, 0x0") "ExTryToAcquireFastMutex" RAISED_2, "at DISPATCH_LEVEL") \
	X(ExReleaseFastMutexUnsafe, 1, ExReleaseFastMutexUnsafe(&fast), C4("0x3A, 0x0, 0x0, @") "ExReleaseFastMutexUnsafe" UNPROTECTED, "with APCs enabled") \
	X(ExReleaseFastMutexUnsafe, 2, KeEnterCriticalRegion(); ExReleaseFastMutexUnsafe(&fast), NO_OWNER, "of one that is not held") \
	X(KeAcquireGuardedMutex, 1, at(DISPATCH_LEVEL); KeAcquireGuardedMutex(&guarded), C4("0x33, 0x2, @, 0x0") "KeAcquireGuardedMutex" RAISED_2, "at DISPATCH_LEVEL") \
	X(KeAcquireGuardedMutex, 2, KeAcquireGuardedMutex(&guarded); KeAcquireGuardedMutex(&guarded), "MUTEX_ALREADY_OWNED (0xBF, @, @, 0x0, 0x0): the thread holds this mutex already, called by ~", "the thread holds it already") \
	X(KeTryToAcquireGuardedMutex, 1, at(DISPATCH_LEVEL); KeTryToAcquireGuardedMutex(&guarded), C4("0x33, 0x2, @, 0x0") "KeTryToAcquireGuardedMutex" RAISED_2, "at DISPATCH_LEVEL") \
	X(KeReleaseGuardedMutex, 1, KeReleaseGuardedMutex(&guarded), NO_OWNER, "of one that is not held") \
	X(KeReleaseGuardedMutex, 2, at(DISPATCH_LEVEL); KeReleaseGuardedMutex(&guarded), C4("0xE5, 0x2, 0x0, 0x0") "KeReleaseGuardedMutex" RAISED_2, "at DISPATCH_LEVEL") \
	X(KeEnterCriticalRegion, 1, at(DISPATCH_LEVEL); KeEnterCriticalRegion(), C4("0x11A, 0x2, 0x0, 0x0") "KeEnterCriticalRegion" RAISED_2, "at DISPATCH_LEVEL") \
	X(KeLeaveCriticalRegion, 1, KeEnterCriticalRegion(); at(DISPATCH_LEVEL); KeLeaveCriticalRegion(), C4("0x11B, 0x2, 0x0, 0x0") "KeLeaveCriticalRegion" RAISED_2, "at DISPATCH_LEVEL") \
	X(KeEnterGuardedRegion, 1, at(DISPATCH_LEVEL); KeEnterGuardedRegion(), C4("0xE5, 0x2, 0x0, 0x0") "KeEnterGuardedRegion" RAISED_2, "at DISPATCH_LEVEL") \
	X(KeLeaveGuardedRegion, 1, KeEnterGuardedRegion(); at(DISPATCH_LEVEL); KeLeaveGuardedRegion(), C4("0xE5, 0x2, 0x0, 0x0") "KeLeaveGuardedRegion" RAISED_2, "at DISPATCH_LEVEL") \
	X(KeLeaveGuardedRegion, 2, KeLeaveGuardedRegion(), C4("0x4000E, @, 0x0, 0x0") "KeLeaveGuardedRegion outside of one, called by ~", "outside of one") \
	X(ExAcquirePushLockExclusive, 1, ExAcquirePushLockExclusive(&push), C4("0xEA, 0x0, 0x0, @") "ExAcquirePushLockExclusive" UNPROTECTED, "with APCs enabled") \
	X(ExAcquirePushLockExclusiveEx, 1, at(DISPATCH_LEVEL); ExAcquirePushLockExclusiveEx(&push, 0), C4("0xE5, 0x2, 0x0, 0x0") "ExAcquirePushLockExclusive" RAISED_2, "at DISPATCH_LEVEL") \
	X(ExAcquirePushLockShared, 1, ExAcquirePushLockShared(&push), C4("0xEA, 0x0, 0x0, @") "ExAcquirePushLockShared" UNPROTECTED, "with APCs enabled") \
	X(ExAcquirePushLockSharedEx, 1, at(DISPATCH_LEVEL); ExAcquirePushLockSharedEx(&push, 0), C4("0xE5, 0x2, 0x0, 0x0") "ExAcquirePushLockShared" RAISED_2, "at DISPATCH_LEVEL") \
	X(ExReleasePushLockExclusive, 1, ExReleasePushLockExclusive(&push), C4("0xEB, 0x0, 0x0, @") "ExReleasePushLockExclusive" UNPROTECTED, "with APCs enabled") \
	X(ExReleasePushLockExclusiveEx, 1, at(APC_LEVEL); ExAcquirePushLockShared(&push); ExReleasePushLockExclusiveEx(&push, 0), NOT_PUSHED, "of one that is held shared") \
	X(ExReleasePushLockShared, 1, ExReleasePushLockShared(&push), C4("0xEB, 0x0, 0x0, @") "ExReleasePushLockShared" UNPROTECTED, "with APCs enabled") \
	X(ExReleasePushLockSharedEx, 1, at(APC_LEVEL); ExReleasePushLockSharedEx(&push, 0), NOT_PUSHED, "of one that is not held") \
	X(ExAcquireResourceExclusiveLite, 1, at(DISPATCH_LEVEL); ExAcquireResourceExclusiveLite(&resource, TRUE), C4("0xE5, 0x2, 0x0, 0x0") "acquire of an ERESOURCE" RAISED_2, "at DISPATCH_LEVEL") \
	X(ExAcquireResourceExclusiveLite, 2, RtlZeroMemory(unaligned, sizeof(unaligned)); KeEnterCriticalRegion(); ExAcquireResourceExclusiveLite((PERESOURCE)(PVOID)(((ULONG_PTR)unaligned + 7) & ~7UL), TRUE), C4("0x1002, @, 0x0, 0x0") "use of an ERESOURCE that is not initialized, called by ~", "of one that is not initialized") \
	X(ExAcquireResourceExclusiveLite, 3, KeEnterCriticalRegion(); ExAcquireResourceExclusiveLite((PERESOURCE)(PVOID)((ULONG_PTR)unaligned | 1), TRUE), C4("0x3D, 0x0, 0x0, @") "use of an ERESOURCE that is not aligned to a pointer, called by ~", "of one that is not aligned") \
	X(ExAcquireResourceSharedLite, 1, ExAcquireResourceSharedLite(&resource, TRUE), C4("0x37, 0x0, 0x0, @") "acquire of an ERESOURCE" UNPROTECTED, "with APCs enabled") \
	X(ExAcquireResourceSharedLite, 2, at(DISPATCH_LEVEL); ExAcquireResourceSharedLite(&resource, FALSE), C4("0xE5, 0x2, 0x0, 0x0") "acquire of an ERESOURCE" RAISED_2, "at DISPATCH_LEVEL") \
	X(ExAcquireSharedStarveExclusive, 1, ExAcquireSharedStarveExclusive(&resource, TRUE), C4("0x37, 0x0, 0x0, @") "acquire of an ERESOURCE" UNPROTECTED, "with APCs enabled") \
	X(ExAcquireSharedWaitForExclusive, 1, ExAcquireSharedWaitForExclusive(&resource, TRUE), C4("0x37, 0x0, 0x0, @") "acquire of an ERESOURCE" UNPROTECTED, "with APCs enabled") \
	X(ExEnterCriticalRegionAndAcquireResourceExclusive, 1, at(DISPATCH_LEVEL); ExEnterCriticalRegionAndAcquireResourceExclusive(&resource), C4("0x11A, 0x2, 0x0, 0x0") "KeEnterCriticalRegion" RAISED_2, "at DISPATCH_LEVEL") \
	X(ExEnterCriticalRegionAndAcquireResourceShared, 1, at(DISPATCH_LEVEL); ExEnterCriticalRegionAndAcquireResourceShared(&resource), C4("0x11A, 0x2, 0x0, 0x0") "KeEnterCriticalRegion" RAISED_2, "at DISPATCH_LEVEL") \
	X(ExReleaseResourceLite, 1, share_resource(); KeLeaveCriticalRegion(); ExReleaseResourceLite(&resource), C4("0x38, 0x0, 0x0, @") "release of an ERESOURCE" UNPROTECTED, "with APCs enabled") \
	X(ExReleaseResourceForThreadLite, 1, share_resource(); KeLeaveCriticalRegion(); ExReleaseResourceForThreadLite(&resource, ExGetCurrentResourceThread()), C4("0x38, 0x0, 0x0, @") "release of an ERESOURCE" UNPROTECTED, "with APCs enabled") \
	X(ExReleaseResourceForThreadLite, 2, share_resource(); ExReleaseResourceForThreadLite(&resource, 16), NO_HOLDER, "for a thread that does not hold it") \
	X(ExReleaseResourceAndLeaveCriticalRegion, 1, KeEnterCriticalRegion(); ExReleaseResourceAndLeaveCriticalRegion(&resource), NO_HOLDER, "of one that is not held") \
	X(ExConvertExclusiveToSharedLite, 1, share_resource(); ExConvertExclusiveToSharedLite(&resource), "RESOURCE_NOT_OWNED (0xE3, @, @, 0x0, 0x0): conversion of an ERESOURCE that the thread does not hold, called by ~", "of one that is held shared") \
	X(ExReinitializeResourceLite, 1, ExReinitializeResourceLite((PERESOURCE)(PVOID)unaligned), C4("0x1002, @, 0x0, 0x0") "ExReinitializeResourceLite of a resource that was never initialized, called by ~", "of one never initialized") \
	X(KeWaitForSingleObject, 1, at(HIGH_LEVEL); wait_for_one(KernelMode, &soon), C4("0x120, @, @, @") "a wait" RAISED_15, "above DISPATCH_LEVEL") \
	X(KeWaitForSingleObject, 2, at(DISPATCH_LEVEL); wait_for_one(KernelMode, &soon), C4("0x122, @, @, @") "a wait at IRQL 2 (DISPATCH_LEVEL), with a time-out that is not 0, called by ~", "at DISPATCH_LEVEL with a time-out that is not 0") \
	X(KeWaitForSingleObject, 3, wait_on_stack(0), C4("0x123, @, 0x0, 0x0") "a wait in UserMode for an object on the stack, which may be paged out, called by ~", "in UserMode for an object on the stack") \
	X(KeWaitForSingleObject, 4, KeWaitForSingleObject(unaligned + 8, Executive, KernelMode, FALSE, (RtlFillMemory(unaligned, sizeof(unaligned), 99), &soon)), "IRQL_NOT_LESS_OR_EQUAL (0xA, @, 0x0, 0x0, 0x0): wait for something that is not an object of the dispatcher", "of what is no object of the dispatcher") \
	X(KeWaitForMultipleObjects, 1, at(HIGH_LEVEL); wait_for_all(&soon), C4("0x120, @, @, @") "a wait" RAISED_15, "above DISPATCH_LEVEL") \
	X(KeWaitForMultipleObjects, 2, at(DISPATCH_LEVEL); wait_for_all(NULL), C4("0x121, @, @, 0x0") "a wait at IRQL 2 (DISPATCH_LEVEL), without end, called by ~", "at DISPATCH_LEVEL without a time-out") \
	X(KeWaitForMultipleObjects, 3, at(DISPATCH_LEVEL); wait_for_all(&soon), C4("0x122, @, @, @") "a wait at IRQL 2 (DISPATCH_LEVEL), with a time-out that is not 0, called by ~", "at DISPATCH_LEVEL with a time-out that is not 0") \
	X(KeWaitForMultipleObjects, 4, wait_on_stack(1), C4("0x123, @, 0x0, 0x0") "a wait in UserMode for an object on the stack, which may be paged out, called by ~", "in UserMode for an object on the stack") \
	X(ExRaiseAccessViolation, 1, ExRaiseAccessViolation(), "KMODE_EXCEPTION_NOT_HANDLED (0x1E, 0xC0000005, @, 0x0, 0x0): exception 0xc0000005 reached no __except block that takes it, called by ~", "outside of __try") \
	X(ExRaiseDatatypeMisalignment, 1, ExRaiseDatatypeMisalignment(), "KMODE_EXCEPTION_NOT_HANDLED (0x1E, 0x80000002, @, 0x0, 0x0): exception 0x80000002 reached no __except block that takes it, called by ~", "outside of __try") \
	X(KeInitializeSpinLock, 1, KeInitializeSpinLock((PKSPIN_LOCK)paged()), C4("0xE1, @, 0x0, 0x0") "KeInitializeSpinLock in paged pool, called by ~", "in paged pool") \
	X(ExInitializeFastMutex, 1, ExInitializeFastMutex((PFAST_MUTEX)paged()), C4("0xE1, @, 0x0, 0x0") "ExInitializeFastMutex in paged pool, called by ~", "in paged pool") \
	X(KeInitializeGuardedMutex, 1, KeInitializeGuardedMutex((PKGUARDED_MUTEX)paged()), C4("0xE1, @, 0x0, 0x0") "KeInitializeGuardedMutex in paged pool, called by ~", "in paged pool") \
	X(KeInitializeEvent, 1, KeInitializeEvent((PKEVENT)paged(), NotificationEvent, FALSE), C4("0xE1, @, 0x0, 0x0") "KeInitializeEvent in paged pool, called by ~", "in paged pool") \
	X(KeInitializeSemaphore, 1, KeInitializeSemaphore((PKSEMAPHORE)paged(), 0, 1), C4("0xE1, @, 0x0, 0x0") "KeInitializeSemaphore in paged pool, called by ~", "in paged pool") \
	X(KeInitializeMutex, 1, KeInitializeMutex((PKMUTEX)paged(), 0), C4("0xE1, @, 0x0, 0x0") "KeInitializeMutex in paged pool, called by ~", "in paged pool") \
	X(ExInitializeResourceLite, 1, ExInitializeResourceLite((PERESOURCE)paged()), C4("0xE1, @, 0x0, 0x0") "ExInitializeResourceLite in paged pool, called by ~", "in paged pool") \
	X(KeReleaseSemaphore, 1, at(HIGH_LEVEL); KeReleaseSemaphore(&semaphore, 0, 1, FALSE), C4("0xE5, 0xF, 0x0, 0x0") "KeReleaseSemaphore" RAISED_15, "above DISPATCH_LEVEL") \
	X(KeReleaseMutex, 1, at(HIGH_LEVEL); KeReleaseMutex(&mutex, FALSE), C4("0xE5, 0xF, 0x0, 0x0") "KeReleaseMutex" RAISED_15, "above DISPATCH_LEVEL") \
	X(KeDelayExecutionThread, 1, at(DISPATCH_LEVEL); KeDelayExecutionThread(KernelMode, FALSE, &soon), C4("0xE5, 0x2, 0x0, 0x0") "KeDelayExecutionThread" RAISED_2, "at DISPATCH_LEVEL")

BUGS(BUG_FUNCTION)

static const struct bug bugs[] = {BUGS(BUG_ENTRY)};

// clang-format on

/* --- and what is not ---------------------------------------------------------------------------- */

static void levels(void)
{
	LARGE_INTEGER at_once = {.QuadPart = 0};
	PVOID both[] = {&event, &semaphore};

	at(APC_LEVEL);
	ok(!KeAreApcsDisabled() && KeAreAllApcsDisabled(),
	   "at APC_LEVEL all APCs are disabled, but by no region");
	KeEnterCriticalRegion();
	ok(KeAreApcsDisabled(), "KeAreApcsDisabled in a critical region");
	KeLeaveCriticalRegion();
	at(DISPATCH_LEVEL);
	KeClearEvent(&event);
	ok(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &at_once) ==
			   STATUS_TIMEOUT &&
		   KeWaitForMultipleObjects(2, both, WaitAll, Executive, KernelMode, FALSE,
					    &at_once, NULL) == STATUS_TIMEOUT,
	   "with a time-out of 0 a wait is legal at DISPATCH_LEVEL");
	KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
	ok(KeWaitForSingleObject(&event, Executive, UserMode, FALSE, &at_once) == STATUS_SUCCESS,
	   "and gets what is signalled");
	KeLowerIrql(PASSIVE_LEVEL);
}

/* What cannot be had at once. */
static void tries(void)
{
	SINGLE_LIST_ENTRY empty = {NULL}, link;
	SLIST_HEADER sequenced;
	SLIST_ENTRY entry;
	BOOLEAN spun, converted, took, entered;

	at(DISPATCH_LEVEL);
	KeAcquireSpinLockAtDpcLevel(&spin);
	spun = KeTryToAcquireSpinLockAtDpcLevel(&spin);
	KeReleaseSpinLockFromDpcLevel(&spin);
	ExAcquireSpinLockSharedAtDpcLevel(&ex_spin);
	ExAcquireSpinLockSharedAtDpcLevel(&ex_spin);
	converted = (BOOLEAN)ExTryConvertSharedSpinLockExclusive(&ex_spin);
	ExReleaseSpinLockSharedFromDpcLevel(&ex_spin);
	ExReleaseSpinLockSharedFromDpcLevel(&ex_spin);
	KeLowerIrql(PASSIVE_LEVEL);
	ok(spun == FALSE && converted == FALSE,
	   "KeTryToAcquireSpinLockAtDpcLevel, ExTryConvertSharedSpinLockExclusive: FALSE");
	ok(ExInterlockedPopEntryList(&empty, &spin) == NULL, "ExInterlockedPopEntryList: NULL");
	ok(ExInterlockedPushEntryList(&empty, &link, &spin) == NULL,
	   "ExInterlockedPushEntryList: NULL");
	ExInitializeSListHead(&sequenced);
	ok(ExInterlockedPopEntrySList(&sequenced, &spin) == NULL,
	   "ExInterlockedPopEntrySList: NULL");
	ok(ExInterlockedPushEntrySList(&sequenced, &entry, &spin) == NULL,
	   "ExInterlockedPushEntrySList: NULL");
	ExAcquireFastMutex(&fast);
	took = ExTryToAcquireFastMutex(&fast);
	ExReleaseFastMutex(&fast);
	KeAcquireGuardedMutex(&guarded);
	entered = KeTryToAcquireGuardedMutex(&guarded);
	KeReleaseGuardedMutex(&guarded);
	ok(took == FALSE && entered == FALSE && !KeAreAllApcsDisabled(),
	   "ExTryToAcquireFastMutex, KeTryToAcquireGuardedMutex: FALSE");
}

/* An owner that has its mutex as often as can be counted. */
static void recursions(void)
{
	PVOID all[] = {&mutex};

	KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, NULL);
	mutex.Header.SignalState = MINLONG;
	is_status(RAISED(KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, NULL)),
		  STATUS_MUTANT_LIMIT_EXCEEDED,
		  "KeWaitForSingleObject once more than can be counted");
	is_status(RAISED(KeWaitForMultipleObjects(1, all, WaitAny, Executive, KernelMode, FALSE,
						  NULL, NULL)),
		  STATUS_MUTANT_LIMIT_EXCEEDED, "KeWaitForMultipleObjects likewise");
	mutex.Header.SignalState = 0;
	KeReleaseMutex(&mutex, FALSE);
}

typedef struct _PAIR {
	LONG First;
	LONG Second;
} PAIR;

C_ASSERT(FIELD_OFFSET(PAIR, Second) == 4);

static void truths(void)
{
	int unused = 1;

	C_ASSERT(sizeof(PAIR) == 8);
	UNREFERENCED_PARAMETER(unused);
	ASSERT(unused == 1);
	ASSERTMSG("never seen", unused == 1);
	NT_ASSERT(TRUE);
	ok(FIELD_OFFSET(PAIR, Second) == 4, "what is true stops nothing");
}

/* Where they belong, and where they may be. */
static void places(void)
{
	PVOID block = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(ERESOURCE), 'kcoL');
	PVOID pushed = ExAllocatePoolWithTag(PagedPool, sizeof(EX_PUSH_LOCK), 'kcoL');
	KEVENT here;

	KeInitializeEvent(&here, NotificationEvent, TRUE);
	KeInitializeEvent((PKEVENT)block, NotificationEvent, TRUE);
	ok(KeReadStateEvent(&here) == 1 && KeReadStateEvent((PKEVENT)block) == 1,
	   "events on the stack and in nonpaged pool");
	ExInitializePushLock((PEX_PUSH_LOCK)pushed);
	KeEnterCriticalRegion();
	ExAcquirePushLockExclusive((PEX_PUSH_LOCK)pushed);
	ExReleasePushLockExclusive((PEX_PUSH_LOCK)pushed);
	KeLeaveCriticalRegion();
	ok(*(PEX_PUSH_LOCK)pushed == 0, "push locks may be in paged pool");
	ExFreePoolWithTag(pushed, 'kcoL');
	ExFreePoolWithTag(block, 'kcoL');
}

static void processors(void)
{
	PROCESSOR_NUMBER number = {7, 7, 7};
	KAFFINITY active = 0;
	ULONG index = KeGetCurrentProcessorNumberEx(&number);

	ok(number.Group == 0 && number.Reserved == 0 &&
		   number.Number < KeQueryMaximumProcessorCountEx(0) &&
		   index < KeQueryMaximumProcessorCountEx(ALL_PROCESSOR_GROUPS),
	   "KeGetCurrentProcessorNumberEx fills the number in");
	ok(KeQueryActiveProcessorCountEx(0) == KeQueryActiveProcessorCount(&active) &&
		   (active & 1) != 0 && KeQueryActiveProcessorCountEx(1) == 0,
	   "KeQueryActiveProcessorCountEx: 0 of a group there is not");
	ok(KeQueryMaximumProcessorCountEx(1) == 0,
	   "KeQueryMaximumProcessorCountEx: 0 of a group there is not");
}

static void absolute_times(void)
{
	LARGE_INTEGER now, until, after;

	KeQuerySystemTime(&now);
	until.QuadPart = now.QuadPart + 20000;
	KeDelayExecutionThread(KernelMode, FALSE, &until);
	KeQuerySystemTime(&after);
	ok(after.QuadPart >= until.QuadPart, "KeDelayExecutionThread until a system time");
	KeClearEvent(&event);
	is_status(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &now), STATUS_TIMEOUT,
		  "KeWaitForSingleObject until a time that is past");
}

/* --- resources that a writer waits for ---------------------------------------------------------- */

static void *write_once(void *unused)
{
	KeEnterCriticalRegion();
	ExAcquireResourceExclusiveLite(&resource, TRUE);
	ExReleaseResourceLite(&resource);
	KeLeaveCriticalRegion();
	return unused;
}

static BOOLEAN plain, starving, waiting;

static void *read_beside(void *unused)
{
	KeEnterCriticalRegion();
	plain = ExAcquireResourceSharedLite(&resource, FALSE);
	waiting = ExAcquireSharedWaitForExclusive(&resource, FALSE);
	starving = ExAcquireSharedStarveExclusive(&resource, FALSE);
	ExReleaseResourceLite(&resource);
	KeLeaveCriticalRegion();
	return unused;
}

static void *release_for(void *thread)
{
	KeEnterCriticalRegion();
	ExReleaseResourceForThreadLite(&resource, (ERESOURCE_THREAD)thread);
	KeLeaveCriticalRegion();
	return NULL;
}

static void resources(void)
{
	pthread_t writer, reader;

	share_resource();
	pthread_create(&writer, NULL, write_once, NULL);
	while (ExGetExclusiveWaiterCount(&resource) == 0)
		KeStallExecutionProcessor(50);
	pthread_create(&reader, NULL, read_beside, NULL);
	pthread_join(reader, NULL);
	ok(!plain && !waiting && starving,
	   "who waits to write comes before new readers, but for ExAcquireSharedStarveExclusive");
	ok(ExAcquireResourceSharedLite(&resource, FALSE) == TRUE &&
		   ExIsResourceAcquiredSharedLite(&resource) == 2,
	   "and not before a reader that reads already");
	ExReleaseResourceLite(&resource);
	pthread_create(&reader, NULL, release_for, (PVOID)ExGetCurrentResourceThread());
	pthread_join(reader, NULL);
	pthread_join(writer, NULL);
	ok(ExIsResourceAcquiredSharedLite(&resource) == 0 &&
		   ExGetExclusiveWaiterCount(&resource) == 0,
	   "ExReleaseResourceForThreadLite by another thread lets the writer in");
	KeLeaveCriticalRegion();
}

int main(void)
{
	soon.QuadPart = -10000;
	KeInitializeSpinLock(&spin);
	ExInitializeFastMutex(&fast);
	KeInitializeGuardedMutex(&guarded);
	ExInitializePushLock(&push);
	ExInitializeResourceLite(&resource);
	KeInitializeEvent(&event, NotificationEvent, FALSE);
	KeInitializeSemaphore(&semaphore, 0, 10);
	KeInitializeMutex(&mutex, 0);
	levels();
	tries();
	recursions();
	places();
	truths();
	processors();
	absolute_times();
	resources();
	for (size_t i = 0; i < ARRAYSIZE(bugs); i++)
		bugcheck_like(bugs[i].bug, bugs[i].line, bugs[i].name);
	ExDeleteResourceLite(&resource);
	return done();
}
