// SPDX-License-Identifier: BSD-2-Clause
/*
 * ring.c - a sample driver: a device that keeps the last entries written to it, in memory
 *
 * Entries come from a lookaside list, the table of entries from the nonpaged pool, texts from the
 * paged pool; a copy of the whole ring goes through an MDL. Everything is undone when anything
 * fails, and all of it at the device's removal.
 */
#include <ntddk.h>
#include <ntstrsafe.h>
#include <wdf.h>

#include "public.h"

#define TAG_TABLE 'gniR' /* Ring: the table of entries */
#define TAG_ENTRY 'EgnR' /* RngE: entries */
#define TAG_COPY  'CgnR' /* RngC: copies of the ring */
#define TAG_TEXT  'TgnR' /* RngT: texts */

DRIVER_INITIALIZE DriverEntry;
static EVT_WDF_DRIVER_DEVICE_ADD ring_device_add;
static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL ring_control;
static EVT_WDF_OBJECT_CONTEXT_CLEANUP ring_cleanup;

typedef struct _RING_ENTRY {
	ULONG length;
	UCHAR bytes[RING_ENTRY_MAX];
} RING_ENTRY, *PRING_ENTRY;

typedef struct _RING {
	KSPIN_LOCK lock;
	PRING_ENTRY *table; /* [RING_ENTRIES] */
	ULONG first, count;
	ULONG64 put, taken, dropped;
	BOOLEAN has_list;
	LOOKASIDE_LIST_EX entries;
	WDFMEMORY greeting; /* a child of the device */
} RING, *PRING;

WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(RING, ring_of)

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
	WDF_DRIVER_CONFIG config;

	WDF_DRIVER_CONFIG_INIT(&config, ring_device_add);
	return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config,
			       WDF_NO_HANDLE);
}

/* --- device ----------------------------------------------------------------------------------- */

static NTSTATUS ring_start(WDFDEVICE device, PRING ring)
{
	static const char greeting[] = "ring";
	WDF_OBJECT_ATTRIBUTES attributes;
	NTSTATUS status;

	KeInitializeSpinLock(&ring->lock);
	status = ExInitializeLookasideListEx(&ring->entries, NULL, NULL, NonPagedPoolNx, 0,
					     sizeof(RING_ENTRY), TAG_ENTRY, 0);
	if (!NT_SUCCESS(status))
		return status;
	ring->has_list = TRUE;
	ring->table = (PRING_ENTRY *)ExAllocatePool2(POOL_FLAG_NON_PAGED,
						     RING_ENTRIES * sizeof(PRING_ENTRY), TAG_TABLE);
	if (ring->table == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
	attributes.ParentObject = device;
	status =
		WdfMemoryCreate(&attributes, PagedPool, 0, sizeof(greeting), &ring->greeting, NULL);
	if (!NT_SUCCESS(status))
		return status;
	return WdfMemoryCopyFromBuffer(ring->greeting, 0, (PVOID)(ULONG_PTR)greeting,
				       sizeof(greeting));
}

static NTSTATUS ring_device_add(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit)
{
	WDF_OBJECT_ATTRIBUTES attributes;
	WDF_IO_QUEUE_CONFIG queue;
	WDFDEVICE device;
	NTSTATUS status;

	PAGED_CODE();
	UNREFERENCED_PARAMETER(Driver);
	WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, RING);
	attributes.EvtCleanupCallback = ring_cleanup;
	status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
	if (!NT_SUCCESS(status))
		return status;
	/* From here on the device's cleanup undoes what was done. */
	status = ring_start(device, ring_of(device));
	if (!NT_SUCCESS(status))
		return status;
	WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue, WdfIoQueueDispatchParallel);
	queue.EvtIoDeviceControl = ring_control;
	return WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

static void ring_cleanup(WDFOBJECT Object)
{
	PRING ring = ring_of(Object);

	for (ULONG i = 0; i < ring->count; i++)
		ExFreeToLookasideListEx(&ring->entries,
					ring->table[(ring->first + i) % RING_ENTRIES]);
	if (ring->table != NULL)
		ExFreePoolWithTag(ring->table, TAG_TABLE);
	if (ring->has_list)
		ExDeleteLookasideListEx(&ring->entries);
}

/* --- entries ---------------------------------------------------------------------------------- */

/* Appends an entry; the one that had to make room, or NULL. */
static PRING_ENTRY ring_append(PRING ring, PRING_ENTRY entry)
{
	PRING_ENTRY oldest = NULL;
	KIRQL irql;

	KeAcquireSpinLock(&ring->lock, &irql);
	if (ring->count == RING_ENTRIES) {
		oldest = ring->table[ring->first];
		ring->first = (ring->first + 1) % RING_ENTRIES;
		ring->count--;
		ring->dropped++;
	}
	ring->table[(ring->first + ring->count) % RING_ENTRIES] = entry;
	ring->count++;
	ring->put++;
	KeReleaseSpinLock(&ring->lock, irql);
	return oldest;
}

static PRING_ENTRY ring_take(PRING ring)
{
	PRING_ENTRY entry = NULL;
	KIRQL irql;

	KeAcquireSpinLock(&ring->lock, &irql);
	if (ring->count > 0) {
		entry = ring->table[ring->first];
		ring->first = (ring->first + 1) % RING_ENTRIES;
		ring->count--;
		ring->taken++;
	}
	KeReleaseSpinLock(&ring->lock, irql);
	return entry;
}

static NTSTATUS ring_put(PRING ring, WDFREQUEST request)
{
	PRING_ENTRY entry, oldest;
	WDFMEMORY input;
	size_t length;
	NTSTATUS status = WdfRequestRetrieveInputMemory(request, &input);

	if (!NT_SUCCESS(status))
		return status;
	WdfMemoryGetBuffer(input, &length);
	if (length > RING_ENTRY_MAX)
		return STATUS_INVALID_BUFFER_SIZE;
	entry = (PRING_ENTRY)ExAllocateFromLookasideListEx(&ring->entries);
	if (entry == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = WdfMemoryCopyToBuffer(input, 0, entry->bytes, length);
	if (!NT_SUCCESS(status)) {
		ExFreeToLookasideListEx(&ring->entries, entry);
		return status;
	}
	entry->length = (ULONG)length;
	oldest = ring_append(ring, entry);
	if (oldest != NULL)
		ExFreeToLookasideListEx(&ring->entries, oldest);
	WdfRequestSetInformation(request, length);
	return STATUS_SUCCESS;
}

static NTSTATUS ring_get(PRING ring, WDFREQUEST request)
{
	PRING_ENTRY entry;
	WDFMEMORY output;
	NTSTATUS status = WdfRequestRetrieveOutputMemory(request, &output);

	if (!NT_SUCCESS(status))
		return status;
	entry = ring_take(ring);
	if (entry == NULL)
		return STATUS_NO_MORE_ENTRIES;
	status = WdfMemoryCopyFromBuffer(output, 0, entry->bytes, entry->length);
	if (NT_SUCCESS(status))
		WdfRequestSetInformation(request, entry->length);
	ExFreeToLookasideListEx(&ring->entries, entry);
	return status;
}

/* --- the whole ring --------------------------------------------------------------------------- */

/* All entries one after the other, as far as they fit; how many bytes that is. */
static size_t ring_gather(PRING ring, UCHAR *to, size_t room)
{
	size_t used = 0;
	KIRQL irql;

	KeAcquireSpinLock(&ring->lock, &irql);
	for (ULONG i = 0; i < ring->count; i++) {
		const RING_ENTRY *entry = ring->table[(ring->first + i) % RING_ENTRIES];

		if (entry->length > room - used)
			break;
		RtlCopyMemory(to + used, entry->bytes, entry->length);
		used += entry->length;
	}
	KeReleaseSpinLock(&ring->lock, irql);
	return used;
}

/* Describes the copy by an MDL and hands it out through the MDL's mapping. */
static NTSTATUS ring_hand_out(UCHAR *copy, size_t used, PVOID output)
{
	PMDL mdl = IoAllocateMdl(copy, (ULONG)used, FALSE, FALSE, NULL);
	PVOID mapped;

	if (mdl == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	MmBuildMdlForNonPagedPool(mdl);
	mapped = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute);
	if (mapped != NULL)
		RtlCopyMemory(output, mapped, MmGetMdlByteCount(mdl));
	IoFreeMdl(mdl);
	return mapped != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS ring_copy(PRING ring, WDFREQUEST request)
{
	UCHAR *copy;
	PVOID output;
	size_t room, used;
	NTSTATUS status = WdfRequestRetrieveOutputBuffer(request, 1, &output, &room);

	if (!NT_SUCCESS(status))
		return status;
	copy = (UCHAR *)ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, room,
					TAG_COPY);
	if (copy == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	used = ring_gather(ring, copy, room);
	if (used > 0)
		status = ring_hand_out(copy, used, output);
	if (NT_SUCCESS(status))
		WdfRequestSetInformation(request, used);
	ExFreePoolWithTag(copy, TAG_COPY);
	return status;
}

static NTSTATUS ring_state(PRING ring, WDFREQUEST request)
{
	char *text;
	PVOID output;
	size_t room, length;
	NTSTATUS status = WdfRequestRetrieveOutputBuffer(request, 100, &output, &room);

	if (!NT_SUCCESS(status))
		return status;
	text = (char *)ExAllocatePoolZero(PagedPool, 100, TAG_TEXT);
	if (text == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = RtlStringCbPrintfA(text, 100, "put %I64u, taken %I64u, dropped %I64u", ring->put,
				    ring->taken, ring->dropped);
	if (NT_SUCCESS(status))
		status = RtlStringCbLengthA(text, 100, &length);
	if (NT_SUCCESS(status)) {
		RtlCopyMemory(output, text, length + 1);
		WdfRequestSetInformation(request, length + 1);
	}
	ExFreePool(text);
	return status;
}

static void ring_control(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength,
			 size_t InputBufferLength, ULONG IoControlCode)
{
	PRING ring = ring_of(WdfIoQueueGetDevice(Queue));
	NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;

	UNREFERENCED_PARAMETER(OutputBufferLength);
	UNREFERENCED_PARAMETER(InputBufferLength);
	switch (IoControlCode) {
	case IOCTL_RING_PUT:
		status = ring_put(ring, Request);
		break;
	case IOCTL_RING_GET:
		status = ring_get(ring, Request);
		break;
	case IOCTL_RING_COPY:
		status = ring_copy(ring, Request);
		break;
	case IOCTL_RING_STATE:
		status = ring_state(ring, Request);
		break;
	default:
		break;
	}
	WdfRequestComplete(Request, status);
}
