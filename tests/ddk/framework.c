// SPDX-License-Identifier: BSD-2-Clause
/*
 * framework.c - framework objects, devices, queues, requests and DMA: what their pages say beyond wdf.c,
 * and each misuse that Microsoft gives a code. Pages: wdfobject/nf-wdfobject-*, wdfmemory/nf-wdfmemory-*,
 * wdfrequest/nf-wdfrequest-*, wdfdevice, wdfio, wdfdriver, wdfdmaenabler, wdfcommonbuffer,
 * wdf/framework-object-creation-errors, debugger/bug-check-0x10d. Compiled as C and as C++.
 *
 * It runs three times: as it is, with allocations that fail, and with driver_verifier=0.
 */
#include "ddk.h"
#include <wdf.h>

#define TAG 'rFMW'

typedef struct _THING {
	int number;
} THING;

WDF_DECLARE_CONTEXT_TYPE(THING)

static PDRIVER_OBJECT driver_object;
static UNICODE_STRING registry_path;
static WDFDEVICE device;
static WDFQUEUE queue;
static WDFDMAENABLER enabler;
static WDFMEMORY memory;
static WDF_OBJECT_ATTRIBUTES attributes;
static WDF_IO_QUEUE_CONFIG queue_config;
static WDF_DMA_ENABLER_CONFIG dma_config;
static WDF_DRIVER_CONFIG driver_config;
static char bytes[100];

static void at(KIRQL level)
{
	KIRQL old;

	KeRaiseIrql(level, &old);
}

/* --- the driver --------------------------------------------------------------------------------- */

static void (*in_request)(WDFREQUEST request);
static void (*in_add)(PWDFDEVICE_INIT init);
static NTSTATUS seen[4];

static void (*in_unload)(void);

static void on_unload(WDFDRIVER unloaded)
{
	UNREFERENCED_PARAMETER(unloaded);
	if (in_unload != NULL)
		in_unload();
}

static void on_default(WDFQUEUE from, WDFREQUEST request)
{
	UNREFERENCED_PARAMETER(from);
	in_request(request);
}

static NTSTATUS add_device(WDFDRIVER driver, PWDFDEVICE_INIT init)
{
	PWDFDEVICE_INIT again = init;
	WDFDEVICE made;

	UNREFERENCED_PARAMETER(driver);
	if (in_add != NULL) {
		in_add(init);
		return STATUS_UNSUCCESSFUL;
	}
	WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
	attributes.ParentObject = WdfGetDriver();
	seen[0] = WdfDeviceCreate(&init, &attributes, &made);
	seen[1] = WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &made);
	seen[2] = WdfDeviceCreate(&again, WDF_NO_OBJECT_ATTRIBUTES, &made);
	seen[3] = WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &made);
	return seen[1];
}

static int had_driver;
static NTSTATUS wrong_size, with_parent, created, created_again;

static NTSTATUS entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
	had_driver = WdfGetDriver() != NULL;
	WDF_DRIVER_CONFIG_INIT(&driver_config, add_device);
	driver_config.EvtDriverUnload = on_unload;
	driver_config.Size--;
	wrong_size = WdfDriverCreate(object, path, WDF_NO_OBJECT_ATTRIBUTES, &driver_config, NULL);
	driver_config.Size++;
	WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
	attributes.ParentObject = (WDFOBJECT)&driver_config;
	with_parent = WdfDriverCreate(object, path, &attributes, &driver_config, NULL);
	created = WdfDriverCreate(object, path, WDF_NO_OBJECT_ATTRIBUTES, &driver_config, NULL);
	created_again =
		WdfDriverCreate(object, path, WDF_NO_OBJECT_ATTRIBUTES, &driver_config, NULL);
	registry_path = *path;
	return created;
}

static void driver(void)
{
	ok(!had_driver && WdfGetDriver() != NULL, "WdfGetDriver: NULL before WdfDriverCreate");
	is_status(wrong_size, STATUS_INFO_LENGTH_MISMATCH, "WdfDriverCreate: another size");
	is_status(with_parent, STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED,
		  "WdfDriverCreate with a parent");
	is_status(created, STATUS_SUCCESS, "WdfDriverCreate");
	is_status(created_again, STATUS_DRIVER_INTERNAL_ERROR, "WdfDriverCreate twice");
}

static void devices(void)
{
	is_status(seen[0], STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED,
		  "WdfDeviceCreate with a parent");
	is_status(seen[1], STATUS_SUCCESS, "WdfDeviceCreate");
	is_status(seen[2], STATUS_INVALID_DEVICE_STATE, "WdfDeviceCreate twice of one init");
	is_status(seen[3], STATUS_INVALID_PARAMETER, "WdfDeviceCreate without one");
	ok(WdfDeviceGetDefaultQueue(device) == NULL, "WdfDeviceGetDefaultQueue: NULL without one");
}

static NTSTATUS make_queue(WDF_IO_QUEUE_DISPATCH_TYPE type, PFN_WDF_IO_QUEUE_IO_DEFAULT handler)
{
	WDF_IO_QUEUE_CONFIG_INIT(&queue_config, type);
	queue_config.EvtIoDefault = handler;
	return WdfIoQueueCreate(device, &queue_config, WDF_NO_OBJECT_ATTRIBUTES, &queue);
}

static void bad_queues(void)
{
	is_status(make_queue(WdfIoQueueDispatchParallel, NULL), STATUS_WDF_NO_CALLBACK,
		  "WdfIoQueueCreate without a handler");
	ok(queue_config.Settings.Parallel.NumberOfPresentedRequests == (ULONG)-1 &&
		   queue_config.PowerManaged == WdfUseDefault,
	   "WDF_IO_QUEUE_CONFIG_INIT: as many requests as there are");
	is_status(make_queue(WdfIoQueueDispatchInvalid, on_default), STATUS_INVALID_PARAMETER,
		  "WdfIoQueueCreate of no type");
}

static void queues(void)
{
	is_status(make_queue(WdfIoQueueDispatchManual, NULL), STATUS_SUCCESS,
		  "WdfIoQueueCreate of a manual queue");
	WdfObjectDelete(queue);
	queue_config.Size--;
	is_status(WdfIoQueueCreate(device, &queue_config, NULL, NULL), STATUS_INFO_LENGTH_MISMATCH,
		  "WdfIoQueueCreate: another size");
	WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue_config, WdfIoQueueDispatchSequential);
	queue_config.EvtIoDefault = on_default;
	is_status(WdfIoQueueCreate(device, &queue_config, NULL, &queue), STATUS_SUCCESS,
		  "WdfIoQueueCreate of the default queue");
	ok(WdfDeviceGetDefaultQueue(device) == queue, "which WdfDeviceGetDefaultQueue answers");
	is_status(WdfIoQueueCreate(device, &queue_config, NULL, NULL), STATUS_UNSUCCESSFUL,
		  "WdfIoQueueCreate of a second default queue");
}

/* --- objects ------------------------------------------------------------------------------------ */

static NTSTATUS create_with_attributes(void)
{
	WDFOBJECT object;
	NTSTATUS status = WdfObjectCreate(&attributes, &object);

	if (NT_SUCCESS(status))
		WdfObjectDelete(object);
	return status;
}

static void attributes_errors(void)
{
	WDF_OBJECT_CONTEXT_TYPE_INFO type = *WDF_GET_CONTEXT_TYPE_INFO(THING);

	WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, THING);
	attributes.ContextSizeOverride = sizeof(THING) + 100;
	is_status(create_with_attributes(), STATUS_SUCCESS, "WdfObjectCreate with more context");
	attributes.ContextSizeOverride = sizeof(THING) - 1;
	is_status(create_with_attributes(), STATUS_WDF_OBJECT_ATTRIBUTES_INVALID,
		  "WdfObjectCreate with less context than its type");
	WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
	attributes.ContextSizeOverride = 8;
	is_status(create_with_attributes(), STATUS_WDF_OBJECT_ATTRIBUTES_INVALID,
		  "WdfObjectCreate with context of no type");
	WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
	attributes.ContextTypeInfo = &type;
	type.ContextSize = 0;
	is_status(create_with_attributes(), STATUS_WDF_OBJECT_ATTRIBUTES_INVALID,
		  "WdfObjectCreate with a type of no size");
	type.Size--;
	is_status(create_with_attributes(), STATUS_INFO_LENGTH_MISMATCH,
		  "WdfObjectCreate: a type of another size");
	WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
	attributes.ExecutionLevel = WdfExecutionLevelInvalid;
	is_status(create_with_attributes(), STATUS_WDF_OBJECT_ATTRIBUTES_INVALID,
		  "WdfObjectCreate at no execution level");
	WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
	attributes.SynchronizationScope = WdfSynchronizationScopeInvalid;
	is_status(create_with_attributes(), STATUS_WDF_OBJECT_ATTRIBUTES_INVALID,
		  "WdfObjectCreate in no scope");
}

/* The same attributes, wherever they are taken. */
static void attributes_everywhere(void)
{
	WDFLOOKASIDE list;

	WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
	attributes.ExecutionLevel = WdfExecutionLevelInvalid;
	is_status(WdfMemoryCreate(&attributes, PagedPool, TAG, 10, &memory, NULL),
		  STATUS_WDF_OBJECT_ATTRIBUTES_INVALID, "WdfMemoryCreate: attributes");
	is_status(WdfMemoryCreatePreallocated(&attributes, bytes, 10, &memory),
		  STATUS_WDF_OBJECT_ATTRIBUTES_INVALID, "WdfMemoryCreatePreallocated: attributes");
	is_status(WdfLookasideListCreate(NULL, 10, PagedPool, &attributes, TAG, &list),
		  STATUS_WDF_OBJECT_ATTRIBUTES_INVALID, "WdfLookasideListCreate: attributes");
	is_status(WdfObjectAllocateContext(device, &attributes, NULL),
		  STATUS_WDF_OBJECT_ATTRIBUTES_INVALID, "WdfObjectAllocateContext: attributes");
	WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, THING);
	attributes.ParentObject = device;
	is_status(WdfObjectAllocateContext(device, &attributes, NULL), STATUS_INVALID_PARAMETER,
		  "WdfObjectAllocateContext with a parent");
	is_status(WdfLookasideListCreate(&attributes, 10, PagedPool, &attributes, TAG, &list),
		  STATUS_SUCCESS, "WdfLookasideListCreate: list and memory of one parent");
	WdfObjectDelete(list);
}

static void late_context(WDFOBJECT object)
{
	WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, THING);
	seen[0] = WdfObjectAllocateContext(object, &attributes, NULL);
}

static void deletion(void)
{
	WDFOBJECT object;

	WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
	attributes.EvtCleanupCallback = late_context;
	WdfObjectCreate(&attributes, &object);
	WdfObjectDelete(object);
	is_status(seen[0], STATUS_DELETE_PENDING, "WdfObjectAllocateContext while it is deleted");
}

/* --- DMA ---------------------------------------------------------------------------------------- */

static void dma(void)
{
	WDFCOMMONBUFFER buffer;
	WDF_COMMON_BUFFER_CONFIG config;

	WDF_DMA_ENABLER_CONFIG_INIT(&dma_config, WdfDmaProfileScatterGather64, 65536);
	WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
	attributes.ParentObject = WdfGetDriver();
	is_status(WdfDmaEnablerCreate(device, &dma_config, &attributes, &enabler), STATUS_SUCCESS,
		  "WdfDmaEnablerCreate, whose parent is the device all the same");
	is_status(WdfCommonBufferCreate(enabler, 100, &attributes, &buffer),
		  STATUS_INVALID_PARAMETER, "WdfCommonBufferCreate with a parent");
	WDF_COMMON_BUFFER_CONFIG_INIT(&config, 15);
	config.Size++;
	is_status(WdfCommonBufferCreateWithConfig(enabler, 100, &config, NULL, &buffer),
		  STATUS_INFO_LENGTH_MISMATCH, "WdfCommonBufferCreateWithConfig: another size");
	is_status(WdfCommonBufferCreateWithConfig(enabler, 0, (config.Size--, &config), NULL,
						  &buffer),
		  STATUS_INVALID_PARAMETER, "WdfCommonBufferCreateWithConfig of no bytes");
	dma_config.Size++;
	is_status(WdfDmaEnablerCreate(device, &dma_config, NULL, &enabler),
		  STATUS_INFO_LENGTH_MISMATCH, "WdfDmaEnablerCreate: another size");
	dma_config.Size--;
	WdfDmaEnablerCreate(device, &dma_config, NULL, &enabler);
}

/* --- requests ----------------------------------------------------------------------------------- */

#define CODE(method) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, method, FILE_ANY_ACCESS)

static POOLTAG_REQUEST asked;
static char input[20], output[20];

static NTSTATUS ask(void (*callback)(WDFREQUEST request), WDF_REQUEST_TYPE type, ULONG code,
		    size_t length)
{
	in_request = callback;
	RtlZeroMemory(&asked, sizeof(asked));
	asked.Type = type;
	asked.IoControlCode = code;
	asked.Input = input;
	asked.Output = output;
	asked.InputLength = asked.OutputLength = length;
	return PooltagDeviceRequest(device, &asked);
}

static NTSTATUS in_buffer, out_buffer, in_memory, out_memory, in_mdl, out_mdl, in_user, out_user;
static WDFMEMORY in_object, out_object;
static PVOID in_address, out_address;

static void retrieve(WDFREQUEST request)
{
	PVOID user;
	PMDL mdl;

	in_buffer = WdfRequestRetrieveInputBuffer(request, 1, &in_address, NULL);
	out_buffer = WdfRequestRetrieveOutputBuffer(request, 1, &out_address, NULL);
	in_memory = WdfRequestRetrieveInputMemory(request, &in_object);
	out_memory = WdfRequestRetrieveOutputMemory(request, &out_object);
	in_mdl = WdfRequestRetrieveInputWdmMdl(request, &mdl);
	out_mdl = WdfRequestRetrieveOutputWdmMdl(request, &mdl);
	in_user = WdfRequestRetrieveUnsafeUserInputBuffer(request, 1, &user, NULL);
	out_user = WdfRequestRetrieveUnsafeUserOutputBuffer(request, 1, &user, NULL);
}

static void retrieve_and_complete(WDFREQUEST request)
{
	retrieve(request);
	WdfRequestComplete(request, STATUS_SUCCESS);
}

static int inputs(NTSTATUS wanted)
{
	return in_buffer == wanted && in_memory == wanted && in_mdl == wanted;
}

static int outputs(NTSTATUS wanted)
{
	return out_buffer == wanted && out_memory == wanted && out_mdl == wanted;
}

static void retrievals(void)
{
	ask(retrieve_and_complete, WdfRequestTypeRead, 0, sizeof(input));
	ok(inputs(STATUS_INVALID_DEVICE_REQUEST) && outputs(STATUS_SUCCESS),
	   "a read request has an output and no input");
	ask(retrieve_and_complete, WdfRequestTypeWrite, 0, sizeof(input));
	ok(inputs(STATUS_SUCCESS) && outputs(STATUS_INVALID_DEVICE_REQUEST),
	   "a write request has an input and no output");
	ask(retrieve_and_complete, WdfRequestTypeDeviceControl, CODE(METHOD_NEITHER), 20);
	ok(inputs(STATUS_INVALID_DEVICE_REQUEST) && outputs(STATUS_INVALID_DEVICE_REQUEST) &&
		   in_user == STATUS_SUCCESS && out_user == STATUS_SUCCESS,
	   "METHOD_NEITHER has a user's addresses only");
	ask(retrieve_and_complete, WdfRequestTypeDeviceControlInternal, CODE(METHOD_NEITHER), 20);
	ok(inputs(STATUS_SUCCESS) && outputs(STATUS_SUCCESS) && in_address == input &&
		   out_address == output && in_user == STATUS_INVALID_DEVICE_REQUEST &&
		   out_user == STATUS_INVALID_DEVICE_REQUEST,
	   "METHOD_NEITHER of an internal request has another driver's addresses");
	ask(retrieve_and_complete, WdfRequestTypeDeviceControl, CODE(METHOD_BUFFERED), 0);
	ok(inputs(STATUS_BUFFER_TOO_SMALL) && outputs(STATUS_BUFFER_TOO_SMALL) &&
		   in_user == STATUS_INVALID_DEVICE_REQUEST,
	   "no bytes are too few");
	ask(retrieve_and_complete, WdfRequestTypeDeviceControl, CODE(METHOD_NEITHER), 0);
	ok(in_user == STATUS_BUFFER_TOO_SMALL && out_user == STATUS_BUFFER_TOO_SMALL,
	   "WdfRequestRetrieveUnsafeUserInputBuffer: less than the minimum");
}

static WDFREQUEST kept;

static void keep(WDFREQUEST request)
{
	kept = request;
	WdfObjectReference(request);
	WdfRequestSetInformation(request, 5);
	seen[0] = WdfRequestGetStatus(request);
	seen[1] = WdfRequestGetIoQueue(request) == queue && WdfRequestGetInformation(request) == 5
			  ? STATUS_SUCCESS
			  : STATUS_UNSUCCESSFUL;
	WdfRequestComplete(request, STATUS_CANCELLED);
}

static void completed(void)
{
	is_status(ask(keep, WdfRequestTypeRead, 0, 20), STATUS_CANCELLED, "a request is completed");
	ok(seen[0] == STATUS_PENDING && seen[1] == STATUS_SUCCESS, "before: pending, its queue");
	ok(WdfRequestGetIoQueue(kept) == NULL && WdfRequestGetInformation(kept) == 0 &&
		   WdfRequestGetStatus(kept) == STATUS_SUCCESS,
	   "WdfRequestGetIoQueue, WdfRequestGetInformation: nothing afterwards");
	retrieve(kept);
	ok(inputs(STATUS_INTERNAL_ERROR) && outputs(STATUS_INTERNAL_ERROR) &&
		   in_user == STATUS_INTERNAL_ERROR && out_user == STATUS_INTERNAL_ERROR,
	   "a completed request has no buffers: STATUS_INTERNAL_ERROR");
	WdfObjectDereference(kept);
}

/* --- what is documented to stop the system ------------------------------------------------------ */

static void return_raised(WDFREQUEST request)
{
	WdfRequestComplete(request, STATUS_SUCCESS);
	at(APC_LEVEL);
}

static void return_in_region(WDFREQUEST request)
{
	WdfRequestComplete(request, STATUS_SUCCESS);
	KeEnterCriticalRegion();
}

static void clean_up_raised(WDFOBJECT object)
{
	UNREFERENCED_PARAMETER(object);
	at(DISPATCH_LEVEL);
}

static void destroy_in_region(WDFOBJECT object)
{
	UNREFERENCED_PARAMETER(object);
	KeEnterCriticalRegion();
}

static void add_raised(PWDFDEVICE_INIT init)
{
	UNREFERENCED_PARAMETER(init);
	at(APC_LEVEL);
}

/* A new object, deleted: its callbacks run. */
static void delete_one(PFN_WDF_OBJECT_CONTEXT_CLEANUP cleanup, PFN_WDF_OBJECT_CONTEXT_DESTROY gone)
{
	WDFOBJECT object;

	WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
	attributes.EvtCleanupCallback = cleanup;
	attributes.EvtDestroyCallback = gone;
	WdfObjectCreate(&attributes, &object);
	WdfObjectDelete(object);
}

static void complete_twice(WDFREQUEST request)
{
	WdfObjectReference(request);
	WdfRequestComplete(request, STATUS_SUCCESS);
	WdfRequestComplete(request, STATUS_SUCCESS);
}

static void complete_too_much(WDFREQUEST request)
{
	WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, 21);
}

static void complete_referenced(WDFREQUEST request)
{
	WdfRequestRetrieveInputMemory(request, &in_object);
	WdfObjectReference(in_object);
	WdfRequestComplete(request, STATUS_SUCCESS);
}

static void delete_request(WDFREQUEST request)
{
	WdfObjectDelete(request);
}

#define BUFFERED(callback) ask(callback, WdfRequestTypeDeviceControl, CODE(METHOD_BUFFERED), 20)
#define VIOLATION(codes)   "WDF_VIOLATION (0x10D, " codes "): "
#define NO_HANDLE(routine)            \
	VIOLATION("0x5, @, 0x0, 0x0") \
	routine ": @ is no handle, or that of an object that is gone, called by ~"
#define NO_POINTER(pointer) VIOLATION("0x4, 0x0, @, 0x0") pointer " is NULL, called by ~"
#define NONE(type)          ((type)(PVOID)bytes)

// clang-format off
/* routine, what is done: with what is no handle */
#define HANDLES(X) \
	X(WdfCommonBufferCreate, WDFCOMMONBUFFER buffer; WdfCommonBufferCreate(NONE(WDFDMAENABLER), 1, NULL, &buffer)) \
	X(WdfCommonBufferCreateWithConfig, WDFCOMMONBUFFER buffer; WDF_COMMON_BUFFER_CONFIG config; WdfCommonBufferCreateWithConfig(NONE(WDFDMAENABLER), 1, &config, NULL, &buffer)) \
	X(WdfCommonBufferGetAlignedLogicalAddress, WdfCommonBufferGetAlignedLogicalAddress(NONE(WDFCOMMONBUFFER))) \
	X(WdfCommonBufferGetAlignedVirtualAddress, WdfCommonBufferGetAlignedVirtualAddress(NONE(WDFCOMMONBUFFER))) \
	X(WdfCommonBufferGetLength, WdfCommonBufferGetLength(NONE(WDFCOMMONBUFFER))) \
	X(WdfDeviceGetDefaultQueue, WdfDeviceGetDefaultQueue(NONE(WDFDEVICE))) \
	X(WdfDeviceGetDriver, WdfDeviceGetDriver(NONE(WDFDEVICE))) \
	X(WdfDmaEnablerCreate, WdfDmaEnablerCreate(NONE(WDFDEVICE), &dma_config, NULL, &enabler)) \
	X(WdfDriverWdmGetDriverObject, WdfDriverWdmGetDriverObject(NONE(WDFDRIVER))) \
	X(WdfIoQueueCreate, WdfIoQueueCreate(NONE(WDFDEVICE), &queue_config, NULL, NULL)) \
	X(WdfIoQueueGetDevice, WdfIoQueueGetDevice(NONE(WDFQUEUE))) \
	X(WdfMemoryAssignBuffer, WdfMemoryAssignBuffer(NONE(WDFMEMORY), bytes, 1)) \
	X(WdfMemoryCopyFromBuffer, WdfMemoryCopyFromBuffer(NONE(WDFMEMORY), 0, bytes, 1)) \
	X(WdfMemoryCopyToBuffer, WdfMemoryCopyToBuffer(NONE(WDFMEMORY), 0, bytes, 1)) \
	X(WdfMemoryCreateFromLookaside, WdfMemoryCreateFromLookaside(NONE(WDFLOOKASIDE), &memory)) \
	X(WdfMemoryGetBuffer, WdfMemoryGetBuffer(NONE(WDFMEMORY), NULL)) \
	X(WdfObjectAllocateContext, WdfObjectAllocateContext(NONE(WDFOBJECT), &attributes, NULL)) \
	X(WdfObjectDelete, WdfObjectDelete(NONE(WDFOBJECT))) \
	X(WdfObjectDereference, WdfObjectDereference(NONE(WDFOBJECT))) \
	X(WdfObjectReference, WdfObjectReference(NONE(WDFOBJECT))) \
	X(WdfRequestComplete, WdfRequestComplete(NONE(WDFREQUEST), STATUS_SUCCESS)) \
	X(WdfRequestCompleteWithInformation, WdfRequestCompleteWithInformation(NONE(WDFREQUEST), STATUS_SUCCESS, 0)) \
	X(WdfRequestGetInformation, WdfRequestGetInformation(NONE(WDFREQUEST))) \
	X(WdfRequestGetIoQueue, WdfRequestGetIoQueue(NONE(WDFREQUEST))) \
	X(WdfRequestGetStatus, WdfRequestGetStatus(NONE(WDFREQUEST))) \
	X(WdfRequestRetrieveInputBuffer, PVOID buffer; WdfRequestRetrieveInputBuffer(NONE(WDFREQUEST), 0, &buffer, NULL)) \
	X(WdfRequestRetrieveInputMemory, WdfRequestRetrieveInputMemory(NONE(WDFREQUEST), &memory)) \
	X(WdfRequestRetrieveInputWdmMdl, PMDL mdl; WdfRequestRetrieveInputWdmMdl(NONE(WDFREQUEST), &mdl)) \
	X(WdfRequestRetrieveOutputBuffer, PVOID buffer; WdfRequestRetrieveOutputBuffer(NONE(WDFREQUEST), 0, &buffer, NULL)) \
	X(WdfRequestRetrieveOutputMemory, WdfRequestRetrieveOutputMemory(NONE(WDFREQUEST), &memory)) \
	X(WdfRequestRetrieveOutputWdmMdl, PMDL mdl; WdfRequestRetrieveOutputWdmMdl(NONE(WDFREQUEST), &mdl)) \
	X(WdfRequestRetrieveUnsafeUserInputBuffer, PVOID buffer; WdfRequestRetrieveUnsafeUserInputBuffer(NONE(WDFREQUEST), 0, &buffer, NULL)) \
	X(WdfRequestRetrieveUnsafeUserOutputBuffer, PVOID buffer; WdfRequestRetrieveUnsafeUserOutputBuffer(NONE(WDFREQUEST), 0, &buffer, NULL)) \
	X(WdfRequestSetInformation, WdfRequestSetInformation(NONE(WDFREQUEST), 0))

/* routine, number, the parameter, what is done with NULL in its place */
#define POINTERS(X) \
	X(WdfDriverCreate, 1, "DriverObject", WdfDriverCreate(NULL, &registry_path, NULL, &driver_config, NULL)) \
	X(WdfDriverCreate, 2, "RegistryPath", WdfDriverCreate(driver_object, NULL, NULL, &driver_config, NULL)) \
	X(WdfDriverCreate, 3, "DriverConfig", WdfDriverCreate(driver_object, &registry_path, NULL, NULL, NULL)) \
	X(WdfDeviceCreate, 1, "DeviceInit", WdfDeviceCreate(NULL, NULL, &device)) \
	X(WdfDeviceCreate, 2, "Device", PWDFDEVICE_INIT init = NULL; WdfDeviceCreate(&init, NULL, NULL)) \
	X(WdfIoQueueCreate, 1, "Config", WdfIoQueueCreate(device, NULL, NULL, NULL)) \
	X(WdfDmaEnablerCreate, 1, "Config", WdfDmaEnablerCreate(device, NULL, NULL, &enabler)) \
	X(WdfDmaEnablerCreate, 2, "DmaEnablerHandle", WdfDmaEnablerCreate(device, &dma_config, NULL, NULL)) \
	X(WdfCommonBufferCreate, 1, "CommonBuffer", WdfCommonBufferCreate(enabler, 1, NULL, NULL)) \
	X(WdfCommonBufferCreateWithConfig, 1, "Config", WDFCOMMONBUFFER buffer; WdfCommonBufferCreateWithConfig(enabler, 1, NULL, NULL, &buffer)) \
	X(WdfObjectCreate, 1, "Object", WdfObjectCreate(NULL, NULL)) \
	X(WdfObjectAllocateContext, 1, "ContextAttributes", WdfObjectAllocateContext(device, NULL, NULL)) \
	X(WdfMemoryCreate, 1, "Memory", WdfMemoryCreate(NULL, PagedPool, TAG, 1, NULL, NULL)) \
	X(WdfMemoryCreatePreallocated, 1, "Buffer", WdfMemoryCreatePreallocated(NULL, NULL, 1, &memory)) \
	X(WdfMemoryCreatePreallocated, 2, "Memory", WdfMemoryCreatePreallocated(NULL, bytes, 1, NULL)) \
	X(WdfMemoryAssignBuffer, 1, "Buffer", WdfMemoryAssignBuffer(memory, NULL, 1)) \
	X(WdfMemoryCopyToBuffer, 1, "Buffer", WdfMemoryCopyToBuffer(memory, 0, NULL, 1)) \
	X(WdfMemoryCopyFromBuffer, 1, "Buffer", WdfMemoryCopyFromBuffer(memory, 0, NULL, 1)) \
	X(WdfLookasideListCreate, 1, "Lookaside", WdfLookasideListCreate(NULL, 1, PagedPool, NULL, TAG, NULL)) \
	X(WdfMemoryCreateFromLookaside, 1, "Memory", WDFLOOKASIDE list; WdfLookasideListCreate(NULL, 1, PagedPool, NULL, TAG, &list); WdfMemoryCreateFromLookaside(list, NULL)) \
	X(WdfRequestRetrieveInputBuffer, 1, "Buffer", WdfRequestRetrieveInputBuffer(NULL, 0, NULL, NULL)) \
	X(WdfRequestRetrieveOutputBuffer, 1, "Buffer", WdfRequestRetrieveOutputBuffer(NULL, 0, NULL, NULL)) \
	X(WdfRequestRetrieveInputMemory, 1, "Memory", WdfRequestRetrieveInputMemory(NULL, NULL)) \
	X(WdfRequestRetrieveOutputMemory, 1, "Memory", WdfRequestRetrieveOutputMemory(NULL, NULL)) \
	X(WdfRequestRetrieveInputWdmMdl, 1, "Mdl", WdfRequestRetrieveInputWdmMdl(NULL, NULL)) \
	X(WdfRequestRetrieveOutputWdmMdl, 1, "Mdl", WdfRequestRetrieveOutputWdmMdl(NULL, NULL))

/* routine, number, what is done, the line, what is wrong */
#define BUGS(X) \
	X(WdfObjectDelete, 1, WdfObjectDelete(device), VIOLATION("0x7, @, 0x0, 0x0") "WdfObjectDelete: @, which only the framework deletes, called by ~", "of a device") \
	X(WdfObjectDelete, 2, WdfObjectDelete(WdfGetDriver()), VIOLATION("0x7, @, 0x0, 0x0") "WdfObjectDelete: @, which only the framework deletes, called by ~", "of the driver") \
	X(WdfObjectDelete, 3, WdfObjectDelete(WdfDeviceGetDefaultQueue(device)), VIOLATION("0x7, @, 0x0, 0x0") "WdfObjectDelete: @, which only the framework deletes, called by ~", "of a default queue") \
	X(WdfObjectDelete, 4, BUFFERED(delete_request), VIOLATION("0x7, @, 0x0, 0x0") "WdfObjectDelete: @, which only the framework deletes, called by ~", "of a request") \
	X(WdfObjectDelete, 5, delete_one(clean_up_raised, NULL), VIOLATION("0xE, 0x0, 0x2, 0x0") "EvtCleanupCallback, called at IRQL 0 (PASSIVE_LEVEL), returned at IRQL 2 (DISPATCH_LEVEL): ~!clean_up_raised+0x1", "whose cleanup callback returns at another level") \
	X(WdfObjectDelete, 6, delete_one(NULL, destroy_in_region), VIOLATION("0xF, @, 0x0, 0x0") "EvtDestroyCallback entered a critical region and did not leave it: ~!destroy_in_region+0x1", "whose destroy callback stays in a critical region") \
	X(WdfIoQueueCreate, 2, BUFFERED(return_raised), VIOLATION("0xE, 0x0, 0x1, 0x0") "EvtIoDefault, called at IRQL 0 (PASSIVE_LEVEL), returned at IRQL 1 (APC_LEVEL): ~!on_default+0x1", "whose handler returns at another level") \
	X(WdfIoQueueCreate, 3, BUFFERED(return_in_region), VIOLATION("0xF, @, 0x0, 0x0") "EvtIoDefault entered a critical region and did not leave it: ~!on_default+0x1", "whose handler stays in a critical region") \
	X(WdfDriverCreate, 4, in_add = add_raised; PooltagDeviceAdd(driver_object, &device), VIOLATION("0xE, 0x0, 0x1, 0x0") "EvtDriverDeviceAdd, called at IRQL 0 (PASSIVE_LEVEL), returned at IRQL 1 (APC_LEVEL): ~!add_device+0x1", "whose EvtDriverDeviceAdd returns at another level") \
	X(WdfDriverCreate, 5, in_unload = KeEnterCriticalRegion; PooltagDriverUnload(driver_object), VIOLATION("0xF, @, 0x0, 0x0") "EvtDriverUnload entered a critical region and did not leave it: ~!on_unload+0x1", "whose EvtDriverUnload stays in a critical region") \
	X(WdfRequestComplete, 1, BUFFERED(complete_twice), VIOLATION("0x7, @, 0x0, 0x0") "WdfRequestComplete of a request that is completed, called by ~", "twice") \
	X(WdfRequestComplete, 2, BUFFERED(complete_referenced), VIOLATION("0x3, @, 0x1, 0x0") "WdfRequestComplete of a request whose memory objects are still referenced, called by ~", "while its memory is referenced") \
	X(WdfRequestCompleteWithInformation, 1, BUFFERED(complete_too_much), VIOLATION("0x6, 0x4, @, 0x0") "WdfRequestComplete with more bytes than the request's buffer has, called by ~", "more bytes than its buffer has") \
	X(WdfMemoryCreate, 2, at(DISPATCH_LEVEL); WdfMemoryCreate(NULL, PagedPool, TAG, 10, &memory, NULL), "DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x1, 0x2, 0x1, 0xA): allocation of 10 bytes of paged pool at IRQL 2 (DISPATCH_LEVEL), called by ~", "paged, at DISPATCH_LEVEL")

#define DEFINE_HANDLE(routine, done) static void none_##routine(void) { done; }
HANDLES(DEFINE_HANDLE)
#define DEFINE_POINTER(routine, number, name, done) static void null_##routine##_##number(void) { done; }
POINTERS(DEFINE_POINTER)
BUGS(BUG_FUNCTION)

#define HANDLE(routine, done) {none_##routine, NO_HANDLE(#routine), #routine " of what is no handle"},
#define POINTER(routine, number, name, done) {null_##routine##_##number, NO_POINTER(#routine ": " name), #routine ", " name " NULL"},
static const struct bug bugs[] = {HANDLES(HANDLE) POINTERS(POINTER) BUGS(BUG_ENTRY)};

// clang-format on

/* --- without memory: every allocation of these two functions fails ------------------------------- */

static void shortage(WDFLOOKASIDE list)
{
	WDFOBJECT object;
	WDFLOOKASIDE other;

	WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, THING);
	ok(WdfObjectCreate(&attributes, &object) == STATUS_INSUFFICIENT_RESOURCES &&
		   WdfObjectAllocateContext(device, &attributes, NULL) ==
			   STATUS_INSUFFICIENT_RESOURCES,
	   "WdfObjectCreate, WdfObjectAllocateContext without memory");
	ok(WdfMemoryCreate(NULL, PagedPool, TAG, 9, &memory, NULL) ==
			   STATUS_INSUFFICIENT_RESOURCES &&
		   WdfMemoryCreatePreallocated(NULL, bytes, 9, &memory) ==
			   STATUS_INSUFFICIENT_RESOURCES,
	   "WdfMemoryCreate, WdfMemoryCreatePreallocated without memory");
	ok(WdfLookasideListCreate(NULL, 9, PagedPool, NULL, TAG, &other) ==
			   STATUS_INSUFFICIENT_RESOURCES &&
		   WdfMemoryCreateFromLookaside(list, &memory) == STATUS_INSUFFICIENT_RESOURCES,
	   "WdfLookasideListCreate, WdfMemoryCreateFromLookaside without memory");
	ok(WdfDmaEnablerCreate(device, &dma_config, NULL, &enabler) ==
			   STATUS_INSUFFICIENT_RESOURCES &&
		   WdfIoQueueCreate(device, &queue_config, NULL, NULL) ==
			   STATUS_INSUFFICIENT_RESOURCES,
	   "WdfDmaEnablerCreate, WdfIoQueueCreate without memory");
	WdfDmaEnablerCreate(device, &dma_config, NULL, &enabler);
	ok(memory == NULL && other == NULL && object == NULL && enabler == NULL, "and no handles");
}

static void shortage_of_buffers(WDFDMAENABLER from)
{
	WDFCOMMONBUFFER buffer;
	WDF_COMMON_BUFFER_CONFIG config;

	WDF_COMMON_BUFFER_CONFIG_INIT(&config, 15);
	ok(WdfCommonBufferCreate(from, 10, NULL, &buffer) == STATUS_INSUFFICIENT_RESOURCES &&
		   WdfCommonBufferCreateWithConfig(from, 10, &config, NULL, &buffer) ==
			   STATUS_INSUFFICIENT_RESOURCES &&
		   buffer == NULL,
	   "WdfCommonBufferCreate, WdfCommonBufferCreateWithConfig without memory");
}

static void shortage_in_request(WDFREQUEST request)
{
	PMDL mdl;

	ok(WdfRequestRetrieveInputMemory(request, &in_object) == STATUS_INSUFFICIENT_RESOURCES &&
		   WdfRequestRetrieveOutputMemory(request, &out_object) ==
			   STATUS_INSUFFICIENT_RESOURCES &&
		   WdfRequestRetrieveInputWdmMdl(request, &mdl) == STATUS_INSUFFICIENT_RESOURCES &&
		   WdfRequestRetrieveOutputWdmMdl(request, &mdl) == STATUS_INSUFFICIENT_RESOURCES,
	   "WdfRequestRetrieveInputMemory and its kin without memory");
	WdfRequestComplete(request, STATUS_SUCCESS);
}

static void shortage_of_device(PWDFDEVICE_INIT init)
{
	WDFDEVICE made = NULL;

	is_status(WdfDeviceCreate(&init, NULL, &made), STATUS_INSUFFICIENT_RESOURCES,
		  "WdfDeviceCreate without memory");
}

static void run_short(void)
{
	WDFLOOKASIDE list;
	WDFDEVICE other;

	WDF_DMA_ENABLER_CONFIG_INIT(&dma_config, WdfDmaProfileScatterGather64, 65536);
	make_queue(WdfIoQueueDispatchManual, on_default);
	WdfLookasideListCreate(NULL, 9, PagedPool, NULL, TAG, &list);
	WdfDmaEnablerCreate(device, &dma_config, NULL, &enabler);
	shortage_of_buffers(enabler);
	shortage(list);
	WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue_config, WdfIoQueueDispatchParallel);
	queue_config.EvtIoDefault = on_default;
	WdfIoQueueCreate(device, &queue_config, NULL, &queue);
	BUFFERED(shortage_in_request);
	in_add = shortage_of_device;
	PooltagDeviceAdd(driver_object, &other);
}

/* --- without the verifier ------------------------------------------------------------------------ */

static void run_unverified(void)
{
	queues();
	is_status(BUFFERED(complete_referenced), STATUS_SUCCESS,
		  "unverified: a request is completed whose memory is referenced");
	ok(WdfMemoryGetBuffer(in_object, NULL) == NULL, "which has no buffer then");
	WdfObjectDereference(in_object);
	is_status(BUFFERED(complete_too_much), STATUS_SUCCESS,
		  "unverified: a request is completed with more bytes than its buffer has");
	ok(asked.Information == 21, "which are what it says");
}

static void run_verified(void)
{
	driver();
	devices();
	bad_queues();
	queues();
	attributes_errors();
	attributes_everywhere();
	deletion();
	dma();
	retrievals();
	completed();
	WdfMemoryCreatePreallocated(NULL, bytes, sizeof(bytes), &memory);
	for (size_t i = 0; i < ARRAYSIZE(bugs); i++)
		bugcheck_like(bugs[i].bug, bugs[i].line, bugs[i].name);
}

/* Again, with an option more: whether all was right. What it says goes among our diagnostics. */
static void again(const char *option, const char *mode)
{
	const char *before = getenv("POOLTAG_OPTIONS");
	char options[600], command[700], line[500];
	FILE *said;

	snprintf(options, sizeof(options), "%s%s%s", before != NULL ? before : "",
		 before != NULL ? ":" : "", option);
	snprintf(command, sizeof(command), "POOLTAG_OPTIONS='%s' DDK_MODE=%s exec /proc/%d/exe",
		 options, mode, (int)getpid());
	fflush(stdout);
	said = popen(command, "r");
	while (said != NULL && fgets(line, sizeof(line), said) != NULL)
		printf("# %s", line);
	ok(said != NULL && pclose(said) == 0, "with %s", option);
}

int main(void)
{
	const char *mode = getenv("DDK_MODE");

	PooltagDriverLoad("framework", entry, &driver_object);
	PooltagDeviceAdd(driver_object, &device);
	if (mode == NULL) {
		run_verified();
		again("fault_site=*!shortage*", "short");
		again("driver_verifier=0", "unverified");
	} else if (strcmp(mode, "short") == 0) {
		run_short();
	} else {
		run_unverified();
	}
	PooltagDriverUnload(driver_object);
	return done();
}
