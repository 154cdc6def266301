// SPDX-License-Identifier: BSD-2-Clause
/*
 * tables.c - generic tables of both kinds: order, memory, and 40000 random steps against a plain array.
 * Pages: ntddk/nf-ntddk-rtl*generictable*. Compiled as C and as C++.
 */
#include "ddk.h"

#define TAG  'lbaT'
#define KEYS 1000

typedef struct _ITEM {
	ULONG Key;
	ULONG Value;
} ITEM;

static LONG blocks, failing;
static CLONG last_size;

static RTL_GENERIC_COMPARE_RESULTS order_of(PVOID first, PVOID second)
{
	ULONG a = ((ITEM *)first)->Key, b = ((ITEM *)second)->Key;

	return a < b ? GenericLessThan : a > b ? GenericGreaterThan : GenericEqual;
}

static PVOID take(CLONG size)
{
	last_size = size;
	if (failing)
		return NULL;
	blocks++;
	return ExAllocatePoolWithTag(PagedPool, size, TAG);
}

static void give(PVOID block)
{
	blocks--;
	ExFreePoolWithTag(block, TAG);
}

/* Height of a tree that is balanced and in order; -1 of another. */
static int checked(PRTL_BALANCED_LINKS links, PRTL_BALANCED_LINKS parent)
{
	int left, right;

	if (links == NULL)
		return 0;
	left = checked(links->LeftChild, links);
	right = checked(links->RightChild, links);
	if (left < 0 || right < 0 || left - right > 1 || right - left > 1 ||
	    links->Parent != parent)
		return -1;
	return (left > right ? left : right) + 1;
}

static ULONG state = 1;

static ULONG next(ULONG below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

/* All tests, of one kind. */
#define TESTS(Kind, Suffix)                                                                        \
	static Kind##_TABLE table##Suffix;                                                         \
	static RTL_GENERIC_COMPARE_RESULTS compare##Suffix(struct _##Kind##_TABLE *of, PVOID a,    \
							   PVOID b)                                \
	{                                                                                          \
		return of == &table##Suffix ? order_of(a, b) : GenericEqual;                       \
	}                                                                                          \
	static PVOID allocate##Suffix(struct _##Kind##_TABLE *of, CLONG size)                      \
	{                                                                                          \
		return of->TableContext == (PVOID)&blocks ? take(size) : NULL;                     \
	}                                                                                          \
	static void release##Suffix(struct _##Kind##_TABLE *of, PVOID block)                       \
	{                                                                                          \
		if (of == &table##Suffix)                                                          \
			give(block);                                                               \
	}                                                                                          \
	static ITEM *insert##Suffix(ULONG key, ULONG value, PBOOLEAN fresh)                        \
	{                                                                                          \
		ITEM item = {key, value};                                                          \
                                                                                                   \
		return (ITEM *)RtlInsertElementGenericTable##Suffix(&table##Suffix, &item,         \
								    sizeof(item), fresh);          \
	}                                                                                          \
	static void few##Suffix(void)                                                              \
	{                                                                                          \
		ITEM two = {2, 0}, four = {4, 40}, *first, *again;                                 \
		BOOLEAN fresh = 7, stale = 7;                                                      \
		TABLE_SEARCH_RESULT result;                                                        \
		PVOID place;                                                                       \
                                                                                                   \
		RtlInitializeGenericTable##Suffix(&table##Suffix, compare##Suffix,                 \
						  allocate##Suffix, release##Suffix, &blocks);     \
		ok(RtlIsGenericTableEmpty##Suffix(&table##Suffix) &&                               \
			   RtlEnumerateGenericTable##Suffix(&table##Suffix, TRUE) == NULL &&       \
			   RtlLookupElementGenericTable##Suffix(&table##Suffix, &two) == NULL &&   \
			   RtlGetElementGenericTable##Suffix(&table##Suffix, 0) == NULL &&         \
			   !RtlDeleteElementGenericTable##Suffix(&table##Suffix, &two),            \
		   #Kind ": an empty table");                                                      \
		first = insert##Suffix(3, 30, &fresh);                                             \
		ok(fresh == TRUE && first->Value == 30 &&                                          \
			   last_size == sizeof(ITEM) + POOLTAG_TABLE_LINKS &&                      \
			   last_size >= sizeof(ITEM) + sizeof(RTL_BALANCED_LINKS),                 \
		   #Kind ": the driver allocates for the element and its links");                  \
		again = insert##Suffix(3, 99, &stale);                                             \
		ok(again == first && stale == FALSE && first->Value == 30 && blocks == 1,          \
		   #Kind ": what is there already stays as it is");                                \
		insert##Suffix(1, 10, NULL);                                                       \
		insert##Suffix(2, 20, NULL);                                                       \
		ok(((ITEM *)RtlGetElementGenericTable##Suffix(&table##Suffix, 1))->Key == 1 &&     \
			   RtlGetElementGenericTable##Suffix(&table##Suffix, 3) == NULL,           \
		   #Kind ": elements by the order of their insertion");                            \
		ok(((ITEM *)RtlLookupElementGenericTable##Suffix(&table##Suffix, &two))->Value ==  \
			   20,                                                                     \
		   #Kind ": an element by its key");                                               \
		ok(RtlLookupElementGenericTableFull##Suffix(&table##Suffix, &four, &place,         \
							    &result) == NULL &&                    \
			   result == TableInsertAsRight &&                                         \
			   RtlInsertElementGenericTableFull##Suffix(&table##Suffix, &four,         \
								    sizeof(four), &fresh, place,   \
								    result) != NULL &&             \
			   fresh && RtlNumberGenericTableElements##Suffix(&table##Suffix) == 4,    \
		   #Kind ": insertion where the search for it ended");                             \
		ok(((ITEM *)RtlLookupElementGenericTableFull##Suffix(&table##Suffix, &four,        \
								     &place, &result))             \
					   ->Value == 40 &&                                        \
			   result == TableFoundNode,                                               \
		   #Kind ": which finds it then");                                                 \
		failing = 1;                                                                       \
		ok(insert##Suffix(9, 9, &fresh) == NULL && fresh == FALSE &&                       \
			   RtlNumberGenericTableElements##Suffix(&table##Suffix) == 4,             \
		   #Kind ": NULL when the driver has no memory");                                  \
		failing = 0;                                                                       \
	}                                                                                          \
	static void enumerations##Suffix(void)                                                     \
	{                                                                                          \
		PVOID key = NULL;                                                                  \
		ULONG seen = 0, kept = 0;                                                          \
                                                                                                   \
		for (ITEM *at = (ITEM *)RtlEnumerateGenericTableWithoutSplaying##Suffix(           \
			     &table##Suffix, &key);                                                \
		     at != NULL; at = (ITEM *)RtlEnumerateGenericTableWithoutSplaying##Suffix(     \
					 &table##Suffix, &key))                                    \
			seen = seen * 10 + at->Key;                                                \
		ok(seen == 1234, #Kind ": all elements in order: %u", seen);                       \
		for (ITEM *at = (ITEM *)RtlEnumerateGenericTable##Suffix(&table##Suffix, TRUE);    \
		     at != NULL;                                                                   \
		     at = (ITEM *)RtlEnumerateGenericTable##Suffix(&table##Suffix, FALSE)) {       \
			kept = kept * 10 + at->Key;                                                \
			if (at->Key != 3)                                                          \
				RtlDeleteElementGenericTable##Suffix(&table##Suffix, at);          \
		}                                                                                  \
		ok(kept == 1234 && blocks == 1 && !RtlIsGenericTableEmpty##Suffix(&table##Suffix), \
		   #Kind ": an enumeration goes on when its element is deleted: %u", kept);        \
		RtlDeleteElementGenericTable##Suffix(                                              \
			&table##Suffix, RtlGetElementGenericTable##Suffix(&table##Suffix, 0));     \
		ok(blocks == 0, #Kind ": all memory is given back");                               \
	}                                                                                          \
	static int holds##Suffix(const UCHAR *present)                                             \
	{                                                                                          \
		PVOID key = NULL;                                                                  \
		ITEM *at;                                                                          \
                                                                                                   \
		for (ULONG i = 0; i < KEYS; i++) {                                                 \
			if (!present[i])                                                           \
				continue;                                                          \
			at = (ITEM *)RtlEnumerateGenericTableWithoutSplaying##Suffix(              \
				&table##Suffix, &key);                                             \
			if (at == NULL || at->Key != i)                                            \
				return 0;                                                          \
		}                                                                                  \
		return RtlEnumerateGenericTableWithoutSplaying##Suffix(&table##Suffix, &key) ==    \
			       NULL &&                                                             \
		       checked(table##Suffix.BalancedRoot.RightChild,                              \
			       &table##Suffix.BalancedRoot) >= 0;                                  \
	}                                                                                          \
	static void many##Suffix(void)                                                             \
	{                                                                                          \
		UCHAR present[KEYS] = {0};                                                         \
		ULONG wrong = 0, count = 0;                                                        \
                                                                                                   \
		for (int step = 0; step < 20000; step++) {                                         \
			/* It grows, shrinks, and grows. */                                        \
			ITEM item = {next(KEYS), 0};                                               \
			BOOLEAN done;                                                              \
                                                                                                   \
			if (next(3) < (step / 4000 % 2 ? 1u : 2u)) {                               \
				insert##Suffix(item.Key, 0, &done);                                \
				wrong += done == present[item.Key];                                \
				count += done;                                                     \
				present[item.Key] = 1;                                             \
			} else {                                                                   \
				done = RtlDeleteElementGenericTable##Suffix(&table##Suffix,        \
									    &item);                \
				wrong += done != present[item.Key];                                \
				count -= done;                                                     \
				present[item.Key] = 0;                                             \
			}                                                                          \
			wrong += RtlNumberGenericTableElements##Suffix(&table##Suffix) != count;   \
			if (step % 100 == 0)                                                       \
				wrong += !holds##Suffix(present);                                  \
		}                                                                                  \
		ok(wrong == 0 && blocks == (LONG)count, #Kind ": 20000 random steps, %u elements", \
		   count);                                                                         \
		for (ULONG i = KEYS; i-- > 0;) {                                                   \
			ITEM item = {i, 0};                                                        \
                                                                                                   \
			RtlDeleteElementGenericTable##Suffix(&table##Suffix, &item);               \
		}                                                                                  \
		ok(blocks == 0 && RtlIsGenericTableEmpty##Suffix(&table##Suffix),                  \
		   #Kind ": and empty again");                                                     \
		for (ULONG i = 0; i < KEYS; i++)                                                   \
			insert##Suffix(i, i, NULL);                                                \
		ok(checked(table##Suffix.BalancedRoot.RightChild, &table##Suffix.BalancedRoot) ==  \
			   10,                                                                     \
		   #Kind ": ascending keys make no list");                                         \
		for (ULONG i = 0; i < KEYS; i++) {                                                 \
			ITEM item = {i, 0};                                                        \
                                                                                                   \
			RtlDeleteElementGenericTable##Suffix(&table##Suffix, &item);               \
		}                                                                                  \
	}

TESTS(RTL_AVL, Avl)
TESTS(RTL_GENERIC, )

int main(void)
{
	fewAvl();
	enumerationsAvl();
	manyAvl();
	few();
	enumerations();
	many();
	return done();
}
