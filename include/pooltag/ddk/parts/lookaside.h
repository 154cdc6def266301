/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lookaside.h - lookaside lists: blocks of one size, kept to be used again
 *
 * `L` is what Windows' headers show of a list; drivers read it. The list's own books, with 64 bits
 * and out of the drivers' reach, are in the segment: `poolmon lookaside` shows them.
 */
#ifndef POOLTAG_DDK_LOOKASIDE_H
#define POOLTAG_DDK_LOOKASIDE_H

#pragma GCC system_header

#include "interlocked.h"
#include "pool.h"

#define LOOKASIDE_MINIMUM_BLOCK_SIZE             RTL_SIZEOF_THROUGH_FIELD(SLIST_ENTRY, Next)
#define EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL 0x00000001UL
#define EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE 0x00000002UL
#define EX_MAXIMUM_LOOKASIDE_DEPTH_BASE          256
#define EX_MAXIMUM_LOOKASIDE_DEPTH_LIMIT         1024

struct _LOOKASIDE_LIST_EX;

typedef PVOID ALLOCATE_FUNCTION(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
typedef ALLOCATE_FUNCTION *PALLOCATE_FUNCTION;
typedef PVOID ALLOCATE_FUNCTION_EX(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
				   struct _LOOKASIDE_LIST_EX *Lookaside);
typedef ALLOCATE_FUNCTION_EX *PALLOCATE_FUNCTION_EX;
typedef void FREE_FUNCTION(PVOID Buffer);
typedef FREE_FUNCTION *PFREE_FUNCTION;
typedef void FREE_FUNCTION_EX(PVOID Buffer, struct _LOOKASIDE_LIST_EX *Lookaside);
typedef FREE_FUNCTION_EX *PFREE_FUNCTION_EX;

#define POOLTAG_GENERAL_LOOKASIDE_LAYOUT          \
	__extension__ union {                     \
		SLIST_HEADER ListHead;            \
		SINGLE_LIST_ENTRY SingleListHead; \
	};                                        \
	USHORT Depth;                             \
	USHORT MaximumDepth;                      \
	ULONG TotalAllocates;                     \
	__extension__ union {                     \
		ULONG AllocateMisses;             \
		ULONG AllocateHits;               \
	};                                        \
	ULONG TotalFrees;                         \
	__extension__ union {                     \
		ULONG FreeMisses;                 \
		ULONG FreeHits;                   \
	};                                        \
	POOL_TYPE Type;                           \
	ULONG Tag;                                \
	ULONG Size;                               \
	__extension__ union {                     \
		PALLOCATE_FUNCTION_EX AllocateEx; \
		PALLOCATE_FUNCTION Allocate;      \
	};                                        \
	__extension__ union {                     \
		PFREE_FUNCTION_EX FreeEx;         \
		PFREE_FUNCTION Free;              \
	};                                        \
	LIST_ENTRY ListEntry;                     \
	ULONG LastTotalAllocates;                 \
	__extension__ union {                     \
		ULONG LastAllocateMisses;         \
		ULONG LastAllocateHits;           \
	};                                        \
	ULONG Future[2]

typedef struct DECLSPEC_CACHEALIGN _GENERAL_LOOKASIDE {
	POOLTAG_GENERAL_LOOKASIDE_LAYOUT;
} GENERAL_LOOKASIDE, *PGENERAL_LOOKASIDE;

typedef struct _GENERAL_LOOKASIDE_POOL {
	POOLTAG_GENERAL_LOOKASIDE_LAYOUT;
} GENERAL_LOOKASIDE_POOL, *PGENERAL_LOOKASIDE_POOL;

typedef struct _NPAGED_LOOKASIDE_LIST {
	GENERAL_LOOKASIDE L;
} NPAGED_LOOKASIDE_LIST, *PNPAGED_LOOKASIDE_LIST;

typedef struct _PAGED_LOOKASIDE_LIST {
	GENERAL_LOOKASIDE L;
} PAGED_LOOKASIDE_LIST, *PPAGED_LOOKASIDE_LIST;

typedef struct _LOOKASIDE_LIST_EX {
	GENERAL_LOOKASIDE_POOL L;
} LOOKASIDE_LIST_EX, *PLOOKASIDE_LIST_EX;

EXTERN_C_START

void ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
				     PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag,
				     USHORT Depth);
PVOID ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside);
void ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry);
void ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside);

void ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
				    PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag,
				    USHORT Depth);
PVOID ExAllocateFromPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside);
void ExFreeToPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry);
void ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside);

NTSTATUS ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PALLOCATE_FUNCTION_EX Allocate,
				     PFREE_FUNCTION_EX Free, POOL_TYPE PoolType, ULONG Flags,
				     SIZE_T Size, ULONG Tag, USHORT Depth);
PVOID ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside);
void ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry);
void ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside);
void ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside);

EXTERN_C_END

#endif
