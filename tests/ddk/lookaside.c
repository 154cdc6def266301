// SPDX-License-Identifier: BSD-2-Clause
/*
 * lookaside.c - the three kinds of lookaside lists, as their pages of Microsoft's documentation say.
 * Pages: wdm/nf-wdm-exinitializelookasidelistex, -exinitializenpagedlookasidelist and their
 * neighbours, kernel/using-lookaside-lists, debugger/bug-check-0xc4. Compiled as C and as C++.
 */
#include <ntddk.h>

#include "../../include/pooltag/pooltag.h"
#include "bugcheck.h"

#define TAG  'sdnE' /* shown as Ends */
#define SIZE 200

static NPAGED_LOOKASIDE_LIST nonpaged;
static PAGED_LOOKASIDE_LIST paged;
static LOOKASIDE_LIST_EX ex;

static int charged_to(const void *block, const char *tag, unsigned pool, size_t size)
{
	struct pooltag_block info;

	return pooltag_block_info(block, &info) == 0 && info.tag == pooltag_tag_from_text(tag) &&
	       info.pool == pool && info.requested == size;
}

static int filled(const void *block, size_t size, int value)
{
	const unsigned char *bytes = (const unsigned char *)block;

	for (size_t i = 0; i < size; i++)
		if (bytes[i] != value)
			return 0;
	return 1;
}

static void nonpaged_list(void)
{
	PVOID first, second, third;

	ExInitializeNPagedLookasideList(&nonpaged, NULL, NULL, POOL_NX_ALLOCATION, SIZE, TAG, 0);
	ok(nonpaged.L.Size == SIZE && nonpaged.L.Tag == TAG && nonpaged.L.Depth == 4 &&
		   nonpaged.L.MaximumDepth == 256 && nonpaged.L.TotalAllocates == 0 &&
		   nonpaged.L.Type == NonPagedPoolNx,
	   "a new list says what it is");
	ok(ExQueryDepthSList(&nonpaged.L.ListHead) == 0, "nothing is allocated in advance");
	first = ExAllocateFromNPagedLookasideList(&nonpaged);
	second = ExAllocateFromNPagedLookasideList(&nonpaged);
	ok(charged_to(first, "Ends", 1, SIZE) && charged_to(second, "Ends", 1, SIZE),
	   "blocks are of the list's tag, pool and size");
	ok(filled(first, SIZE, 0xcd), "and not initialised");
	ok(nonpaged.L.TotalAllocates == 2 && nonpaged.L.AllocateMisses == 2, "two misses");
	ExFreeToNPagedLookasideList(&nonpaged, first);
	ExFreeToNPagedLookasideList(&nonpaged, second);
	ok(nonpaged.L.TotalFrees == 2 && nonpaged.L.FreeMisses == 0 &&
		   ExQueryDepthSList(&nonpaged.L.ListHead) == 2,
	   "two blocks are kept");
	third = ExAllocateFromNPagedLookasideList(&nonpaged);
	ok(third == second, "what was freed last comes first");
	ok(nonpaged.L.TotalAllocates == 3 && nonpaged.L.AllocateMisses == 2, "a hit");
	ok(filled(third, SIZE, 0xcd), "what a block held is gone");
	ExFreeToNPagedLookasideList(&nonpaged, third);
	ExDeleteNPagedLookasideList(&nonpaged);
	ok(!charged_to(first, "Ends", 1, SIZE), "deletion gives the kept blocks back");
}

/* The list's depth bounds what it keeps. */
static void paged_list(void)
{
	PVOID blocks[6];

	ExInitializePagedLookasideList(&paged, NULL, NULL, 0, SIZE, TAG, 0);
	for (int i = 0; i < 6; i++)
		blocks[i] = ExAllocateFromPagedLookasideList(&paged);
	ok(charged_to(blocks[5], "Ends", 0, SIZE), "a paged list's blocks are paged");
	for (int i = 0; i < 6; i++)
		ExFreeToPagedLookasideList(&paged, blocks[i]);
	ok(paged.L.TotalFrees == 6 && paged.L.FreeMisses == 2 &&
		   ExQueryDepthSList(&paged.L.ListHead) == 4,
	   "a list of depth 4 keeps four of six");
	ok(charged_to(blocks[3], "Ends", 0, SIZE) && !charged_to(blocks[4], "Ends", 0, SIZE),
	   "the others went to the pool");
	ExDeletePagedLookasideList(&paged);
}

static struct {
	int allocates, frees;
	PLOOKASIDE_LIST_EX list;
	POOL_TYPE type;
	ULONG tag;
} seen;

static PVOID my_allocate_ex(POOL_TYPE type, SIZE_T size, ULONG tag, PLOOKASIDE_LIST_EX list)
{
	seen.allocates++;
	seen.list = list;
	seen.type = type;
	seen.tag = tag;
	return seen.allocates > 3 ? NULL : ExAllocatePoolWithTag(NonPagedPoolNx, size, tag);
}

static void my_free_ex(PVOID block, PLOOKASIDE_LIST_EX list)
{
	seen.frees += list == seen.list;
	ExFreePoolWithTag(block, seen.tag);
}

static PVOID my_allocate(POOL_TYPE type, SIZE_T size, ULONG tag)
{
	seen.allocates++;
	return ExAllocatePoolWithTag(type, size, tag);
}

static void my_free(PVOID block)
{
	seen.frees++;
	ExFreePool(block);
}

static void callbacks(void)
{
	PVOID blocks[4];

	memset(&seen, 0, sizeof(seen));
	ok(ExInitializeLookasideListEx(&ex, my_allocate_ex, my_free_ex, NonPagedPoolNx,
				       EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE, SIZE, TAG,
				       0) == STATUS_SUCCESS,
	   "ExInitializeLookasideListEx");
	for (int i = 0; i < 4; i++)
		blocks[i] = ExAllocateFromLookasideListEx(&ex);
	ok(seen.allocates == 4 && seen.list == &ex && seen.tag == TAG, "Allocate is told the list");
	ok(seen.type == (NonPagedPoolNx | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE),
	   "and the pool type with its flags");
	ok(blocks[2] != NULL && blocks[3] == NULL, "its NULL is the driver's");
	for (int i = 0; i < 3; i++)
		ExFreeToLookasideListEx(&ex, blocks[i]);
	ok(seen.frees == 0, "a block that is kept is not freed");
	ExFlushLookasideListEx(&ex);
	ok(seen.frees == 3 && ex.L.ListHead.HeaderX64.Depth == 0,
	   "ExFlushLookasideListEx frees all, by Free");
	ExDeleteLookasideListEx(&ex);
	memset(&seen, 0, sizeof(seen));
	ExInitializeNPagedLookasideList(&nonpaged, my_allocate, my_free, POOL_NX_ALLOCATION, 16,
					TAG, 0);
	blocks[0] = ExAllocateFromNPagedLookasideList(&nonpaged);
	ExFreeToNPagedLookasideList(&nonpaged, blocks[0]);
	ExDeleteNPagedLookasideList(&nonpaged);
	ok(seen.allocates == 1 && seen.frees == 1, "the legacy kind's callbacks, which are not");
}

static void bad_parameters(void)
{
	ok(ExInitializeLookasideListEx(&ex, NULL, NULL, (POOL_TYPE)0x4000, 0, SIZE, TAG, 0) ==
		   STATUS_INVALID_PARAMETER_4,
	   "a pool type that is none: STATUS_INVALID_PARAMETER_4");
	ok(ExInitializeLookasideListEx(&ex, NULL, NULL, PagedPool, 4, SIZE, TAG, 0) ==
		   STATUS_INVALID_PARAMETER_5,
	   "a flag that is none: STATUS_INVALID_PARAMETER_5");
	ok(ExInitializeLookasideListEx(&ex, NULL, NULL, PagedPool, 3, SIZE, TAG, 0) ==
		   STATUS_INVALID_PARAMETER_5,
	   "both flags: STATUS_INVALID_PARAMETER_5");
	ok(ExInitializeLookasideListEx(&ex, NULL, NULL, PagedPool,
				       EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE, SIZE, TAG,
				       0) == STATUS_INVALID_PARAMETER_5,
	   "FAIL_NO_RAISE without Allocate: STATUS_INVALID_PARAMETER_5");
}

static NTSTATUS allocate_raises(void)
{
	NTSTATUS status = STATUS_SUCCESS;

	__try {
		ExAllocateFromLookasideListEx(&ex);
	} __except (EXCEPTION_EXECUTE_HANDLER) {
		status = GetExceptionCode();
	}
	return status;
}

static void failures(void)
{
	ExInitializeLookasideListEx(&ex, NULL, NULL, PagedPool, 0, (SIZE_T)1 << 45, TAG, 0);
	ok(ExAllocateFromLookasideListEx(&ex) == NULL, "NULL when the pool is exhausted");
	ExDeleteLookasideListEx(&ex);
	ExInitializeLookasideListEx(&ex, NULL, NULL, PagedPool,
				    EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL, (SIZE_T)1 << 45, TAG,
				    0);
	ok(allocate_raises() == STATUS_INSUFFICIENT_RESOURCES, "RAISE_ON_FAIL raises");
	ExDeleteLookasideListEx(&ex);
}

/* --- misuse ----------------------------------------------------------------------------------- */

static void make(void)
{
	ExInitializeLookasideListEx(&ex, NULL, NULL, NonPagedPoolNx, 0, SIZE, TAG, 0);
}

static PVOID block_of(void)
{
	make();
	return ExAllocateFromLookasideListEx(&ex);
}

static void bug_again(void)
{
	make();
	make();
}

static void bug_never_made(void)
{
	ExDeleteLookasideListEx(&ex);
}

static void bug_deleted(void)
{
	make();
	ExDeleteLookasideListEx(&ex);
	ExAllocateFromLookasideListEx(&ex);
}

static void bug_small(void)
{
	ExInitializePagedLookasideList(&paged, NULL, NULL, 0, 4, TAG, 0);
}

static void bug_pool_of_list(void)
{
	PLOOKASIDE_LIST_EX list =
		(PLOOKASIDE_LIST_EX)ExAllocatePool2(POOL_FLAG_NON_PAGED, 400, TAG);

	ExInitializeLookasideListEx(list + 1, NULL, NULL, PagedPool, 0, SIZE, TAG, 0);
	ExFreePool(list);
}

static void bug_free_twice(void)
{
	PVOID block = block_of();

	ExFreeToLookasideListEx(&ex, block);
	ExFreeToLookasideListEx(&ex, block);
}

static void bug_written(void)
{
	PVOID block = block_of();

	ExFreeToLookasideListEx(&ex, block);
	((char *)block)[50] = 1;
	ExAllocateFromLookasideListEx(&ex);
}

static void bug_other_list(void)
{
	PVOID block = block_of();

	ExInitializeNPagedLookasideList(&nonpaged, NULL, NULL, POOL_NX_ALLOCATION, SIZE, 'rhtO', 0);
	ExFreeToNPagedLookasideList(&nonpaged, block);
}

static void bug_other_size(void)
{
	PVOID block = block_of();

	ExInitializeNPagedLookasideList(&nonpaged, NULL, NULL, POOL_NX_ALLOCATION, 64, TAG, 0);
	ExFreeToNPagedLookasideList(&nonpaged, block);
}

static void bug_pool_block(void)
{
	make();
	ExFreeToLookasideListEx(&ex, ExAllocatePool2(POOL_FLAG_NON_PAGED, SIZE, TAG));
}

static void bug_pool_free(void)
{
	ExFreePool(block_of());
}

static void bug_irql(void)
{
	KIRQL old;

	ExInitializePagedLookasideList(&paged, NULL, NULL, 0, SIZE, TAG, 0);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	ExAllocateFromPagedLookasideList(&paged);
}

static void outstanding(void)
{
	block_of();
	ExDeleteLookasideListEx(&ex);
}

#define BLOCK "block <address> of 200 bytes, tag Ends, allocated by program!block_of+<address>"

static void bug_checks(void)
{
	bugcheck(bug_again,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0xCA, <address>, 0x0, 0x0): "
		 "initialisation of lookaside list <address>, which is active, called by "
		 "program!make+<address>",
		 "an active list is initialised");
	bugcheck(
		bug_never_made,
		"DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0xCB, <address>, 0x0, 0x0): deletion of "
		"lookaside list <address>, which is not initialised, or deleted, called by "
		"program!bug_never_made+<address>",
		"a list that was never made is deleted");
	bugcheck(bug_deleted,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0xCB, <address>, 0x0, 0x0): allocation "
		 "from lookaside list <address>, which is not initialised, or deleted, called by "
		 "program!bug_deleted+<address>",
		 "allocation from a deleted list");
	bugcheck(bug_small,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0xCD, <address>, 0x4, 0x8): lookaside "
		 "list of blocks of 4 bytes; the least is 8, called by program!bug_small+<address>",
		 "a list of blocks that cannot hold a link");
	bugcheck(bug_pool_of_list,
		 "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0xCC, <address>, <address>, 0x190): "
		 "free "
		 "of memory that holds the active lookaside list <address>: block <address> of 400 "
		 "bytes, tag Ends, allocated by program!bug_pool_of_list+<address>; freed, called "
		 "by "
		 "program!bug_pool_of_list+<address>",
		 "free of the memory of an active list");
	bugcheck(bug_free_twice,
		 "BAD_POOL_CALLER (0xC2, 0x7, 0x0, 0x0, <address>): double free to its lookaside "
		 "list "
		 "of " BLOCK ", called by program!bug_free_twice+<address>",
		 "double free to a list");
	bugcheck(bug_written,
		 "DRIVER_CAUGHT_MODIFYING_FREED_POOL (0xC6, <address>, 0x1, 0x0, 0x0): byte 50 was "
		 "written after the free to its lookaside list: " BLOCK,
		 "a write after the free");
	bugcheck(bug_other_list,
		 "BAD_POOL_CALLER (0xC2, 0xA, <address>, <address>, <address>): free with tag Othr "
		 "of " BLOCK "; freed, called by program!bug_other_list+<address>",
		 "a block of a list with another tag");
	bugcheck(bug_other_size,
		 "BAD_POOL_CALLER (0xC2, 0x99, <address>, 0x0, 0x0): not given back to its "
		 "lookaside "
		 "list: " BLOCK "; freed, called by program!bug_other_size+<address>",
		 "a block of a list with another size");
	bugcheck(
		bug_pool_block,
		"BAD_POOL_CALLER (0xC2, 0x99, <address>, 0x0, 0x0): given to a lookaside list that "
		"did not allocate it: block <address> of 200 bytes, tag Ends, allocated by "
		"program!bug_pool_block+<address>; freed, called by "
		"program!bug_pool_block+<address>",
		"a block of the pool");
	bugcheck(bug_pool_free,
		 "BAD_POOL_CALLER (0xC2, 0x99, <address>, 0x0, 0x0): not given back to its "
		 "lookaside "
		 "list: " BLOCK "; freed, called by program!bug_pool_free+<address>",
		 "ExFreePool of a block of a list");
	bugcheck(
		bug_irql,
		"DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x1, 0x2, 0x1, 0xC8): allocation of 200 "
		"bytes of paged pool at IRQL 2 (DISPATCH_LEVEL), called by "
		"program!bug_irql+<address>",
		"a paged list at DISPATCH_LEVEL");
	no_bugcheck(outstanding,
		    "pooltag: lookaside list of tag Ends deleted with 1 block not given back, by "
		    "program!outstanding+<address>\n",
		    "deletion with a block in use is a note");
}

/* --- depth ------------------------------------------------------------------------------------ */

/* Busy and missing for more than a second, a list gets deeper; idle, it does not stay so. */
static void depth(void)
{
	PVOID blocks[64];
	USHORT deep;

	make();
	for (int second = 0; second < 2; second++) {
		for (int round = 0; round < 20; round++) {
			for (int i = 0; i < 64; i++)
				blocks[i] = ExAllocateFromLookasideListEx(&ex);
			for (int i = 0; i < 64; i++)
				ExFreeToLookasideListEx(&ex, blocks[i]);
		}
		usleep(second == 0 ? 1010000 : 0);
	}
	deep = ex.L.Depth;
	/* 60 of 64 miss: 4 + 252 / 2 * 15 / 16 + 5, by the published rule. */
	ok(deep > 110 && deep < 132, "a busy list grows from 4 to %d in one scan", deep);
	usleep(3010000);
	for (int i = 0; i < 64; i++)
		ExFreeToLookasideListEx(&ex, ExAllocateFromLookasideListEx(&ex));
	ok(ex.L.Depth < deep && ex.L.Depth >= 4, "and shrinks while idle: %d", ex.L.Depth);
	ExDeleteLookasideListEx(&ex);
}

int main(void)
{
	nonpaged_list();
	paged_list();
	callbacks();
	bad_parameters();
	failures();
	bug_checks();
	/* It takes seconds, and is the same in every build. */
#if !defined(__cplusplus) && defined(__OPTIMIZE__)
	depth();
#else
	(void)depth;
#endif
	return done();
}
