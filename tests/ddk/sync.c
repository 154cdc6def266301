// SPDX-License-Identifier: BSD-2-Clause
/* sync.c - locks, events, waits, resources, time: with threads, and what would hang on Windows */
#include "ddk.h"
#include <pthread.h>

#define THREADS 4
#define ROUNDS  20000

static KSPIN_LOCK spin;
static EX_SPIN_LOCK ex_spin;
static FAST_MUTEX fast;
static KGUARDED_MUTEX guarded;
static EX_PUSH_LOCK push;
static ERESOURCE resource;
static KMUTEX mutex;
static LONG counter;

/* Runs a function in THREADS threads, each ROUNDS times; the counter tells whether it excluded. */
static void *repeat(void *one)
{
	void (*round)(void);

	memcpy(&round, &one, sizeof(round));
	for (int i = 0; i < ROUNDS; i++)
		round();
	return NULL;
}

static void contend(void (*round)(void), const char *name)
{
	pthread_t threads[THREADS];
	void *one;

	memcpy(&one, &round, sizeof(one));
	counter = 0;
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, repeat, one);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ok(counter == THREADS * ROUNDS, "%s: %d", name, counter);
}

static void spin_round(void)
{
	KIRQL old;

	KeAcquireSpinLock(&spin, &old);
	counter++;
	KeReleaseSpinLock(&spin, old);
}

static void queued_round(void)
{
	KLOCK_QUEUE_HANDLE handle;

	KeAcquireInStackQueuedSpinLock(&spin, &handle);
	counter++;
	KeReleaseInStackQueuedSpinLock(&handle);
}

static void ex_round(void)
{
	KIRQL old = ExAcquireSpinLockExclusive(&ex_spin);

	counter++;
	ExReleaseSpinLockExclusive(&ex_spin, old);
	old = ExAcquireSpinLockShared(&ex_spin);
	ExReleaseSpinLockShared(&ex_spin, old);
}

static void fast_round(void)
{
	ExAcquireFastMutex(&fast);
	counter++;
	ExReleaseFastMutex(&fast);
}

static void guarded_round(void)
{
	KeAcquireGuardedMutex(&guarded);
	counter++;
	KeReleaseGuardedMutex(&guarded);
}

static void push_round(void)
{
	KeEnterCriticalRegion();
	ExAcquirePushLockExclusive(&push);
	counter++;
	ExReleasePushLockExclusive(&push);
	ExAcquirePushLockShared(&push);
	ExReleasePushLockShared(&push);
	KeLeaveCriticalRegion();
}

static void resource_round(void)
{
	KeEnterCriticalRegion();
	ExAcquireResourceExclusiveLite(&resource, TRUE);
	ExAcquireResourceExclusiveLite(&resource, TRUE);
	counter++;
	ExReleaseResourceLite(&resource);
	ExReleaseResourceLite(&resource);
	ExAcquireResourceSharedLite(&resource, TRUE);
	ExReleaseResourceLite(&resource);
	KeLeaveCriticalRegion();
}

static void mutex_round(void)
{
	KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, NULL);
	counter++;
	KeReleaseMutex(&mutex, FALSE);
}

static void exclusion(void)
{
	KeInitializeSpinLock(&spin);
	ExInitializeFastMutex(&fast);
	KeInitializeGuardedMutex(&guarded);
	ExInitializePushLock(&push);
	ExInitializeResourceLite(&resource);
	KeInitializeMutex(&mutex, 0);
	contend(spin_round, "KeAcquireSpinLock, KeReleaseSpinLock");
	contend(queued_round, "KeAcquireInStackQueuedSpinLock, KeReleaseInStackQueuedSpinLock");
	contend(ex_round, "ExAcquireSpinLockExclusive, ExAcquireSpinLockShared");
	contend(fast_round, "ExAcquireFastMutex, ExReleaseFastMutex");
	contend(guarded_round, "KeAcquireGuardedMutex, KeReleaseGuardedMutex");
	contend(push_round, "ExAcquirePushLockExclusive, ExAcquirePushLockShared");
	contend(resource_round, "ExAcquireResourceExclusiveLite, ExAcquireResourceSharedLite");
	contend(mutex_round, "KeWaitForSingleObject of a mutex, KeReleaseMutex");
}

/* --- one thread ----------------------------------------------------------------------------- */

static void spin_locks(void)
{
	KIRQL old;
	LIST_ENTRY head, entry;
	SINGLE_LIST_ENTRY single = {NULL}, link;

	KeAcquireSpinLock(&spin, &old);
	ok(old == PASSIVE_LEVEL && KeGetCurrentIrql() == DISPATCH_LEVEL && !KeTestSpinLock(&spin),
	   "KeAcquireSpinLock raises to DISPATCH_LEVEL; KeTestSpinLock");
	ok(!KeTryToAcquireSpinLockAtDpcLevel(&spin), "KeTryToAcquireSpinLockAtDpcLevel: held");
	KeReleaseSpinLock(&spin, old);
	ok(KeGetCurrentIrql() == PASSIVE_LEVEL, "KeReleaseSpinLock lowers again");
	old = KeRaiseIrqlToDpcLevel();
	KeAcquireSpinLockAtDpcLevel(&spin);
	KeReleaseSpinLockFromDpcLevel(&spin);
	ExAcquireSpinLockSharedAtDpcLevel(&ex_spin);
	ok(ExTryConvertSharedSpinLockExclusive(&ex_spin), "ExTryConvertSharedSpinLockExclusive");
	ExReleaseSpinLockExclusiveFromDpcLevel(&ex_spin);
	ExAcquireSpinLockExclusiveAtDpcLevel(&ex_spin);
	ExReleaseSpinLockExclusiveFromDpcLevel(&ex_spin);
	ExAcquireSpinLockSharedAtDpcLevel(&ex_spin);
	ExReleaseSpinLockSharedFromDpcLevel(&ex_spin);
	KeLowerIrql(old);
	InitializeListHead(&head);
	ok(ExInterlockedInsertTailList(&head, &entry, &spin) == NULL &&
		   ExInterlockedRemoveHeadList(&head, &spin) == &entry &&
		   ExInterlockedRemoveHeadList(&head, &spin) == NULL &&
		   ExInterlockedInsertHeadList(&head, &entry, &spin) == NULL,
	   "ExInterlockedInsertTailList, ExInterlockedInsertHeadList, ExInterlockedRemoveHeadList");
	ok(ExInterlockedPushEntryList(&single, &link, &spin) == NULL &&
		   ExInterlockedPopEntryList(&single, &spin) == &link,
	   "ExInterlockedPushEntryList, ExInterlockedPopEntryList");
}

static void fast_mutexes(void)
{
	ExAcquireFastMutex(&fast);
	ok(KeGetCurrentIrql() == APC_LEVEL, "ExAcquireFastMutex raises to APC_LEVEL");
	ok(!ExTryToAcquireFastMutex(&fast), "ExTryToAcquireFastMutex: held");
	ExReleaseFastMutex(&fast);
	ok(KeGetCurrentIrql() == PASSIVE_LEVEL && ExTryToAcquireFastMutex(&fast),
	   "ExReleaseFastMutex; ExTryToAcquireFastMutex");
	ExReleaseFastMutex(&fast);
	KeEnterCriticalRegion();
	ExAcquireFastMutexUnsafe(&fast);
	ok(KeGetCurrentIrql() == PASSIVE_LEVEL, "ExAcquireFastMutexUnsafe leaves the level");
	ExReleaseFastMutexUnsafe(&fast);
	KeLeaveCriticalRegion();
	ok(KeTryToAcquireGuardedMutex(&guarded) && KeAreAllApcsDisabled(),
	   "KeTryToAcquireGuardedMutex, KeAreAllApcsDisabled");
	KeReleaseGuardedMutex(&guarded);
	ok(!KeAreApcsDisabled(), "KeAreApcsDisabled");
}

static void resources(void)
{
	KeEnterCriticalRegion();
	ok(ExAcquireResourceSharedLite(&resource, FALSE) &&
		   ExAcquireResourceSharedLite(&resource, FALSE) &&
		   ExIsResourceAcquiredSharedLite(&resource) == 2 &&
		   !ExIsResourceAcquiredExclusiveLite(&resource),
	   "ExIsResourceAcquiredSharedLite");
	ok(!ExAcquireResourceExclusiveLite(&resource, FALSE),
	   "ExAcquireResourceExclusiveLite without waiting");
	ExReleaseResourceLite(&resource);
	ExReleaseResourceForThreadLite(&resource, ExGetCurrentResourceThread());
	ok(ExAcquireResourceExclusiveLite(&resource, FALSE) &&
		   ExIsResourceAcquiredExclusiveLite(&resource) &&
		   ExAcquireResourceSharedLite(&resource, FALSE),
	   "ExIsResourceAcquiredExclusiveLite; its owner may share it");
	ExReleaseResourceLite(&resource);
	ExConvertExclusiveToSharedLite(&resource);
	ok(!ExIsResourceAcquiredExclusiveLite(&resource) &&
		   ExIsResourceAcquiredLite(&resource) == 1,
	   "ExConvertExclusiveToSharedLite");
	ExReleaseResourceLite(&resource);
	ok(ExGetExclusiveWaiterCount(&resource) == 0 && ExGetSharedWaiterCount(&resource) == 0,
	   "ExGetExclusiveWaiterCount, ExGetSharedWaiterCount");
	ok(ExAcquireSharedStarveExclusive(&resource, FALSE) &&
		   ExAcquireSharedWaitForExclusive(&resource, FALSE),
	   "ExAcquireSharedStarveExclusive, ExAcquireSharedWaitForExclusive");
	ExReleaseResourceLite(&resource);
	ExReleaseResourceLite(&resource);
	KeLeaveCriticalRegion();
	ExEnterCriticalRegionAndAcquireResourceExclusive(&resource);
	ok(KeAreApcsDisabled(), "ExEnterCriticalRegionAndAcquireResourceExclusive");
	ExReleaseResourceAndLeaveCriticalRegion(&resource);
	ExEnterCriticalRegionAndAcquireResourceShared(&resource);
	ExReleaseResourceAndLeaveCriticalRegion(&resource);
	is_status(ExReinitializeResourceLite(&resource), STATUS_SUCCESS,
		  "ExReinitializeResourceLite");
	is_status(ExDeleteResourceLite(&resource), STATUS_SUCCESS, "ExDeleteResourceLite");
}

static KEVENT ready, go;

static void *set_both(void *unused)
{
	KeSetEvent(&ready, IO_NO_INCREMENT, FALSE);
	KeWaitForSingleObject(&go, Executive, KernelMode, FALSE, NULL);
	KeSetEvent(&ready, IO_NO_INCREMENT, FALSE);
	return unused;
}

static void objects(void)
{
	LARGE_INTEGER at_once, soon, start, end;
	PVOID both[2] = {&ready, &go};
	KSEMAPHORE semaphore;
	pthread_t thread;

	at_once.QuadPart = 0;
	soon.QuadPart = -20000;
	KeInitializeEvent(&ready, SynchronizationEvent, FALSE);
	KeInitializeEvent(&go, NotificationEvent, FALSE);
	is_status(KeWaitForSingleObject(&ready, Executive, KernelMode, FALSE, &at_once),
		  STATUS_TIMEOUT, "KeWaitForSingleObject: STATUS_TIMEOUT at once");
	start = KeQueryPerformanceCounter(NULL);
	is_status(KeWaitForSingleObject(&ready, Executive, KernelMode, FALSE, &soon),
		  STATUS_TIMEOUT, "and after 2 ms");
	end = KeQueryPerformanceCounter(&at_once);
	ok(at_once.QuadPart == 10000000 && end.QuadPart - start.QuadPart >= 20000,
	   "KeQueryPerformanceCounter");
	ok(KeSetEvent(&ready, 0, FALSE) == 0 && KeSetEvent(&ready, 0, FALSE) == 1 &&
		   KeReadStateEvent(&ready) == 1,
	   "KeSetEvent: the state before; KeReadStateEvent");
	is_status(KeWaitForSingleObject(&ready, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS,
		  "KeWaitForSingleObject");
	ok(KeReadStateEvent(&ready) == 0, "takes a synchronization event");
	KeSetEvent(&go, 0, FALSE);
	KeWaitForSingleObject(&go, Executive, KernelMode, FALSE, NULL);
	ok(KeReadStateEvent(&go) == 1 && KeResetEvent(&go) == 1 && KeReadStateEvent(&go) == 0,
	   "but leaves a notification event; KeResetEvent");
	KeSetEvent(&go, 0, FALSE);
	at_once.QuadPart = 0;
	is_status(KeWaitForMultipleObjects(2, both, WaitAny, Executive, KernelMode, FALSE, NULL,
					   NULL),
		  STATUS_WAIT_1, "KeWaitForMultipleObjects, WaitAny");
	is_status(KeWaitForMultipleObjects(2, both, WaitAll, Executive, KernelMode, FALSE, &at_once,
					   NULL),
		  STATUS_TIMEOUT, "KeWaitForMultipleObjects, WaitAll: STATUS_TIMEOUT");
	KeClearEvent(&go);
	pthread_create(&thread, NULL, set_both, NULL);
	KeWaitForSingleObject(&ready, Executive, KernelMode, FALSE, NULL);
	KeSetEvent(&go, 0, FALSE);
	is_status(KeWaitForMultipleObjects(2, both, WaitAll, Executive, KernelMode, FALSE, NULL,
					   NULL),
		  STATUS_SUCCESS, "KeWaitForMultipleObjects, WaitAll, of another thread's signals");
	pthread_join(thread, NULL);
	KeInitializeSemaphore(&semaphore, 1, 3);
	ok(KeReleaseSemaphore(&semaphore, 0, 2, FALSE) == 1 &&
		   KeReadStateSemaphore(&semaphore) == 3,
	   "KeInitializeSemaphore, KeReleaseSemaphore, KeReadStateSemaphore");
	is_status(RAISED(KeReleaseSemaphore(&semaphore, 0, 1, FALSE)),
		  STATUS_SEMAPHORE_LIMIT_EXCEEDED, "KeReleaseSemaphore above its limit");
	KeWaitForSingleObject(&semaphore, Executive, KernelMode, FALSE, NULL);
	ok(KeReadStateSemaphore(&semaphore) == 2, "a wait takes one");
	KeWaitForMutexObject(&mutex, Executive, KernelMode, FALSE, NULL);
	KeWaitForMutexObject(&mutex, Executive, KernelMode, FALSE, NULL);
	ok(KeReadStateMutex(&mutex) == -1 && KeReleaseMutex(&mutex, FALSE) == -1 &&
		   KeReleaseMutex(&mutex, FALSE) == 0,
	   "KeReleaseMutex as often as it was waited for; KeReadStateMutex");
	is_status(RAISED(KeReleaseMutex(&mutex, FALSE)), STATUS_MUTANT_NOT_OWNED,
		  "KeReleaseMutex: STATUS_MUTANT_NOT_OWNED");
}

static void times(void)
{
	LARGE_INTEGER now, later, ticks, interval;

	KeQuerySystemTime(&now);
	interval.QuadPart = -10000;
	is_status(KeDelayExecutionThread(KernelMode, FALSE, &interval), STATUS_SUCCESS,
		  "KeDelayExecutionThread");
	KeQuerySystemTimePrecise(&later);
	/* 2020 in units of 100 ns since 1601. */
	ok(later.QuadPart - now.QuadPart >= 9000 && now.QuadPart > 132223104000000000L,
	   "KeQuerySystemTime: 100 ns since 1601");
	KeQueryTickCount(&ticks);
	ok(ticks.QuadPart > 0 && KeQueryTimeIncrement() == 156250 && KeQueryInterruptTime() > 0 &&
		   KeQueryUnbiasedInterruptTime() <= KeQueryInterruptTime() + 10000,
	   "KeQueryTickCount, KeQueryTimeIncrement, KeQueryInterruptTime");
	KeStallExecutionProcessor(10);
	ok(KeQueryActiveProcessorCount(NULL) >= 1 &&
		   KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS) >= 1 &&
		   KeQueryMaximumProcessorCountEx(ALL_PROCESSOR_GROUPS) >=
			   KeQueryActiveProcessorCount(NULL) &&
		   KeGetCurrentProcessorNumberEx(NULL) < KeQueryMaximumProcessorCountEx(0),
	   "KeQueryActiveProcessorCount, KeGetCurrentProcessorNumberEx");
	ok(KeGetCurrentThread() == PsGetCurrentThread() && PsGetCurrentProcess() != NULL &&
		   (ULONG_PTR)PsGetCurrentProcessId() == (ULONG_PTR)getpid() &&
		   PsGetCurrentThreadId() != NULL,
	   "KeGetCurrentThread, PsGetCurrentProcess, PsGetCurrentProcessId, PsGetCurrentThreadId");
}

/* --- misuse --------------------------------------------------------------------------------- */

static void spin_twice(void)
{
	KIRQL old;

	KeAcquireSpinLock(&spin, &old);
	KeAcquireSpinLock(&spin, &old);
}

static void spin_not_held(void)
{
	KIRQL old = KeRaiseIrqlToDpcLevel();

	KeReleaseSpinLock(&spin, old);
}

static void spin_release_low(void)
{
	KIRQL old;

	KeAcquireSpinLock(&spin, &old);
	KeLowerIrql(PASSIVE_LEVEL);
	KeReleaseSpinLock(&spin, old);
}

static void spin_low(void)
{
	KeAcquireSpinLockAtDpcLevel(&spin);
}

static void spin_high(void)
{
	KIRQL old;

	KeRaiseIrql(HIGH_LEVEL, &old);
	KeAcquireSpinLock(&spin, &old);
}

static void fast_twice(void)
{
	ExAcquireFastMutex(&fast);
	ExAcquireFastMutex(&fast);
}

static void fast_at_dispatch(void)
{
	KeRaiseIrqlToDpcLevel();
	ExAcquireFastMutex(&fast);
}

static void fast_release_low(void)
{
	ExAcquireFastMutex(&fast);
	KeLowerIrql(PASSIVE_LEVEL);
	ExReleaseFastMutex(&fast);
}

static void fast_not_held(void)
{
	KIRQL old;

	KeRaiseIrql(APC_LEVEL, &old);
	ExReleaseFastMutex(&fast);
}

static void unsafe_without_region(void)
{
	ExAcquireFastMutexUnsafe(&fast);
}

static void leave_no_region(void)
{
	KeLeaveCriticalRegion();
}

static void push_not_held(void)
{
	KeEnterCriticalRegion();
	ExReleasePushLockExclusive(&push);
}

static void resource_without_region(void)
{
	ExInitializeResourceLite(&resource);
	ExAcquireResourceExclusiveLite(&resource, TRUE);
}

static void resource_not_held(void)
{
	ExInitializeResourceLite(&resource);
	KeEnterCriticalRegion();
	ExReleaseResourceLite(&resource);
}

static void resource_upgrade(void)
{
	ExInitializeResourceLite(&resource);
	KeEnterCriticalRegion();
	ExAcquireResourceSharedLite(&resource, TRUE);
	ExAcquireResourceExclusiveLite(&resource, TRUE);
}

static void resource_again(void)
{
	ExInitializeResourceLite(&resource);
	ExInitializeResourceLite(&resource);
}

static void resource_never(void)
{
	ExDeleteResourceLite(&resource);
}

static void wait_at_dispatch(void)
{
	KeRaiseIrqlToDpcLevel();
	KeWaitForSingleObject(&ready, Executive, KernelMode, FALSE, NULL);
}

static void set_at_high(void)
{
	KIRQL old;

	KeRaiseIrql(HIGH_LEVEL, &old);
	KeSetEvent(&ready, 0, FALSE);
}

static void wait_for_many(void)
{
	PVOID many[4] = {&ready, &ready, &ready, &ready};

	KeWaitForMultipleObjects(4, many, WaitAny, Executive, KernelMode, FALSE, NULL, NULL);
}

static void misuse(void)
{
	static const struct bug bugs[] = {
		{spin_twice,
		 "SPIN_LOCK_ALREADY_OWNED (0xF, @, 0x0, 0x0, 0x0): the thread holds this spin lock "
		 "already, called by ~",
		 "KeAcquireSpinLock twice"},
		{spin_not_held,
		 "SPIN_LOCK_NOT_OWNED (0x10, @, 0x0, 0x0, 0x0): release of a spin lock that the "
		 "thread does not hold, called by ~",
		 "KeReleaseSpinLock of one not held"},
		{spin_release_low,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x32, 0x0, @, 0x0): KeReleaseSpinLock "
		 "at "
		 "IRQL 0 (PASSIVE_LEVEL), called by ~",
		 "KeReleaseSpinLock below DISPATCH_LEVEL"},
		{spin_low,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x40, 0x0, @, 0x0): "
		 "KeAcquireSpinLockAtDpcLevel at IRQL 0 (PASSIVE_LEVEL), called by ~",
		 "KeAcquireSpinLockAtDpcLevel below DISPATCH_LEVEL"},
		{spin_high,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x42, 0xF, @, 0x0): KeAcquireSpinLock "
		 "at "
		 "IRQL 15 (a device's), called by ~",
		 "KeAcquireSpinLock above DISPATCH_LEVEL"},
		{fast_twice,
		 "MUTEX_ALREADY_OWNED (0xBF, @, @, 0x0, 0x0): the thread holds this mutex already, "
		 "called by ~",
		 "ExAcquireFastMutex twice"},
		{fast_at_dispatch,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x33, 0x2, @, 0x0): ExAcquireFastMutex "
		 "at "
		 "IRQL 2 (DISPATCH_LEVEL), called by ~",
		 "ExAcquireFastMutex at DISPATCH_LEVEL"},
		{fast_release_low,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x34, 0x0, 0x0, @): ExReleaseFastMutex "
		 "at "
		 "IRQL 0 (PASSIVE_LEVEL), called by ~",
		 "ExReleaseFastMutex at PASSIVE_LEVEL"},
		{fast_not_held,
		 "THREAD_NOT_MUTEX_OWNER (0x11, @, @, 0x0, 0x0): release of a mutex that the "
		 "thread "
		 "does not hold, called by ~",
		 "ExReleaseFastMutex of one not held"},
		{unsafe_without_region,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x39, 0x0, 0x0, @): "
		 "ExAcquireFastMutexUnsafe, but APCs are not disabled, called by ~",
		 "ExAcquireFastMutexUnsafe outside of a region"},
		{leave_no_region,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x3E, 0x0, 0x0, 0x0): "
		 "KeLeaveCriticalRegion outside of one, called by ~",
		 "KeLeaveCriticalRegion outside of one"},
		{push_not_held,
		 "RESOURCE_NOT_OWNED (0xE3, @, @, 0x0, 0x0): release of a push lock that is not "
		 "held "
		 "so, called by ~",
		 "ExReleasePushLockExclusive of one not held"},
		{resource_without_region,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x37, 0x0, 0x0, @): acquire of an "
		 "ERESOURCE, but APCs are not disabled, called by ~",
		 "ExAcquireResourceExclusiveLite outside of a region"},
		{resource_not_held,
		 "RESOURCE_NOT_OWNED (0xE3, @, @, 0x0, 0x0): release of an ERESOURCE that the "
		 "thread "
		 "does not hold, called by ~",
		 "ExReleaseResourceLite of one not held"},
		{resource_upgrade,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x1000, @, 0x0, 0x0): the thread "
		 "shares "
		 "this ERESOURCE and would wait for itself, called by ~",
		 "ExAcquireResourceExclusiveLite while sharing it"},
		{resource_again,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0xD0, @, 0x0, 0x0): "
		 "ExInitializeResourceLite of a resource that is in use, called by ~",
		 "ExInitializeResourceLite twice"},
		{resource_never,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0xD1, @, 0x0, 0x0): "
		 "ExDeleteResourceLite "
		 "of a resource that was never initialized, called by ~",
		 "ExDeleteResourceLite of one never initialized"},
		{wait_at_dispatch,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x121, @, @, 0x0): a wait at IRQL 2 "
		 "(DISPATCH_LEVEL), without end, called by ~",
		 "KeWaitForSingleObject at DISPATCH_LEVEL"},
		{set_at_high,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x80, 0xF, @, 0x0): KeSetEvent at IRQL "
		 "15 "
		 "(a device's), called by ~",
		 "KeSetEvent above DISPATCH_LEVEL"},
		{wait_for_many,
		 "MAXIMUM_WAIT_OBJECTS_EXCEEDED (0xC, 0x4, 0x0, 0x0, 0x0): a wait for more objects "
		 "than are allowed, called by ~",
		 "KeWaitForMultipleObjects without wait blocks"},
	};

	for (size_t i = 0; i < ARRAYSIZE(bugs); i++)
		bugcheck_like(bugs[i].bug, bugs[i].line, bugs[i].name);
}

int main(void)
{
	exclusion();
	spin_locks();
	fast_mutexes();
	resources();
	objects();
	times();
	misuse();
	return done();
}
