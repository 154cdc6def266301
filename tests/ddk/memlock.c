// SPDX-License-Identifier: BSD-2-Clause
/*
 * memlock.c - RLIMIT_MEMLOCK is spent: the nonpaged pool is exhausted, for every routine that would
 * lock memory, in the way its page documents; paged pool is not
 */
#ifndef _GNU_SOURCE
#	define _GNU_SOURCE /* setresuid */
#endif
#include "ddk.h"

#define TAG   'kcoL'
#define LIMIT (1024 * 1024)
#define PIECE (64 * 1024)

static PVOID pieces[64];
static int held;

/* Spends the limit, but for less than a piece. */
static void exhausted(void)
{
	while (held < 64 &&
	       (pieces[held] = ExAllocatePool2(POOL_FLAG_NON_PAGED, PIECE, TAG)) != NULL)
		held++;
	ok(held > 0 && held <= LIMIT / PIECE, "%d KB, then ExAllocatePool2 answers NULL",
	   held * PIECE / 1024);
	ok(ExAllocatePoolWithTag(NonPagedPoolNx, PIECE, TAG) == NULL,
	   "ExAllocatePoolWithTag: NULL");
	ok(ExAllocatePoolZero(NonPagedPool, PIECE, TAG) == NULL,
	   "ExAllocatePoolZero, of the executable pool: NULL");
}

static void raises(void)
{
	PVOID block = NULL;

	is_status(RAISED(block = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_RAISE_ON_FAILURE,
						 PIECE, TAG)),
		  STATUS_INSUFFICIENT_RESOURCES, "ExAllocatePool2 raises when it is to");
	is_status(RAISED(block = ExAllocatePoolWithQuotaTag(NonPagedPoolNx, PIECE, TAG)),
		  STATUS_INSUFFICIENT_RESOURCES, "ExAllocatePoolWithQuotaTag raises");
	ok(block == NULL, "and nothing is allocated");
}

static void pages(void)
{
	PHYSICAL_ADDRESS zero, any;

	zero.QuadPart = 0;
	any.QuadPart = -1;
	ok(MmAllocateContiguousMemory(PIECE, any) == NULL, "MmAllocateContiguousMemory: NULL");
	ok(MmAllocateNonCachedMemory(PIECE) == NULL, "MmAllocateNonCachedMemory: NULL");
	ok(MmAllocatePagesForMdlEx(zero, any, zero, PIECE, MmCached, 0) == NULL,
	   "MmAllocatePagesForMdlEx: NULL");
}

static void locks(void)
{
	static union {
		MDL mdl;
		UCHAR room[1024];
	} own;

	static UCHAR buffer[PIECE];

	MmInitializeMdl(&own.mdl, buffer, sizeof(buffer));
	is_status(RAISED(MmProbeAndLockPages(&own.mdl, KernelMode, IoReadAccess)),
		  STATUS_WORKING_SET_QUOTA, "MmProbeAndLockPages raises STATUS_WORKING_SET_QUOTA");
	ok(!(own.mdl.MdlFlags & MDL_PAGES_LOCKED), "and locks nothing");
}

static void lists(void)
{
	NPAGED_LOOKASIDE_LIST list;
	LOOKASIDE_LIST_EX raising;

	ExInitializeNPagedLookasideList(&list, NULL, NULL, POOL_NX_ALLOCATION, PIECE, TAG, 0);
	ok(ExAllocateFromNPagedLookasideList(&list) == NULL,
	   "ExAllocateFromNPagedLookasideList: NULL");
	ExDeleteNPagedLookasideList(&list);
	ExInitializeLookasideListEx(&raising, NULL, NULL, NonPagedPoolNx,
				    EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL, PIECE, TAG, 0);
	is_status(RAISED(ExAllocateFromLookasideListEx(&raising)), STATUS_INSUFFICIENT_RESOURCES,
		  "ExAllocateFromLookasideListEx raises when it is to");
	ExDeleteLookasideListEx(&raising);
}

static void the_rest_goes_on(void)
{
	PVOID paged = ExAllocatePool2(POOL_FLAG_PAGED, 4 * LIMIT, TAG), again;

	ok(paged != NULL, "paged pool is not exhausted");
	ExFreePool(paged);
	ExFreePool(pieces[--held]);
	again = ExAllocatePool2(POOL_FLAG_NON_PAGED, PIECE, TAG);
	ok(again != NULL, "nor is nonpaged pool, once something is freed");
	ExFreePool(again);
	while (held > 0)
		ExFreePool(pieces[--held]);
}

int main(void)
{
	const struct rlimit limit = {LIMIT, LIMIT};

	/* Whoever may lock what he likes has no limit. */
	if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0 ||
	    (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0))
		return 2;
	exhausted();
	raises();
	pages();
	locks();
	lists();
	the_rest_goes_on();
	return done();
}
