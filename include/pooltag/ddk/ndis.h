/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ndis.h - the memory of network drivers: of NDIS
 * there is nothing else, and handles are not looked at
 */
#ifndef POOLTAG_DDK_NDIS_H
#define POOLTAG_DDK_NDIS_H

#pragma GCC system_header

#include "ntddk.h"

typedef PVOID NDIS_HANDLE, *PNDIS_HANDLE;
typedef int NDIS_STATUS, *PNDIS_STATUS;
typedef PHYSICAL_ADDRESS NDIS_PHYSICAL_ADDRESS, *PNDIS_PHYSICAL_ADDRESS;

#define NDIS_STATUS_SUCCESS              ((NDIS_STATUS)STATUS_SUCCESS)
#define NDIS_STATUS_FAILURE              ((NDIS_STATUS)STATUS_UNSUCCESSFUL)
#define NDIS_STATUS_RESOURCES            ((NDIS_STATUS)STATUS_INSUFFICIENT_RESOURCES)
#define NDIS_MEMORY_CONTIGUOUS           0x1
#define NDIS_MEMORY_NONCACHED            0x2

#define NdisMoveMemory(to, from, length) RtlCopyMemory((to), (from), (length))
#define NdisZeroMemory(to, length)       RtlZeroMemory((to), (length))

EXTERN_C_START

PVOID NdisAllocateMemoryWithTagPriority(NDIS_HANDLE NdisHandle, UINT Length, ULONG Tag,
					EX_POOL_PRIORITY Priority);
void NdisFreeMemory(PVOID VirtualAddress, UINT Length, UINT MemoryFlags);
/* Absent: it does not link. */
void NdisMAllocateSharedMemory(NDIS_HANDLE MiniportAdapterHandle, ULONG Length, BOOLEAN Cached,
			       PVOID *VirtualAddress, PNDIS_PHYSICAL_ADDRESS PhysicalAddress);

EXTERN_C_END

#endif
