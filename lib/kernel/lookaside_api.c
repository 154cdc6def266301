/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lookaside_api.c - the routines drivers call for their lookaside lists
 *
 * Callers: drivers. Locking, context: as lookaside.h.
 */
#include "lib/kernel/lookaside_list.h"

#define TYPE_PAGED 0x1u
/* What a list's pool type may be made of. */
#define TYPE_KNOWN                                                                     \
	(TYPE_PAGED | 0x4u | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE | POOL_COLD_ALLOCATION | \
	 POOL_RAISE_IF_ALLOCATION_FAILURE | POOL_NX_ALLOCATION)

_Static_assert(offsetof(GENERAL_LOOKASIDE, Future) == offsetof(GENERAL_LOOKASIDE_POOL, Future),
	       "all kinds of lists start alike");
_Static_assert(sizeof(LOOKASIDE_LIST_EX) == 96 && sizeof(NPAGED_LOOKASIDE_LIST) == 128,
	       "lists have Windows' sizes");

static kernel_list *legacy(GENERAL_LOOKASIDE *list)
{
	return (kernel_list *)(void *)list;
}

static struct kernel_list_plan legacy_plan(uint32_t type, PALLOCATE_FUNCTION allocate,
					   PFREE_FUNCTION free, uint32_t flags, size_t size,
					   uint32_t tag, uint16_t depth)
{
	type |= flags & (POOL_NX_ALLOCATION | POOL_RAISE_IF_ALLOCATION_FAILURE);
	return (struct kernel_list_plan){
		.kind = POOLTAG_LOOKASIDE_LEGACY,
		.type = type,
		.pool = kernel_pool_of_type(type),
		.size = size,
		.tag = tag,
		.depth = depth,
		.raise = (flags & POOL_RAISE_IF_ALLOCATION_FAILURE) != 0,
		.allocate_plain = allocate,
		.free_plain = free,
	};
}

BASE_EXPORT void ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside,
						 PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free,
						 ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth)
{
	struct kernel_list_plan plan =
		legacy_plan(NonPagedPool, Allocate, Free, Flags, Size, Tag, Depth);

	kernel_list_init(legacy(&Lookaside->L), &plan, __builtin_return_address(0));
}

BASE_EXPORT PVOID ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
	return kernel_list_allocate(legacy(&Lookaside->L), 0, POOL_FRAME_KEPT());
}

BASE_EXPORT void ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
	kernel_list_free(legacy(&Lookaside->L), Entry, __builtin_return_address(0));
}

BASE_EXPORT void ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
	kernel_list_delete(legacy(&Lookaside->L), __builtin_return_address(0));
}

BASE_EXPORT void ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside,
						PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free,
						ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth)
{
	struct kernel_list_plan plan =
		legacy_plan(PagedPool, Allocate, Free, Flags, Size, Tag, Depth);

	kernel_list_init(legacy(&Lookaside->L), &plan, __builtin_return_address(0));
}

BASE_EXPORT PVOID ExAllocateFromPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside)
{
	return kernel_list_allocate(legacy(&Lookaside->L), 0, POOL_FRAME_KEPT());
}

BASE_EXPORT void ExFreeToPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
	kernel_list_free(legacy(&Lookaside->L), Entry, __builtin_return_address(0));
}

BASE_EXPORT void ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside)
{
	kernel_list_delete(legacy(&Lookaside->L), __builtin_return_address(0));
}

BASE_EXPORT NTSTATUS ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside,
						 PALLOCATE_FUNCTION_EX Allocate,
						 PFREE_FUNCTION_EX Free, POOL_TYPE PoolType,
						 ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth)
{
	const ULONG known =
		EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL | EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE;
	struct kernel_list_plan plan = {
		.kind = POOLTAG_LOOKASIDE_EX,
		.type = PoolType,
		.pool = kernel_pool_of_type(PoolType),
		.size = Size,
		.tag = Tag,
		.depth = Depth,
		.raise = (Flags & EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL) != 0,
		.ex = 1,
		.allocate = Allocate,
		.free = Free,
	};

	if ((ULONG)PoolType & ~TYPE_KNOWN)
		return STATUS_INVALID_PARAMETER_4;
	if ((Flags & ~known) || Flags == known ||
	    (Flags == EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE && Allocate == NULL))
		return STATUS_INVALID_PARAMETER_5;
	if (plan.raise)
		plan.type |= POOL_RAISE_IF_ALLOCATION_FAILURE;
	if (Flags & EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE)
		plan.type |= POOL_QUOTA_FAIL_INSTEAD_OF_RAISE;
	kernel_list_init(&Lookaside->L, &plan, __builtin_return_address(0));
	return STATUS_SUCCESS;
}

BASE_EXPORT PVOID ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
	return kernel_list_allocate(&Lookaside->L, 0, POOL_FRAME_KEPT());
}

BASE_EXPORT void ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry)
{
	kernel_list_free(&Lookaside->L, Entry, __builtin_return_address(0));
}

BASE_EXPORT void ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
	kernel_list_flush(&Lookaside->L, __builtin_return_address(0));
}

BASE_EXPORT void ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
	kernel_list_delete(&Lookaside->L, __builtin_return_address(0));
}
