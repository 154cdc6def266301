/* SPDX-License-Identifier: BSD-2-Clause */
/* storport.h - the memory of storage miniports: of StorPort there is nothing else */
#ifndef POOLTAG_DDK_STORPORT_H
#define POOLTAG_DDK_STORPORT_H

#pragma GCC system_header

#include "ntddk.h"

#define STOR_STATUS_SUCCESS                0x00000000u
#define STOR_STATUS_UNSUCCESSFUL           0xC1000001u
#define STOR_STATUS_NOT_IMPLEMENTED        0xC1000002u
#define STOR_STATUS_INSUFFICIENT_RESOURCES 0xC1000003u
#define STOR_STATUS_BUFFER_TOO_SMALL       0xC1000004u
#define STOR_STATUS_INVALID_PARAMETER      0xC1000006u
#define STOR_STATUS_INVALID_IRQL           0xC1000008u

EXTERN_C_START

ULONG StorPortAllocatePool(PVOID HwDeviceExtension, ULONG NumberOfBytes, ULONG Tag,
			   PVOID *BufferPointer);
ULONG StorPortFreePool(PVOID HwDeviceExtension, PVOID BufferPointer);

EXTERN_C_END

#endif
