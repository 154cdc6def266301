/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pool.h - the kernel pools: allocate and free
 *
 * Blocks of PAGE_SIZE and more are page-aligned; smaller ones are aligned to 16 bytes, never start
 * a page and, up to 4056 bytes, never cross into another. Paged blocks are ordinary memory,
 * nonpaged ones locked, executable ones locked and executable. Uninitialised memory is filled with
 * 0xCD.
 */
#ifndef POOLTAG_DDK_POOL_H
#define POOLTAG_DDK_POOL_H

#pragma GCC system_header

#include "types.h"

typedef enum _POOL_TYPE {
	NonPagedPool = 0,
	NonPagedPoolExecute = NonPagedPool,
	PagedPool = 1,
	NonPagedPoolMustSucceed = 2,
	DontUseThisType = 3,
	NonPagedPoolCacheAligned = 4,
	PagedPoolCacheAligned = 5,
	NonPagedPoolCacheAlignedMustS = 6,
	MaxPoolType = 7,
	NonPagedPoolBase = 0,
	NonPagedPoolBaseMustSucceed = 2,
	NonPagedPoolBaseCacheAligned = 4,
	NonPagedPoolBaseCacheAlignedMustS = 6,
	NonPagedPoolSession = 32,
	PagedPoolSession = 33,
	NonPagedPoolMustSucceedSession = 34,
	DontUseThisTypeSession = 35,
	NonPagedPoolCacheAlignedSession = 36,
	PagedPoolCacheAlignedSession = 37,
	NonPagedPoolCacheAlignedMustSSession = 38,
	NonPagedPoolNx = 512,
	NonPagedPoolNxCacheAligned = 516,
	NonPagedPoolSessionNx = 544,
} POOL_TYPE;

/* OR-ed into a POOL_TYPE. */
#define POOL_QUOTA_FAIL_INSTEAD_OF_RAISE 8
#define POOL_RAISE_IF_ALLOCATION_FAILURE 16
#define POOL_COLD_ALLOCATION             256
#define POOL_NX_ALLOCATION               512
#define POOL_ZERO_ALLOCATION             1024

/* A driver built with these says that its NonPagedPool need not be executable. */
#if defined(POOL_NX_OPTIN_AUTO) && POOL_NX_OPTIN_AUTO
#	define NonPagedPool             NonPagedPoolNx
#	define NonPagedPoolCacheAligned NonPagedPoolNxCacheAligned
#endif

typedef ULONG64 POOL_FLAGS;

/* The low half must be obeyed or the allocation fails; the high half is optional. */
#define POOL_FLAG_REQUIRED_START      0x0000000000000001UL
#define POOL_FLAG_USE_QUOTA           0x0000000000000001UL
#define POOL_FLAG_UNINITIALIZED       0x0000000000000002UL
#define POOL_FLAG_SESSION             0x0000000000000004UL
#define POOL_FLAG_CACHE_ALIGNED       0x0000000000000008UL
#define POOL_FLAG_RESERVED1           0x0000000000000010UL
#define POOL_FLAG_RAISE_ON_FAILURE    0x0000000000000020UL
#define POOL_FLAG_NON_PAGED           0x0000000000000040UL
#define POOL_FLAG_NON_PAGED_EXECUTE   0x0000000000000080UL
#define POOL_FLAG_PAGED               0x0000000000000100UL
#define POOL_FLAG_RESERVED2           0x0000000000000200UL
#define POOL_FLAG_RESERVED3           0x0000000000000400UL
#define POOL_FLAG_LAST_KNOWN_REQUIRED POOL_FLAG_RESERVED3
#define POOL_FLAG_REQUIRED_END        0x0000000080000000UL
#define POOL_FLAG_OPTIONAL_START      0x0000000100000000UL
#define POOL_FLAG_SPECIAL_POOL        0x0000000100000000UL
#define POOL_FLAG_OPTIONAL_END        0x8000000000000000UL

typedef enum _EX_POOL_PRIORITY {
	LowPoolPriority = 0,
	LowPoolPrioritySpecialPoolOverrun = 8,
	LowPoolPrioritySpecialPoolUnderrun = 9,
	NormalPoolPriority = 16,
	NormalPoolPrioritySpecialPoolOverrun = 24,
	NormalPoolPrioritySpecialPoolUnderrun = 25,
	HighPoolPriority = 32,
	HighPoolPrioritySpecialPoolOverrun = 40,
	HighPoolPrioritySpecialPoolUnderrun = 41,
} EX_POOL_PRIORITY;

typedef ULONG POOL_NODE_REQUIREMENT;
#define MM_ANY_NODE_OK 0x80000000

typedef enum POOL_EXTENDED_PARAMETER_TYPE {
	PoolExtendedParameterInvalidType = 0,
	PoolExtendedParameterPriority,
	PoolExtendedParameterSecurePool,
	PoolExtendedParameterNumaNode,
	PoolExtendedParameterMax,
} POOL_EXTENDED_PARAMETER_TYPE,
	*PPOOL_EXTENDED_PARAMETER_TYPE;

typedef struct _POOL_EXTENDED_PARAMS_SECURE_POOL {
	HANDLE SecurePoolHandle;
	PVOID Buffer;
	ULONG_PTR Cookie;
	ULONG SecurePoolFlags;
} POOL_EXTENDED_PARAMS_SECURE_POOL;

typedef struct _POOL_EXTENDED_PARAMETER {
	__extension__ struct {
		ULONG64 Type : 8;
		ULONG64 Optional : 1;
		ULONG64 Reserved : 55;
	};

	__extension__ union {
		ULONG64 Reserved2;
		PVOID Reserved3;
		EX_POOL_PRIORITY Priority;
		POOL_EXTENDED_PARAMS_SECURE_POOL *SecurePoolParams;
		POOL_NODE_REQUIREMENT PreferredNode;
	};
} POOL_EXTENDED_PARAMETER, *PPOOL_EXTENDED_PARAMETER;

typedef const POOL_EXTENDED_PARAMETER *PCPOOL_EXTENDED_PARAMETER;

#define POOL_CREATE_FLG_SECURE_POOL 0x1
#define PROTECTED_POOL              0x80000000

EXTERN_C_START

PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag);
PVOID ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag,
		      PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParametersCount);
PVOID ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes);
PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
PVOID ExAllocatePoolWithQuota(POOL_TYPE PoolType, SIZE_T NumberOfBytes);
PVOID ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
PVOID ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
				    EX_POOL_PRIORITY Priority);
void ExFreePool(PVOID P);
void ExFreePoolWithTag(PVOID P, ULONG Tag);
void ExFreePool2(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
		 ULONG ExtendedParametersCount);

EXTERN_C_END

/* Ways to say the same, inline as in Microsoft's header. */

static __forceinline PVOID ExAllocatePoolZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
	return ExAllocatePoolWithTag((POOL_TYPE)(PoolType | POOL_ZERO_ALLOCATION), NumberOfBytes,
				     Tag);
}

static __forceinline PVOID ExAllocatePoolUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes,
						       ULONG Tag)
{
	return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

static __forceinline PVOID ExAllocatePoolQuotaZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes,
						   ULONG Tag)
{
	return ExAllocatePoolWithQuotaTag((POOL_TYPE)(PoolType | POOL_ZERO_ALLOCATION),
					  NumberOfBytes, Tag);
}

static __forceinline PVOID ExAllocatePoolQuotaUninitialized(POOL_TYPE PoolType,
							    SIZE_T NumberOfBytes, ULONG Tag)
{
	return ExAllocatePoolWithQuotaTag(PoolType, NumberOfBytes, Tag);
}

static __forceinline PVOID ExAllocatePoolPriorityZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes,
						      ULONG Tag, EX_POOL_PRIORITY Priority)
{
	return ExAllocatePoolWithTagPriority((POOL_TYPE)(PoolType | POOL_ZERO_ALLOCATION),
					     NumberOfBytes, Tag, Priority);
}

static __forceinline PVOID ExAllocatePoolPriorityUninitialized(POOL_TYPE PoolType,
							       SIZE_T NumberOfBytes, ULONG Tag,
							       EX_POOL_PRIORITY Priority)
{
	return ExAllocatePoolWithTagPriority(PoolType, NumberOfBytes, Tag, Priority);
}

#endif
