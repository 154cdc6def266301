// SPDX-License-Identifier: BSD-2-Clause
/* bounds.c - the most objects of a wait, and what is FALSE */
#include "ddk.h"
#include <ntifs.h>

#include <pthread.h>

static LARGE_INTEGER at_once;

static void most_objects(void)
{
	static KEVENT events[MAXIMUM_WAIT_OBJECTS];
	static KWAIT_BLOCK blocks[MAXIMUM_WAIT_OBJECTS];
	PVOID objects[MAXIMUM_WAIT_OBJECTS];

	for (int i = 0; i < MAXIMUM_WAIT_OBJECTS; i++) {
		KeInitializeEvent(&events[i], SynchronizationEvent, FALSE);
		objects[i] = &events[i];
	}
	is_status(KeWaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, objects, WaitAny, Executive,
					   KernelMode, FALSE, &at_once, blocks),
		  STATUS_TIMEOUT, "a wait for 64 objects");
	KeSetEvent(&events[MAXIMUM_WAIT_OBJECTS - 1], 0, FALSE);
	is_status(KeWaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, objects, WaitAny, Executive,
					   KernelMode, FALSE, &at_once, blocks),
		  STATUS_WAIT_63, "and the last: STATUS_WAIT_63");
}

static ERESOURCE resource;

static void *try_to_share(void *answer)
{
	KeEnterCriticalRegion();
	*(BOOLEAN *)answer = ExAcquireSharedStarveExclusive(&resource, FALSE);
	KeLeaveCriticalRegion();
	return NULL;
}

static void starving(void)
{
	BOOLEAN granted = TRUE;
	pthread_t thread;

	ExInitializeResourceLite(&resource);
	KeEnterCriticalRegion();
	ExAcquireResourceExclusiveLite(&resource, TRUE);
	pthread_create(&thread, NULL, try_to_share, &granted);
	pthread_join(thread, NULL);
	ok(granted == FALSE, "ExAcquireSharedStarveExclusive beside a writer: FALSE");
	ExReleaseResourceLite(&resource);
	KeLeaveCriticalRegion();
	ExDeleteResourceLite(&resource);
}

/* What is not so, is FALSE and not merely 0 by chance. */
static void falses(void)
{
	UNICODE_STRING one = RTL_CONSTANT_STRING(L"one"), other = RTL_CONSTANT_STRING(L"two");
	STRING narrow, second;
	LIST_ENTRY head, entry;
	KSPIN_LOCK lock;
	KIRQL old;

	RtlInitString(&narrow, "one");
	RtlInitString(&second, "on");
	ok(RtlEqualUnicodeString(&one, &other, TRUE) == FALSE, "RtlEqualUnicodeString: FALSE");
	ok(RtlEqualString(&narrow, &second, TRUE) == FALSE, "RtlEqualString: FALSE");
	ok(RtlEqualMemory("ab", "ac", 2) == FALSE, "RtlEqualMemory: FALSE");
	InitializeListHead(&head);
	InsertTailList(&head, &entry);
	ok(IsListEmpty(&head) == FALSE, "IsListEmpty: FALSE");
	ok(KeAreApcsDisabled() == FALSE, "KeAreApcsDisabled: FALSE");
	ok(KeAreAllApcsDisabled() == FALSE, "KeAreAllApcsDisabled: FALSE");
	KeInitializeSpinLock(&lock);
	KeAcquireSpinLock(&lock, &old);
	ok(KeTestSpinLock(&lock) == FALSE, "KeTestSpinLock of one that is held: FALSE");
	KeReleaseSpinLock(&lock, old);
}

int main(void)
{
	most_objects();
	starving();
	falses();
	return done();
}
