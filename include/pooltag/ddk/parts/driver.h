/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * driver.h - a driver from its load to its unload
 *
 * PooltagDriverLoad and PooltagDriverUnload are what the system does with a driver: they call its
 * DriverEntry and its unload routine. What it allocated in between and did not free is bug check
 * DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x62) at the unload, after one line per tag and stack.
 */
#ifndef POOLTAG_DDK_DRIVER_H
#define POOLTAG_DDK_DRIVER_H

#pragma GCC system_header

#include "types.h"

struct _DRIVER_OBJECT;
struct _DEVICE_OBJECT;
struct _IRP;

typedef NTSTATUS DRIVER_INITIALIZE(struct _DRIVER_OBJECT *DriverObject,
				   PUNICODE_STRING RegistryPath);
typedef DRIVER_INITIALIZE *PDRIVER_INITIALIZE;
typedef void DRIVER_UNLOAD(struct _DRIVER_OBJECT *DriverObject);
typedef DRIVER_UNLOAD *PDRIVER_UNLOAD;
typedef NTSTATUS DRIVER_ADD_DEVICE(struct _DRIVER_OBJECT *DriverObject,
				   struct _DEVICE_OBJECT *PhysicalDeviceObject);
typedef DRIVER_ADD_DEVICE *PDRIVER_ADD_DEVICE;
typedef NTSTATUS DRIVER_DISPATCH(struct _DEVICE_OBJECT *DeviceObject, struct _IRP *Irp);
typedef DRIVER_DISPATCH *PDRIVER_DISPATCH;

#define IRP_MJ_MAXIMUM_FUNCTION 0x1b

typedef struct _DRIVER_EXTENSION {
	struct _DRIVER_OBJECT *DriverObject;
	PDRIVER_ADD_DEVICE AddDevice;
	ULONG Count;
	UNICODE_STRING ServiceKeyName;
} DRIVER_EXTENSION, *PDRIVER_EXTENSION;

typedef struct _DRIVER_OBJECT {
	CSHORT Type;
	CSHORT Size;
	struct _DEVICE_OBJECT *DeviceObject;
	ULONG Flags;
	PVOID DriverStart;
	ULONG DriverSize;
	PVOID DriverSection;
	PDRIVER_EXTENSION DriverExtension;
	UNICODE_STRING DriverName;
	PUNICODE_STRING HardwareDatabase;
	PVOID FastIoDispatch;
	PDRIVER_INITIALIZE DriverInit;
	PVOID DriverStartIo;
	PDRIVER_UNLOAD DriverUnload;
	PDRIVER_DISPATCH MajorFunction[IRP_MJ_MAXIMUM_FUNCTION + 1];
} DRIVER_OBJECT, *PDRIVER_OBJECT;

EXTERN_C_START

/*
 * Calls DriverEntry with a new driver object and the registry path of `ServiceName`. When it fails,
 * what it left behind is looked for as by an unload. One driver at a time.
 */
NTSTATUS PooltagDriverLoad(PCSTR ServiceName, PDRIVER_INITIALIZE DriverEntry,
			   PDRIVER_OBJECT *DriverObject);

/* Calls the unload routine and looks for what is left. */
void PooltagDriverUnload(PDRIVER_OBJECT DriverObject);

EXTERN_C_END

#endif
