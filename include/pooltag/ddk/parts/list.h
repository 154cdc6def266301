/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * list.h - doubly and singly linked lists; a damaged link is a bug check, as Windows' fail-fast
 */
#ifndef POOLTAG_DDK_LIST_H
#define POOLTAG_DDK_LIST_H

#pragma GCC system_header

#include "types.h"

EXTERN_C_START

/* KERNEL_SECURITY_CHECK_FAILURE (0x139, 3): the neighbours of `entry` do not point back to it. */
DECLSPEC_NORETURN void PooltagListCorrupt(const LIST_ENTRY *entry);

EXTERN_C_END

#define InitializeListHead32 InitializeListHead

static __forceinline void InitializeListHead(PLIST_ENTRY ListHead)
{
	ListHead->Flink = ListHead->Blink = ListHead;
}

static __forceinline BOOLEAN IsListEmpty(const LIST_ENTRY *ListHead)
{
	return (BOOLEAN)(ListHead->Flink == ListHead);
}

static __forceinline BOOLEAN RemoveEntryList(PLIST_ENTRY Entry)
{
	PLIST_ENTRY next = Entry->Flink, previous = Entry->Blink;

	if (next->Blink != Entry || previous->Flink != Entry)
		PooltagListCorrupt(Entry);
	previous->Flink = next;
	next->Blink = previous;
	return (BOOLEAN)(next == previous);
}

static __forceinline BOOLEAN RemoveEntryListUnsafe(PLIST_ENTRY Entry)
{
	return RemoveEntryList(Entry);
}

static __forceinline PLIST_ENTRY RemoveHeadList(PLIST_ENTRY ListHead)
{
	PLIST_ENTRY entry = ListHead->Flink;

	RemoveEntryList(entry);
	return entry;
}

static __forceinline PLIST_ENTRY RemoveTailList(PLIST_ENTRY ListHead)
{
	PLIST_ENTRY entry = ListHead->Blink;

	RemoveEntryList(entry);
	return entry;
}

static __forceinline void InsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY Entry)
{
	PLIST_ENTRY next = ListHead->Flink;

	if (next->Blink != ListHead)
		PooltagListCorrupt(ListHead);
	Entry->Flink = next;
	Entry->Blink = ListHead;
	next->Blink = Entry;
	ListHead->Flink = Entry;
}

static __forceinline void InsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY Entry)
{
	PLIST_ENTRY previous = ListHead->Blink;

	if (previous->Flink != ListHead)
		PooltagListCorrupt(ListHead);
	Entry->Flink = ListHead;
	Entry->Blink = previous;
	previous->Flink = Entry;
	ListHead->Blink = Entry;
}

/* `ListToAppend` has no head of its own: its first entry stands for all. */
static __forceinline void AppendTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListToAppend)
{
	PLIST_ENTRY last = ListHead->Blink;

	ListHead->Blink->Flink = ListToAppend;
	ListHead->Blink = ListToAppend->Blink;
	ListToAppend->Blink->Flink = ListHead;
	ListToAppend->Blink = last;
}

static __forceinline void PushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY Entry)
{
	Entry->Next = ListHead->Next;
	ListHead->Next = Entry;
}

static __forceinline PSINGLE_LIST_ENTRY PopEntryList(PSINGLE_LIST_ENTRY ListHead)
{
	PSINGLE_LIST_ENTRY first = ListHead->Next;

	if (first != NULL)
		ListHead->Next = first->Next;
	return first;
}

#endif
