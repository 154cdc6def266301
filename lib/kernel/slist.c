/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slist.c - sequenced singly linked lists
 *
 * Purpose: push and pop without a lock, with one 16-byte compare and exchange; the sequence changes
 * with every push, so that a pop whose first entry was taken and put back meanwhile starts over.
 * Callers: drivers. Locking: none. Context: any IRQL; never allocates. A pop reads the link of an
 * entry that another thread may just have taken: entries must stay mapped, as on Windows.
 */
#include "lib/base/compiler.h"
#include <pooltag/ddk/ntddk.h>

__extension__ typedef unsigned __int128 whole;

static whole load(const SLIST_HEADER *head)
{
	SLIST_HEADER copy;
	whole value;

	/* The halves may be of different moments; the exchange finds out. */
	copy.Whole.Alignment = __atomic_load_n(&head->Whole.Alignment, __ATOMIC_ACQUIRE);
	copy.Whole.Region = __atomic_load_n(&head->Whole.Region, __ATOMIC_ACQUIRE);
	memcpy(&value, &copy, sizeof(value));
	return value;
}

static SLIST_HEADER header_of(whole value)
{
	SLIST_HEADER head;

	memcpy(&head, &value, sizeof(head));
	return head;
}

static int replace(PSLIST_HEADER head, whole *seen, const SLIST_HEADER *fresh)
{
	uint64_t low = (uint64_t)*seen, high = (uint64_t)(*seen >> 64);
	unsigned char same;

	__asm__ volatile("lock cmpxchg16b %1"
			 : "=@cce"(same), "+m"(*head), "+a"(low), "+d"(high)
			 : "b"(fresh->Whole.Alignment), "c"(fresh->Whole.Region)
			 : "memory");
	*seen = (whole)high << 64 | low;
	return same;
}

BASE_EXPORT void InitializeSListHead(PSLIST_HEADER SListHead)
{
	SListHead->Whole.Alignment = 0;
	SListHead->Whole.Region = 0;
}

BASE_EXPORT PSLIST_ENTRY InterlockedPushEntrySList(PSLIST_HEADER SListHead, PSLIST_ENTRY SListEntry)
{
	whole seen = load(SListHead);
	SLIST_HEADER old, fresh;

	do {
		old = fresh = header_of(seen);
		SListEntry->Next = old.HeaderX64.Next;
		fresh.HeaderX64.Next = SListEntry;
		fresh.HeaderX64.Depth++;
		fresh.HeaderX64.Sequence++;
	} while (!replace(SListHead, &seen, &fresh));
	return old.HeaderX64.Next;
}

BASE_EXPORT PSLIST_ENTRY InterlockedPopEntrySList(PSLIST_HEADER SListHead)
{
	whole seen = load(SListHead);
	SLIST_HEADER old, fresh;

	do {
		old = fresh = header_of(seen);
		if (old.HeaderX64.Next == NULL)
			return NULL;
		fresh.HeaderX64.Next = __atomic_load_n(&old.HeaderX64.Next->Next, __ATOMIC_RELAXED);
		fresh.HeaderX64.Depth--;
	} while (!replace(SListHead, &seen, &fresh));
	return old.HeaderX64.Next;
}

BASE_EXPORT PSLIST_ENTRY InterlockedFlushSList(PSLIST_HEADER SListHead)
{
	whole seen = load(SListHead);
	SLIST_HEADER old, fresh;

	do {
		old = fresh = header_of(seen);
		fresh.HeaderX64.Next = NULL;
		fresh.HeaderX64.Depth = 0;
		fresh.HeaderX64.Sequence++;
	} while (!replace(SListHead, &seen, &fresh));
	return old.HeaderX64.Next;
}

BASE_EXPORT USHORT ExQueryDepthSList(PSLIST_HEADER SListHead)
{
	return (USHORT)header_of(load(SListHead)).HeaderX64.Depth;
}

BASE_EXPORT PSLIST_ENTRY RtlFirstEntrySList(const SLIST_HEADER *SListHead)
{
	return header_of(load(SListHead)).HeaderX64.Next;
}
