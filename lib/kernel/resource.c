/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * resource.c - executive resources: shared and exclusive, by thread, as often as it likes
 *
 * Purpose: the state is guarded by a word of the resource's own; who cannot have it sleeps on its
 * sequence, which every release changes. All that are initialised are in one list.
 * Callers: drivers. Locking: a resource's word; the kit's for the list. Context: IRQL <= APC_LEVEL
 * with APCs disabled; never allocates.
 */
#include "lib/kernel/resource.h"
#include "lib/base/atomic.h"
#include "lib/kernel/bugcheck.h"
#include "lib/kernel/lock.h"
#include "lib/kernel/violation.h"
#include "lib/kernel/wait.h"

#define INITIALIZED 0x52657365u

static LIST_ENTRY all;

/* A word that a thread of the parent held at a fork is nobody's in the child. */
static void lock(PERESOURCE resource)
{
	LONG mine = kernel_generation();
	LONG seen = 0;
	uint32_t tries = 0;

	while (!__atomic_compare_exchange_n(&resource->Lock, &seen, mine, 0, __ATOMIC_ACQUIRE,
					    __ATOMIC_RELAXED)) {
		if (seen != mine)
			continue;
		kernel_spin(&tries);
		seen = 0;
	}
}

static void unlock(PERESOURCE resource)
{
	base_store_release(&resource->Lock, 0);
}

static void unlist(PERESOURCE resource)
{
	kernel_lock_take(KERNEL_LOCK_RESOURCES);
	RemoveEntryList(&resource->SystemResourcesList);
	kernel_lock_drop(KERNEL_LOCK_RESOURCES);
}

/* Whether the resource is in the list, whatever its memory says. */
static int is_listed(const ERESOURCE *resource)
{
	int found = 0;

	kernel_lock_take(KERNEL_LOCK_RESOURCES);
	for (PLIST_ENTRY at = all.Flink; at != NULL && at != &all && !found; at = at->Flink)
		found = at == &resource->SystemResourcesList;
	kernel_lock_drop(KERNEL_LOCK_RESOURCES);
	return found;
}

const void *kernel_resource_within(const void *start, size_t size)
{
	const void *found = NULL;

	/* Most drivers have none: then nobody waits for the lock. */
	if (base_load_relaxed(&all.Flink) == NULL || base_load_relaxed(&all.Flink) == &all)
		return NULL;
	kernel_lock_take(KERNEL_LOCK_RESOURCES);
	for (PLIST_ENTRY at = all.Flink; at != &all && found == NULL; at = at->Flink) {
		const ERESOURCE *resource = CONTAINING_RECORD(at, ERESOURCE, SystemResourcesList);

		if ((uintptr_t)resource - (uintptr_t)start < size)
			found = resource;
	}
	kernel_lock_drop(KERNEL_LOCK_RESOURCES);
	return found;
}

BASE_EXPORT NTSTATUS ExInitializeResourceLite(PERESOURCE Resource)
{
	kernel_check_resident(Resource, "ExInitializeResourceLite in paged pool",
			      __builtin_return_address(0));
	if (is_listed(Resource))
		kernel_violation((struct kernel_violation){
			.code = 0xD0,
			.p2 = (uintptr_t)Resource,
			.what = "ExInitializeResourceLite of a resource that is in use",
			.return_address = __builtin_return_address(0)});
	*Resource = (ERESOURCE){.Initialized = INITIALIZED};
	kernel_lock_take(KERNEL_LOCK_RESOURCES);
	if (all.Flink == NULL)
		InitializeListHead(&all);
	InsertTailList(&all, &Resource->SystemResourcesList);
	kernel_lock_drop(KERNEL_LOCK_RESOURCES);
	return STATUS_SUCCESS;
}

BASE_EXPORT NTSTATUS ExDeleteResourceLite(PERESOURCE Resource)
{
	if (!is_listed(Resource))
		kernel_violation((struct kernel_violation){
			.code = 0xD1,
			.p2 = (uintptr_t)Resource,
			.what = "ExDeleteResourceLite of a resource that was never initialized",
			.return_address = __builtin_return_address(0)});
	unlist(Resource);
	Resource->Initialized = 0;
	return STATUS_SUCCESS;
}

BASE_EXPORT NTSTATUS ExReinitializeResourceLite(PERESOURCE Resource)
{
	if (!is_listed(Resource))
		kernel_violation((struct kernel_violation){
			.code = 0x1002,
			.p2 = (uintptr_t)Resource,
			.what = "ExReinitializeResourceLite of a resource that was never "
				"initialized",
			.return_address = __builtin_return_address(0)});
	lock(Resource);
	Resource->Exclusive = NULL;
	Resource->ExclusiveCount = Resource->SharedCount = 0;
	memset(Resource->Shared, 0, sizeof(Resource->Shared));
	unlock(Resource);
	return STATUS_SUCCESS;
}

/* How many times a thread holds it shared. */
static ULONG *shared_of(PERESOURCE resource, PKTHREAD thread)
{
	for (size_t i = 0; i < BASE_ARRAY_SIZE(resource->Shared); i++)
		if (resource->Shared[i].Thread == thread)
			return &resource->Shared[i].Count;
	return NULL;
}

static void add_shared(PERESOURCE resource, PKTHREAD thread)
{
	ULONG *count = shared_of(resource, thread);

	resource->SharedCount++;
	for (size_t i = 0; count == NULL && i < BASE_ARRAY_SIZE(resource->Shared); i++)
		if (resource->Shared[i].Thread == NULL) {
			resource->Shared[i].Thread = thread;
			count = &resource->Shared[i].Count;
		}
	/* Beyond the table an owner is only counted among all. */
	if (count != NULL)
		++*count;
}

enum wish { WISH_EXCLUSIVE, WISH_SHARED, WISH_SHARED_STARVE, WISH_SHARED_WAIT };

static int try_acquire(PERESOURCE resource, enum wish wish, PKTHREAD thread)
{
	if (resource->Exclusive == thread) {
		resource->ExclusiveCount++;
		return 1;
	}
	if (resource->Exclusive != NULL)
		return 0;
	if (wish == WISH_EXCLUSIVE) {
		if (resource->SharedCount != 0)
			return 0;
		resource->Exclusive = thread;
		resource->ExclusiveCount = 1;
		return 1;
	}
	/* Waiting writers come first, but not before a thread that shares it already. */
	if (resource->WaitingExclusive > 0 &&
	    (wish == WISH_SHARED_WAIT ||
	     (wish == WISH_SHARED && shared_of(resource, thread) == NULL)))
		return 0;
	add_shared(resource, thread);
	return 1;
}

static void check_use(PERESOURCE resource, uint32_t code, const char *what,
		      const void *return_address)
{
	if (((uintptr_t)resource & (sizeof(void *) - 1)) != 0)
		kernel_violation((struct kernel_violation){
			.code = 0x3D,
			.p4 = (uintptr_t)resource,
			.what = "use of an ERESOURCE that is not aligned to a pointer",
			.return_address = return_address});
	if (resource->Initialized != INITIALIZED)
		kernel_violation((struct kernel_violation){
			.code = 0x1002,
			.p2 = (uintptr_t)resource,
			.what = "use of an ERESOURCE that is not initialized",
			.return_address = return_address});
	if (kernel_apcs_come())
		kernel_violation((struct kernel_violation){.code = code,
							   .p2 = kernel_irql,
							   .p4 = (uintptr_t)resource,
							   .what = what,
							   .return_address = return_address});
}

static BOOLEAN acquire(PERESOURCE resource, enum wish wish, BOOLEAN wait,
		       const void *return_address)
{
	static const struct kernel_deadline for_ever = {.forever = 1};
	PKTHREAD thread = KeGetCurrentThread();
	ULONG *waiting;
	int waited = 0, taken;

	if (kernel_irql > APC_LEVEL)
		kernel_bad_irql((struct kernel_violation){.code = 0xE5,
							  .what = "acquire of an ERESOURCE",
							  .return_address = return_address});
	check_use(resource, 0x37, "acquire of an ERESOURCE, but APCs are not disabled",
		  return_address);
	waiting = wish == WISH_EXCLUSIVE ? &resource->WaitingExclusive : &resource->Waiting;
	for (;;) {
		ULONG seen;

		lock(resource);
		taken = try_acquire(resource, wish, thread);
		seen = resource->Sequence;
		if (!taken && wait && wish == WISH_EXCLUSIVE && shared_of(resource, thread) != NULL)
			kernel_violation((struct kernel_violation){
				.code = 0x1000,
				.p2 = (uintptr_t)resource,
				.what = "the thread shares this ERESOURCE and would wait for "
					"itself",
				.return_address = return_address});
		if (waited && taken)
			--*waiting;
		if (!waited && !taken && wait) {
			++*waiting;
			resource->ContentionCount++;
			waited = 1;
		}
		unlock(resource);
		if (taken || !wait)
			return (BOOLEAN)taken;
		kernel_sleep_on(&resource->Sequence, seen, &for_ever);
	}
}

BASE_EXPORT BOOLEAN ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait)
{
	return acquire(Resource, WISH_EXCLUSIVE, Wait, __builtin_return_address(0));
}

BASE_EXPORT BOOLEAN ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait)
{
	return acquire(Resource, WISH_SHARED, Wait, __builtin_return_address(0));
}

BASE_EXPORT BOOLEAN ExAcquireSharedStarveExclusive(PERESOURCE Resource, BOOLEAN Wait)
{
	return acquire(Resource, WISH_SHARED_STARVE, Wait, __builtin_return_address(0));
}

BASE_EXPORT BOOLEAN ExAcquireSharedWaitForExclusive(PERESOURCE Resource, BOOLEAN Wait)
{
	return acquire(Resource, WISH_SHARED_WAIT, Wait, __builtin_return_address(0));
}

/* 0 when the thread does not hold it. */
static int drop(PERESOURCE resource, PKTHREAD thread)
{
	ULONG *count;

	if (resource->Exclusive == thread) {
		if (--resource->ExclusiveCount == 0)
			resource->Exclusive = NULL;
		return 1;
	}
	count = shared_of(resource, thread);
	if (resource->SharedCount == 0 || (count == NULL && shared_of(resource, NULL) != NULL))
		return 0;
	resource->SharedCount--;
	if (count != NULL && --*count == 0)
		*(PKTHREAD *)((char *)count - offsetof(ERESOURCE, Shared[0].Count) +
			      offsetof(ERESOURCE, Shared[0].Thread)) = NULL;
	return 1;
}

static void release(PERESOURCE resource, PKTHREAD thread, const void *return_address)
{
	int held, waiters;

	if (kernel_irql > DISPATCH_LEVEL)
		kernel_bad_irql((struct kernel_violation){.code = 0xE5,
							  .what = "release of an ERESOURCE",
							  .return_address = return_address});
	check_use(resource, 0x38, "release of an ERESOURCE, but APCs are not disabled",
		  return_address);
	lock(resource);
	held = drop(resource, thread);
	resource->Sequence++;
	waiters = resource->Waiting + resource->WaitingExclusive > 0;
	unlock(resource);
	if (!held)
		kernel_bug_check(RESOURCE_NOT_OWNED, (uintptr_t)resource, (uintptr_t)thread, 0, 0,
				 "release of an ERESOURCE that the thread does not hold",
				 return_address);
	if (waiters)
		kernel_wake(&resource->Sequence, INT32_MAX);
}

BASE_EXPORT void ExReleaseResourceLite(PERESOURCE Resource)
{
	release(Resource, KeGetCurrentThread(), __builtin_return_address(0));
}

BASE_EXPORT void ExReleaseResourceForThreadLite(PERESOURCE Resource,
						ERESOURCE_THREAD ResourceThreadId)
{
	release(Resource, (PKTHREAD)ResourceThreadId, __builtin_return_address(0));
}

BASE_EXPORT void ExConvertExclusiveToSharedLite(PERESOURCE Resource)
{
	PKTHREAD thread = KeGetCurrentThread();

	lock(Resource);
	if (Resource->Exclusive != thread)
		kernel_bug_check(RESOURCE_NOT_OWNED, (uintptr_t)Resource, (uintptr_t)thread, 0, 0,
				 "conversion of an ERESOURCE that the thread does not hold",
				 __builtin_return_address(0));
	Resource->Exclusive = NULL;
	for (ULONG count = Resource->ExclusiveCount; count > 0; count--)
		add_shared(Resource, thread);
	Resource->ExclusiveCount = 0;
	Resource->Sequence++;
	unlock(Resource);
	kernel_wake(&Resource->Sequence, INT32_MAX);
}

BASE_EXPORT BOOLEAN ExIsResourceAcquiredExclusiveLite(PERESOURCE Resource)
{
	return Resource->Exclusive == KeGetCurrentThread();
}

BASE_EXPORT ULONG ExIsResourceAcquiredSharedLite(PERESOURCE Resource)
{
	PKTHREAD thread = KeGetCurrentThread();
	ULONG *shared;
	ULONG count;

	lock(Resource);
	shared = shared_of(Resource, thread);
	count = Resource->Exclusive == thread ? Resource->ExclusiveCount
		: shared != NULL              ? *shared
					      : 0;
	unlock(Resource);
	return count;
}

BASE_EXPORT ULONG ExGetExclusiveWaiterCount(PERESOURCE Resource)
{
	return Resource->WaitingExclusive;
}

BASE_EXPORT ULONG ExGetSharedWaiterCount(PERESOURCE Resource)
{
	return Resource->Waiting;
}

BASE_EXPORT PVOID ExEnterCriticalRegionAndAcquireResourceExclusive(PERESOURCE Resource)
{
	KeEnterCriticalRegion();
	acquire(Resource, WISH_EXCLUSIVE, TRUE, __builtin_return_address(0));
	return KeGetCurrentThread();
}

BASE_EXPORT PVOID ExEnterCriticalRegionAndAcquireResourceShared(PERESOURCE Resource)
{
	KeEnterCriticalRegion();
	acquire(Resource, WISH_SHARED, TRUE, __builtin_return_address(0));
	return KeGetCurrentThread();
}

BASE_EXPORT void ExReleaseResourceAndLeaveCriticalRegion(PERESOURCE Resource)
{
	release(Resource, KeGetCurrentThread(), __builtin_return_address(0));
	KeLeaveCriticalRegion();
}
