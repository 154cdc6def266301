// SPDX-License-Identifier: BSD-2-Clause
/*
 * lookaside_rules.c - what is documented of all three kinds of lookaside lists, for each of them
 */
#include "ddk.h"

#define TAG      'luRL'
#define SIZE     100
#define TOO_MUCH ((SIZE_T)1 << 45)

static NPAGED_LOOKASIDE_LIST nonpaged, other_nonpaged;
static PAGED_LOOKASIDE_LIST paged, other_paged;
static LOOKASIDE_LIST_EX ex, other_ex;

/* --- the kinds ---------------------------------------------------------------------------------- */

static void init_nonpaged(int raise, SIZE_T size)
{
	ExInitializeNPagedLookasideList(
		&nonpaged, NULL, NULL,
		POOL_NX_ALLOCATION | (raise ? POOL_RAISE_IF_ALLOCATION_FAILURE : 0), size, TAG, 0);
}

static PVOID allocate_nonpaged(void)
{
	return ExAllocateFromNPagedLookasideList(&nonpaged);
}

static void free_nonpaged(PVOID block)
{
	ExFreeToNPagedLookasideList(&nonpaged, block);
}

static void delete_nonpaged(void)
{
	ExDeleteNPagedLookasideList(&nonpaged);
}

static PVOID of_other_nonpaged(void)
{
	ExInitializeNPagedLookasideList(&other_nonpaged, NULL, NULL, POOL_NX_ALLOCATION, SIZE,
					'rhtO', 0);
	return ExAllocateFromNPagedLookasideList(&other_nonpaged);
}

static void init_paged(int raise, SIZE_T size)
{
	ExInitializePagedLookasideList(&paged, NULL, NULL,
				       raise ? POOL_RAISE_IF_ALLOCATION_FAILURE : 0, size, TAG, 0);
}

static PVOID allocate_paged(void)
{
	return ExAllocateFromPagedLookasideList(&paged);
}

static void free_paged(PVOID block)
{
	ExFreeToPagedLookasideList(&paged, block);
}

static void delete_paged(void)
{
	ExDeletePagedLookasideList(&paged);
}

static PVOID of_other_paged(void)
{
	ExInitializePagedLookasideList(&other_paged, NULL, NULL, 0, SIZE, 'rhtO', 0);
	return ExAllocateFromPagedLookasideList(&other_paged);
}

static void init_ex(int raise, SIZE_T size)
{
	ExInitializeLookasideListEx(&ex, NULL, NULL, NonPagedPoolNx,
				    raise ? EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL : 0, size, TAG,
				    0);
}

static PVOID allocate_ex(void)
{
	return ExAllocateFromLookasideListEx(&ex);
}

static void free_ex(PVOID block)
{
	ExFreeToLookasideListEx(&ex, block);
}

static void delete_ex(void)
{
	ExDeleteLookasideListEx(&ex);
}

static PVOID of_other_ex(void)
{
	ExInitializeLookasideListEx(&other_ex, NULL, NULL, NonPagedPoolNx, 0, SIZE, 'rhtO', 0);
	return ExAllocateFromLookasideListEx(&other_ex);
}

static const struct {
	void (*init)(int raise, SIZE_T size);
	PVOID (*allocate)(void);
	void (*free)(PVOID block);
	void (*remove)(void);
	PVOID (*of_other)(void);
	const char *name;
} kinds[] = {
	{init_nonpaged, allocate_nonpaged, free_nonpaged, delete_nonpaged, of_other_nonpaged,
	 "NPAGED_LOOKASIDE_LIST"},
	{init_paged, allocate_paged, free_paged, delete_paged, of_other_paged,
	 "PAGED_LOOKASIDE_LIST"},
	{init_ex, allocate_ex, free_ex, delete_ex, of_other_ex, "LOOKASIDE_LIST_EX"},
};

static size_t kind; /* the one whose turn it is */

/* --- failures ----------------------------------------------------------------------------------- */

static void exhausted(void)
{
	for (kind = 0; kind < ARRAYSIZE(kinds); kind++) {
		kinds[kind].init(0, TOO_MUCH);
		ok(kinds[kind].allocate() == NULL, "%s: NULL when no block can be had",
		   kinds[kind].name);
		kinds[kind].remove();
	}
}

static void raises(void)
{
	for (kind = 0; kind < ARRAYSIZE(kinds); kind++) {
		kinds[kind].init(1, TOO_MUCH);
		is_status(RAISED(kinds[kind].allocate()), STATUS_INSUFFICIENT_RESOURCES,
			  kinds[kind].name);
		kinds[kind].remove();
	}
}

static int allocated, freed;

static PVOID count_allocate(POOL_TYPE type, SIZE_T size, ULONG tag)
{
	allocated++;
	return ExAllocatePoolWithTag(type, size, tag);
}

static void count_free(PVOID block)
{
	freed++;
	ExFreePool(block);
}

static void plain_callbacks(void)
{
	ExInitializeNPagedLookasideList(&nonpaged, count_allocate, count_free, POOL_NX_ALLOCATION,
					SIZE, TAG, 0);
	ExInitializePagedLookasideList(&paged, count_allocate, count_free, 0, SIZE, TAG, 0);
	free_nonpaged(allocate_nonpaged());
	free_paged(allocate_paged());
	ok(allocated == 2 && freed == 0, "Allocate is called when a list is empty");
	free_nonpaged(allocate_nonpaged());
	free_paged(allocate_paged());
	ok(allocated == 2 && freed == 0, "and only then");
	delete_nonpaged();
	delete_paged();
	ok(freed == 2, "Free takes what is kept when the list goes");
}

/* --- misuse, of one kind at a time ---------------------------------------------------------------- */

static PVOID block_of(void)
{
	kinds[kind].init(0, SIZE);
	return kinds[kind].allocate();
}

static void allocate_deleted(void)
{
	kinds[kind].init(0, SIZE);
	kinds[kind].remove();
	kinds[kind].allocate();
}

static void free_deleted(void)
{
	PVOID block = block_of();

	kinds[kind].free(block);
	kinds[kind].remove();
	kinds[kind].free(block);
}

static void delete_twice(void)
{
	kinds[kind].init(0, SIZE);
	kinds[kind].remove();
	kinds[kind].remove();
}

static void initialise_twice(void)
{
	kinds[kind].init(0, SIZE);
	kinds[kind].init(0, SIZE);
}

static void too_small(void)
{
	kinds[kind].init(0, LOOKASIDE_MINIMUM_BLOCK_SIZE - 1);
}

static void free_twice(void)
{
	PVOID block = block_of();

	kinds[kind].free(block);
	kinds[kind].free(block);
}

static void free_of_pool(void)
{
	kinds[kind].init(0, SIZE);
	kinds[kind].free(ExAllocatePoolWithTag(kind == 1 ? PagedPool : NonPagedPoolNx, SIZE, TAG));
}

static void free_to_other(void)
{
	kinds[kind].init(0, SIZE);
	kinds[kind].free(kinds[kind].of_other());
}

static void write_kept(void)
{
	PUCHAR block = (PUCHAR)block_of();

	kinds[kind].free(block);
	block[SIZE - 1] = 1;
	kinds[kind].allocate();
}

static void flush_deleted(void)
{
	kinds[2].init(0, SIZE);
	kinds[2].remove();
	ExFlushLookasideListEx(&ex);
}

#define BLOCK "block @ of 100 bytes, tag LRul, allocated by ~"
#define C4    "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, "

static void bugs(void)
{
	static const struct {
		void (*bug)(void);
		const char *line;
	} all[] = {
		{allocate_deleted,
		 C4 "0xCB, @, 0x0, 0x0): allocation from lookaside list @, which is not "
		    "initialised, or deleted, called by ~"},
		{free_deleted, C4 "0xCB, @, 0x0, 0x0): free to lookaside list @, which is not "
				  "initialised, or deleted, called by ~"},
		{delete_twice, C4 "0xCB, @, 0x0, 0x0): deletion of lookaside list @, which is not "
				  "initialised, or deleted, called by ~"},
		{initialise_twice, C4 "0xCA, @, 0x0, 0x0): initialisation of lookaside list @, "
				      "which is active, called by ~"},
		{too_small, C4 "0xCD, @, 0x7, 0x8): lookaside list of blocks of 7 bytes; the least "
			       "is 8, called by ~"},
		{free_twice, "BAD_POOL_CALLER (0xC2, 0x7, 0x0, 0x0, @): double free to its "
			     "lookaside list of " BLOCK ", called by ~"},
		{free_of_pool,
		 "BAD_POOL_CALLER (0xC2, 0x99, @, 0x0, 0x0): given to a lookaside list that did "
		 "not allocate it: " BLOCK "; freed, called by ~"},
		{free_to_other,
		 "BAD_POOL_CALLER (0xC2, 0xA, @, @, @): free with tag LRul of block @ of 100 "
		 "bytes, tag Othr, allocated by ~; freed, called by ~"},
		{write_kept,
		 "DRIVER_CAUGHT_MODIFYING_FREED_POOL (0xC6, @, 0x1, 0x0, 0x0): byte 99 was "
		 "written after the free to its lookaside list: " BLOCK},
	};

	for (kind = 0; kind < ARRAYSIZE(kinds); kind++) {
		for (size_t i = 0; i < ARRAYSIZE(all); i++)
			bugcheck_like(all[i].bug, all[i].line, kinds[kind].name);
	}
	bugcheck_like(flush_deleted,
		      C4 "0xCB, @, 0x0, 0x0): flush of lookaside list @, which is not "
			 "initialised, or deleted, called by ~",
		      "ExFlushLookasideListEx of a deleted list");
}

/* --- levels ---------------------------------------------------------------------------------------- */

static PVOID block_at(KIRQL level)
{
	PVOID block = block_of();
	KIRQL old;

	KeRaiseIrql(level, &old);
	return block;
}

static void allocate_high_nonpaged(void)
{
	kind = 0;
	block_at(DISPATCH_LEVEL + 1);
	allocate_nonpaged();
}

static void allocate_high_paged(void)
{
	kind = 1;
	block_at(DISPATCH_LEVEL);
	allocate_paged();
}

static void allocate_high_ex(void)
{
	kind = 2;
	block_at(DISPATCH_LEVEL + 1);
	allocate_ex();
}

static void free_high_nonpaged(void)
{
	kind = 0;
	free_nonpaged(block_at(DISPATCH_LEVEL + 1));
}

static void free_high_paged(void)
{
	kind = 1;
	free_paged(block_at(DISPATCH_LEVEL));
}

static void free_high_ex(void)
{
	kind = 2;
	free_ex(block_at(DISPATCH_LEVEL + 1));
}

static void levels(void)
{
	bugcheck_like(allocate_high_nonpaged,
		      C4 "0x2, 0x3, 0x200, 0x64): allocation of 100 bytes of nonpaged pool at IRQL "
			 "3 (a device's), called by ~",
		      "ExAllocateFromNPagedLookasideList");
	bugcheck_like(allocate_high_paged,
		      C4 "0x1, 0x2, 0x1, 0x64): allocation of 100 bytes of paged pool at IRQL 2 "
			 "(DISPATCH_LEVEL), called by ~",
		      "ExAllocateFromPagedLookasideList");
	bugcheck_like(allocate_high_ex,
		      C4 "0x2, 0x3, 0x200, 0x64): allocation of 100 bytes of nonpaged pool at IRQL "
			 "3 (a device's), called by ~",
		      "ExAllocateFromLookasideListEx");
	bugcheck_like(free_high_nonpaged,
		      C4
		      "0x12, 0x3, 0x200, @): free of nonpaged pool at IRQL 3 (a device's): " BLOCK
		      "; freed, called by ~",
		      "ExFreeToNPagedLookasideList");
	bugcheck_like(free_high_paged,
		      C4 "0x11, 0x2, 0x1, @): free of paged pool at IRQL 2 (DISPATCH_LEVEL): " BLOCK
			 "; freed, called by ~",
		      "ExFreeToPagedLookasideList");
	bugcheck_like(free_high_ex,
		      C4
		      "0x12, 0x3, 0x200, @): free of nonpaged pool at IRQL 3 (a device's): " BLOCK
		      "; freed, called by ~",
		      "ExFreeToLookasideListEx");
}

int main(void)
{
	exhausted();
	raises();
	plain_callbacks();
	bugs();
	levels();
	return done();
}
