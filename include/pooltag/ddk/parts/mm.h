/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm.h - page-granular memory, user buffers, physical addresses, sections' views in system space,
 * pageable code, the stack
 *
 * Memory cannot be made uncached here: the caching type is taken note of and nothing else. Physical
 * addresses of contiguous memory and of common buffers are contiguous and obey the limits asked
 * for, but are the driver kit's own; see MmMapIoSpace for what can be mapped by them.
 */
#ifndef POOLTAG_DDK_MM_H
#define POOLTAG_DDK_MM_H

#pragma GCC system_header

#include "mdl.h"

#define PAGE_NOACCESS          0x01
#define PAGE_READONLY          0x02
#define PAGE_READWRITE         0x04
#define PAGE_WRITECOPY         0x08
#define PAGE_EXECUTE           0x10
#define PAGE_EXECUTE_READ      0x20
#define PAGE_EXECUTE_READWRITE 0x40
#define PAGE_EXECUTE_WRITECOPY 0x80
#define PAGE_GUARD             0x100
#define PAGE_NOCACHE           0x200
#define PAGE_WRITECOMBINE      0x400

typedef ULONG NODE_REQUIREMENT;

EXTERN_C_START

extern PVOID MmHighestUserAddress;
extern PVOID MmSystemRangeStart;
extern ULONG_PTR MmUserProbeAddress;
#define MM_HIGHEST_USER_ADDRESS MmHighestUserAddress
#define MM_SYSTEM_RANGE_START   MmSystemRangeStart
#define MM_USER_PROBE_ADDRESS   MmUserProbeAddress

/* --- user buffers --------------------------------------------------------------------------- */

void ProbeForRead(const volatile void *Address, SIZE_T Length, ULONG Alignment);
void ProbeForWrite(volatile void *Address, SIZE_T Length, ULONG Alignment);
BOOLEAN MmIsAddressValid(PVOID VirtualAddress);
KPROCESSOR_MODE ExGetPreviousMode(void);

/* --- pages ---------------------------------------------------------------------------------- */

PVOID MmAllocateNonCachedMemory(SIZE_T NumberOfBytes);
void MmFreeNonCachedMemory(PVOID BaseAddress, SIZE_T NumberOfBytes);
PVOID MmAllocateContiguousMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS HighestAcceptableAddress);
PVOID MmAllocateContiguousMemorySpecifyCache(SIZE_T NumberOfBytes,
					     PHYSICAL_ADDRESS LowestAcceptableAddress,
					     PHYSICAL_ADDRESS HighestAcceptableAddress,
					     PHYSICAL_ADDRESS BoundaryAddressMultiple,
					     MEMORY_CACHING_TYPE CacheType);
PVOID MmAllocateContiguousMemorySpecifyCacheNode(SIZE_T NumberOfBytes,
						 PHYSICAL_ADDRESS LowestAcceptableAddress,
						 PHYSICAL_ADDRESS HighestAcceptableAddress,
						 PHYSICAL_ADDRESS BoundaryAddressMultiple,
						 MEMORY_CACHING_TYPE CacheType,
						 NODE_REQUIREMENT PreferredNode);
PVOID MmAllocateContiguousNodeMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
				     PHYSICAL_ADDRESS HighestAcceptableAddress,
				     PHYSICAL_ADDRESS BoundaryAddressMultiple, ULONG Protect,
				     NODE_REQUIREMENT PreferredNode);
void MmFreeContiguousMemory(PVOID BaseAddress);
void MmFreeContiguousMemorySpecifyCache(PVOID BaseAddress, SIZE_T NumberOfBytes,
					MEMORY_CACHING_TYPE CacheType);

/* --- physical addresses --------------------------------------------------------------------- */

PHYSICAL_ADDRESS MmGetPhysicalAddress(PVOID BaseAddress);
PVOID MmMapIoSpace(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes,
		   MEMORY_CACHING_TYPE CacheType);
PVOID MmMapIoSpaceEx(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, ULONG Protect);
void MmUnmapIoSpace(PVOID BaseAddress, SIZE_T NumberOfBytes);

/* --- pageability and protection ------------------------------------------------------------- */

PVOID MmLockPagableDataSection(PVOID AddressWithinSection);
void MmLockPagableSectionByHandle(PVOID ImageSectionHandle);
void MmUnlockPagableImageSection(PVOID ImageSectionHandle);
PVOID MmPageEntireDriver(PVOID AddressWithinSection);
void MmResetDriverPaging(PVOID AddressWithinSection);
#define MM_PROTECT_DRIVER_SECTION_ALLOW_UNLOAD 0x1
NTSTATUS MmProtectDriverSection(PVOID AddressWithinSection, SIZE_T Size, ULONG Flags);
#define MmLockPagableCodeSection      MmLockPagableDataSection
#define MmLockPageableDataSection     MmLockPagableDataSection
#define MmLockPageableCodeSection     MmLockPagableDataSection
#define MmLockPageableSectionByHandle MmLockPagableSectionByHandle
#define MmUnlockPageableImageSection  MmUnlockPagableImageSection

/* --- the stack ------------------------------------------------------------------------------ */

void IoGetStackLimits(PULONG_PTR LowLimit, PULONG_PTR HighLimit);
ULONG_PTR IoGetRemainingStackSize(void);

/* --- run-time opt-ins ----------------------------------------------------------------------- */

#define DrvRtPoolNxOptIn 0x00000001
void ExInitializeDriverRuntime(ULONG RuntimeFlags);

EXTERN_C_END

#endif
