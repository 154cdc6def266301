/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io.h - as much of devices and IRPs as their memory takes
 *
 * The structures are shorter than Windows' and in no order of theirs; nothing sends requests here.
 */
#ifndef POOLTAG_DDK_IO_H
#define POOLTAG_DDK_IO_H

#pragma GCC system_header

#include "driver.h"
#include "mdl.h"

typedef struct _IO_STATUS_BLOCK {
	__extension__ union {
		NTSTATUS Status;
		PVOID Pointer;
	};

	ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;

#define IRP_MJ_CREATE         0x00
#define IRP_MJ_CLOSE          0x02
#define IRP_MJ_READ           0x03
#define IRP_MJ_WRITE          0x04
#define IRP_MJ_DEVICE_CONTROL 0x0e
#define IRP_MJ_CLEANUP        0x12
#define IRP_MJ_PNP            0x1b

typedef struct _DEVICE_OBJECT {
	CSHORT Type;
	USHORT Size;
	PDRIVER_OBJECT DriverObject;
	struct _DEVICE_OBJECT *NextDevice;
	struct _IRP *CurrentIrp;
	ULONG Flags;
	ULONG Characteristics;
	PVOID DeviceExtension;
	CCHAR StackSize;
	ULONG AlignmentRequirement;
} DEVICE_OBJECT, *PDEVICE_OBJECT;

#define DO_BUFFERED_IO         0x00000004
#define DO_DIRECT_IO           0x00000010
#define DO_DEVICE_INITIALIZING 0x00000080

typedef struct _IRP {
	CSHORT Type;
	USHORT Size;
	PMDL MdlAddress;
	ULONG Flags;

	union {
		struct _IRP *MasterIrp;
		PVOID SystemBuffer;
	} AssociatedIrp;

	LIST_ENTRY ThreadListEntry;
	IO_STATUS_BLOCK IoStatus;
	KPROCESSOR_MODE RequestorMode;
	BOOLEAN PendingReturned;
	BOOLEAN Cancel;
	PVOID UserBuffer;

	union {
		struct {
			PVOID DriverContext[4];
			LIST_ENTRY ListEntry;
		} Overlay;
	} Tail;
} IRP, *PIRP;

#endif
