/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pool_ports.c - pool under the names of NDIS, StorPort and the filter manager
 *
 * Purpose: their drivers ask them for memory, and the block is one of the pool like any other: it
 * has the driver's tag and call site. Of these interfaces there is nothing else, so handles are not
 * looked at.
 * Callers: drivers. Locking, context: as pool.h.
 */
#include "lib/kernel/pool.h"
#include "lib/kernel/violation.h"
#include <pooltag/ddk/fltkernel.h>
#include <pooltag/ddk/ndis.h>
#include <pooltag/ddk/storport.h>

/* What NDIS gives memory without a tag. */
#define NDIS_TAG POOLTAG_TAG('N', 'D', 'a', 'm')

BASE_EXPORT PVOID NdisAllocateMemoryWithTagPriority(NDIS_HANDLE NdisHandle, UINT Length, ULONG Tag,
						    EX_POOL_PRIORITY Priority)
{
	(void)NdisHandle;
	(void)Priority;
	return kernel_pool_by_type(NonPagedPoolNx, Length, Tag != 0 ? Tag : NDIS_TAG,
				   POOL_FRAME_KEPT());
}

BASE_EXPORT void NdisFreeMemory(PVOID VirtualAddress, UINT Length, UINT MemoryFlags)
{
	const void *caller = __builtin_return_address(0);

	(void)Length;
	/* Flags are for memory of routines that are gone since NDIS 6. */
	if (MemoryFlags != 0)
		kernel_violation((struct kernel_violation){
			.code = 0x16,
			.p3 = (uintptr_t)VirtualAddress,
			.what = "NdisFreeMemory with MemoryFlags, of memory that has none",
			.return_address = caller});
	kernel_pool_free(VirtualAddress, KERNEL_FREE_ANY, 0, 0, caller);
}

BASE_EXPORT ULONG StorPortAllocatePool(PVOID HwDeviceExtension, ULONG NumberOfBytes, ULONG Tag,
				       PVOID *BufferPointer)
{
	(void)HwDeviceExtension;
	if (BufferPointer == NULL)
		return STOR_STATUS_INVALID_PARAMETER;
	*BufferPointer = NULL;
	if (kernel_irql > DISPATCH_LEVEL)
		return STOR_STATUS_INVALID_IRQL;
	*BufferPointer = kernel_pool_by_type(NonPagedPoolNx, NumberOfBytes, Tag, POOL_FRAME_KEPT());
	return *BufferPointer != NULL ? STOR_STATUS_SUCCESS : STOR_STATUS_INSUFFICIENT_RESOURCES;
}

BASE_EXPORT ULONG StorPortFreePool(PVOID HwDeviceExtension, PVOID BufferPointer)
{
	(void)HwDeviceExtension;
	if (BufferPointer == NULL)
		return STOR_STATUS_INVALID_PARAMETER;
	if (kernel_irql > DISPATCH_LEVEL)
		return STOR_STATUS_INVALID_IRQL;
	kernel_pool_free(BufferPointer, KERNEL_FREE_ANY, 0, 0, __builtin_return_address(0));
	return STOR_STATUS_SUCCESS;
}

/*
 * No device asks for more alignment than every block
 * of the pool has; no bytes are the least there is.
 */
BASE_EXPORT PVOID FltAllocatePoolAlignedWithTag(PFLT_INSTANCE Instance, POOL_TYPE PoolType,
						SIZE_T NumberOfBytes, ULONG Tag)
{
	(void)Instance;
	return kernel_pool_by_type(PoolType, NumberOfBytes != 0 ? NumberOfBytes : 1, Tag,
				   POOL_FRAME_KEPT());
}

BASE_EXPORT void FltFreePoolAlignedWithTag(PFLT_INSTANCE Instance, PVOID Buffer, ULONG Tag)
{
	(void)Instance;
	kernel_pool_free(Buffer, KERNEL_FREE_TAGGED, Tag, 0, __builtin_return_address(0));
}
