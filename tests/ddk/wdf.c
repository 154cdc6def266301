// SPDX-License-Identifier: BSD-2-Clause
/*
 * wdf.c - framework objects, memory, lookaside lists and requests, as their pages of Microsoft's
 * documentation say. Pages: wdfmemory/nf-wdfmemory-*, wdfobject/nf-wdfobject-*,
 * wdfrequest/nf-wdfrequest-wdfrequestretrieve*, wdf/framework-object-life-cycle,
 * wdf/memory-buffer-life-cycle, debugger/bug-check-0x10d. Compiled as C and as C++.
 */
#include <ntddk.h>
#include <wdf.h>

#include "../../include/pooltag/pooltag.h"
#include "bugcheck.h"

#define TAG 'meMW' /* shown as WMem */

typedef struct _THING {
	int number;
	char text[20];
} THING;

typedef struct _OTHER {
	char bytes[100];
} OTHER;

WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(THING, GetThing)
WDF_DECLARE_CONTEXT_TYPE(OTHER)

static PDRIVER_OBJECT driver_object;
static WDFDEVICE device;

static int charged_to(const void *block, const char *tag, unsigned pool, size_t size)
{
	struct pooltag_block info;

	return pooltag_block_info(block, &info) == 0 && info.tag == pooltag_tag_from_text(tag) &&
	       info.pool == pool && info.requested == size;
}

static int is_live(const void *block)
{
	struct pooltag_block info;

	return pooltag_block_info(block, &info) == 0 && info.start == (uint64_t)(ULONG_PTR)block;
}

/* --- the driver under test -------------------------------------------------------------------- */

static void (*io_callback)(WDFREQUEST request);

static void on_control(WDFQUEUE queue, WDFREQUEST request, size_t output, size_t input, ULONG code)
{
	UNREFERENCED_PARAMETER(queue);
	UNREFERENCED_PARAMETER(output);
	UNREFERENCED_PARAMETER(input);
	UNREFERENCED_PARAMETER(code);
	io_callback(request);
}

static void on_read(WDFQUEUE queue, WDFREQUEST request, size_t length)
{
	UNREFERENCED_PARAMETER(queue);
	UNREFERENCED_PARAMETER(length);
	io_callback(request);
}

static NTSTATUS add_device(WDFDRIVER driver, PWDFDEVICE_INIT init)
{
	WDF_IO_QUEUE_CONFIG config;
	WDFDEVICE made;
	NTSTATUS status;

	UNREFERENCED_PARAMETER(driver);
	status = WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &made);
	if (!NT_SUCCESS(status))
		return status;
	WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
	config.EvtIoDeviceControl = on_control;
	config.EvtIoRead = on_read;
	return WdfIoQueueCreate(made, &config, WDF_NO_OBJECT_ATTRIBUTES, NULL);
}

static NTSTATUS entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
	WDF_DRIVER_CONFIG config;

	WDF_DRIVER_CONFIG_INIT(&config, add_device);
	return WdfDriverCreate(object, path, WDF_NO_OBJECT_ATTRIBUTES, &config, NULL);
}

static ULONG configured_tag;

static NTSTATUS entry_tagged(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
	WDF_DRIVER_CONFIG config;

	WDF_DRIVER_CONFIG_INIT(&config, add_device);
	config.DriverPoolTag = configured_tag;
	return WdfDriverCreate(object, path, WDF_NO_OBJECT_ATTRIBUTES, &config, NULL);
}

/* The tag of memory created with tag 0 by a driver of this name and configuration. */
static int default_tag_is(const char *service, ULONG configured, const char *tag)
{
	PDRIVER_OBJECT object;
	WDFMEMORY memory;
	PVOID buffer = NULL;
	int as_expected;

	configured_tag = configured;
	PooltagDriverLoad(service, entry_tagged, &object);
	WdfMemoryCreate(NULL, PagedPool, 0, 10, &memory, &buffer);
	as_expected = charged_to(buffer, tag, 0, 10);
	PooltagDriverUnload(object);
	return as_expected;
}

static void default_tags(void)
{
	ok(default_tag_is("ringdrv", 0, "ring"), "the first four characters of the service");
	ok(default_tag_is("WdfSerial", 0, "Seri"), "without a leading WDF, whatever its case");
	ok(default_tag_is("io", 0, "FxDr"), "two are too few: FxDr");
	ok(default_tag_is("ringdrv", 'mroF', "Form"), "DriverPoolTag wins");
	ok(default_tag_is("ringdrv", ' kdD', "ring"), "but not the default of the headers");
}

/* --- memory ----------------------------------------------------------------------------------- */

static void memory_create(void)
{
	WDF_OBJECT_ATTRIBUTES attributes;
	WDFMEMORY memory, pages;
	PVOID buffer, page_buffer;
	size_t size = 0;

	ok(WdfMemoryCreate(NULL, NonPagedPoolNx, TAG, 0, &memory, NULL) == STATUS_INVALID_PARAMETER,
	   "WdfMemoryCreate: size 0 is STATUS_INVALID_PARAMETER");
	ok(WdfMemoryCreate(NULL, NonPagedPoolNx, TAG, (size_t)1 << 45, &memory, NULL) ==
		   STATUS_INSUFFICIENT_RESOURCES,
	   "too much is STATUS_INSUFFICIENT_RESOURCES");
	WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
	attributes.ParentObject = device;
	ok(WdfMemoryCreate(&attributes, NonPagedPoolNx, TAG, 100, &memory, &buffer) ==
		   STATUS_SUCCESS,
	   "success");
	ok(WdfMemoryGetBuffer(memory, &size) == buffer && size == 100, "WdfMemoryGetBuffer");
	ok(charged_to(buffer, "WMem", 1, 100), "the buffer has the tag, pool and size asked for");
	ok(((unsigned char *)buffer)[99] == 0xcd, "and is not zeroed");
	WdfMemoryCreate(&attributes, PagedPool, TAG, PAGE_SIZE, &pages, &page_buffer);
	ok((ULONG_PTR)page_buffer % PAGE_SIZE == 0, "a page is page-aligned");
	WdfObjectDelete(pages);
	ok(!is_live(page_buffer), "WdfObjectDelete frees the buffer");
	WdfObjectDelete(memory);
}

static void memory_copy(void)
{
	char bytes[100] = "0123456789", out[100] = "";
	WDFMEMORY memory;

	WdfMemoryCreate(NULL, PagedPool, TAG, 10, &memory, NULL);
	ok(WdfMemoryCopyFromBuffer(memory, 0, bytes, 10) == STATUS_SUCCESS &&
		   WdfMemoryCopyToBuffer(memory, 4, out, 6) == STATUS_SUCCESS &&
		   memcmp(out, "456789", 6) == 0,
	   "copies there and back");
	ok(WdfMemoryCopyToBuffer(memory, 0, out, 0) == STATUS_INVALID_PARAMETER,
	   "CopyToBuffer: no bytes: STATUS_INVALID_PARAMETER");
	ok(WdfMemoryCopyToBuffer(memory, 10, out, 1) == STATUS_BUFFER_TOO_SMALL,
	   "an offset at the end: STATUS_BUFFER_TOO_SMALL");
	ok(WdfMemoryCopyToBuffer(memory, 5, out, 6) == STATUS_BUFFER_TOO_SMALL,
	   "too many bytes: STATUS_BUFFER_TOO_SMALL");
	ok(WdfMemoryCopyFromBuffer(memory, 0, bytes, 0) == STATUS_INVALID_PARAMETER,
	   "CopyFromBuffer: no bytes: STATUS_INVALID_PARAMETER");
	ok(WdfMemoryCopyFromBuffer(memory, 10, bytes, 1) == STATUS_INVALID_BUFFER_SIZE,
	   "an offset at the end: STATUS_INVALID_BUFFER_SIZE");
	ok(WdfMemoryCopyFromBuffer(memory, 5, bytes, 6) == STATUS_INVALID_BUFFER_SIZE,
	   "too many bytes: STATUS_INVALID_BUFFER_SIZE");
	WdfObjectDelete(memory);
}

static void memory_preallocated(void)
{
	static char first[50], second[60];
	WDFMEMORY memory;
	size_t size;

	ok(WdfMemoryCreatePreallocated(NULL, first, 0, &memory) == STATUS_INVALID_PARAMETER,
	   "WdfMemoryCreatePreallocated: size 0 is STATUS_INVALID_PARAMETER");
	ok(WdfMemoryCreatePreallocated(NULL, first, sizeof(first), &memory) == STATUS_SUCCESS &&
		   WdfMemoryGetBuffer(memory, &size) == first && size == 50,
	   "the buffer is the driver's");
	ok(WdfMemoryAssignBuffer(memory, second, 0) == STATUS_INVALID_PARAMETER,
	   "WdfMemoryAssignBuffer: size 0 is STATUS_INVALID_PARAMETER");
	ok(WdfMemoryAssignBuffer(memory, second, sizeof(second)) == STATUS_SUCCESS &&
		   WdfMemoryGetBuffer(memory, &size) == second && size == 60,
	   "and another one can be assigned");
	WdfObjectDelete(memory);
}

static void descriptors(void)
{
	char bytes[30];
	WDF_MEMORY_DESCRIPTOR descriptor;
	WDFMEMORY_OFFSET offsets = {10, 20};
	WDFMEMORY memory;
	PVOID buffer, found;
	size_t length;
	PMDL mdl;

	WdfMemoryCreate(NULL, PagedPool, TAG, 100, &memory, &buffer);
	WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&descriptor, bytes, sizeof(bytes));
	ok(PooltagMemoryDescriptorBuffer(&descriptor, &found, &length) == STATUS_SUCCESS &&
		   found == bytes && length == 30,
	   "a descriptor of a buffer");
	mdl = IoAllocateMdl(bytes, sizeof(bytes), FALSE, FALSE, NULL);
	WDF_MEMORY_DESCRIPTOR_INIT_MDL(&descriptor, mdl, 20);
	ok(descriptor.Type == WdfMemoryDescriptorTypeMdl && descriptor.u.MdlType.Mdl == mdl &&
		   descriptor.u.MdlType.BufferLength == 20,
	   "of an MDL");
	IoFreeMdl(mdl);
	WDF_MEMORY_DESCRIPTOR_INIT_HANDLE(&descriptor, memory, NULL);
	ok(PooltagMemoryDescriptorBuffer(&descriptor, &found, &length) == STATUS_SUCCESS &&
		   found == buffer && length == 100,
	   "of a handle");
	WDF_MEMORY_DESCRIPTOR_INIT_HANDLE(&descriptor, memory, &offsets);
	ok(PooltagMemoryDescriptorBuffer(&descriptor, &found, &length) == STATUS_SUCCESS &&
		   found == (char *)buffer + 10 && length == 20,
	   "of a handle with offsets");
	offsets.BufferLength = 91;
	ok(PooltagMemoryDescriptorBuffer(&descriptor, &found, &length) ==
		   STATUS_INVALID_BUFFER_SIZE,
	   "offsets beyond the memory");
	offsets.BufferLength = ~(size_t)0;
	ok(PooltagMemoryDescriptorBuffer(&descriptor, &found, &length) == STATUS_INTEGER_OVERFLOW,
	   "offsets that overflow");
	mdl = IoAllocateMdl(bytes, 30, FALSE, FALSE, NULL);
	MmBuildMdlForNonPagedPool(mdl);
	WDF_MEMORY_DESCRIPTOR_INIT_MDL(&descriptor, mdl, 20);
	ok(PooltagMemoryDescriptorBuffer(&descriptor, &found, &length) == STATUS_SUCCESS &&
		   found == bytes && length == 20,
	   "of an MDL");
	WDF_MEMORY_DESCRIPTOR_INIT_MDL(&descriptor, mdl, 31);
	ok(PooltagMemoryDescriptorBuffer(&descriptor, &found, &length) ==
		   STATUS_INVALID_BUFFER_SIZE,
	   "longer than the MDL");
	IoFreeMdl(mdl);
	memset(&descriptor, 0, sizeof(descriptor));
	ok(PooltagMemoryDescriptorBuffer(&descriptor, &found, &length) == STATUS_INVALID_PARAMETER,
	   "no descriptor");
	WdfObjectDelete(memory);
}

static void lookaside(void)
{
	WDFLOOKASIDE list;
	WDFMEMORY memory, again;
	PVOID buffer;
	size_t size;

	ok(WdfLookasideListCreate(NULL, 0, NonPagedPoolNx, NULL, TAG, &list) ==
		   STATUS_INVALID_PARAMETER,
	   "WdfLookasideListCreate: size 0 is STATUS_INVALID_PARAMETER");
	ok(WdfLookasideListCreate(NULL, 300, NonPagedPoolNx, NULL, TAG, &list) == STATUS_SUCCESS,
	   "success");
	ok(WdfMemoryCreateFromLookaside(list, &memory) == STATUS_SUCCESS,
	   "WdfMemoryCreateFromLookaside");
	buffer = WdfMemoryGetBuffer(memory, &size);
	ok(size == 300 && charged_to(buffer, "WMem", 1, 300), "its buffer is the list's");
	memset(buffer, 7, 300);
	WdfObjectDelete(memory);
	ok(is_live(buffer), "WdfObjectDelete gives it back to the list");
	WdfMemoryCreateFromLookaside(list, &again);
	ok(WdfMemoryGetBuffer(again, NULL) == buffer && ((char *)buffer)[150] == 0,
	   "from where it comes again, zeroed");
	WdfObjectDelete(list);
	ok(is_live(buffer), "a list lives as long as its memory");
	WdfObjectDelete(again);
	ok(!is_live(buffer), "and no longer");
}

/* A child of its DMA enabler, which takes map registers: 4096 of them, by default. */
static void common_buffers(void)
{
	WDF_DMA_ENABLER_CONFIG config;
	WDF_COMMON_BUFFER_CONFIG alignment;
	WDFDMAENABLER enabler;
	WDFCOMMONBUFFER buffer, aligned;
	PHYSICAL_ADDRESS logical;
	char *bytes;

	WDF_DMA_ENABLER_CONFIG_INIT(&config, WdfDmaProfileInvalid, 65536);
	ok(WdfDmaEnablerCreate(device, &config, NULL, &enabler) == STATUS_INVALID_PARAMETER,
	   "WdfDmaEnablerCreate: no profile: STATUS_INVALID_PARAMETER");
	WDF_DMA_ENABLER_CONFIG_INIT(&config, WdfDmaProfileScatterGather64, 65536);
	ok(WdfDmaEnablerCreate(device, &config, NULL, &enabler) == STATUS_SUCCESS, "success");
	ok(WdfCommonBufferCreate(enabler, 0, NULL, &buffer) == STATUS_INVALID_PARAMETER,
	   "WdfCommonBufferCreate: no bytes: STATUS_INVALID_PARAMETER");
	ok(WdfCommonBufferCreate(enabler, 5000 * PAGE_SIZE, NULL, &buffer) ==
		   STATUS_INSUFFICIENT_RESOURCES,
	   "more pages than map registers: STATUS_INSUFFICIENT_RESOURCES");
	ok(WdfCommonBufferCreate(enabler, 10000, NULL, &buffer) == STATUS_SUCCESS &&
		   WdfCommonBufferGetLength(buffer) == 10000,
	   "success");
	bytes = (char *)WdfCommonBufferGetAlignedVirtualAddress(buffer);
	logical = WdfCommonBufferGetAlignedLogicalAddress(buffer);
	ok((ULONG_PTR)bytes % PAGE_SIZE == 0 && logical.QuadPart % PAGE_SIZE == 0 &&
		   MmGetPhysicalAddress(bytes + 9999).QuadPart == logical.QuadPart + 9999,
	   "page-aligned and contiguous");
	memset(bytes, 1, 10000);
	WDF_COMMON_BUFFER_CONFIG_INIT(&alignment, 0xffff);
	ok(WdfCommonBufferCreateWithConfig(enabler, 100, &alignment, NULL, &aligned) ==
			   STATUS_SUCCESS &&
		   WdfCommonBufferGetAlignedLogicalAddress(aligned).QuadPart % 65536 == 0 &&
		   MmGetPhysicalAddress(WdfCommonBufferGetAlignedVirtualAddress(aligned))
				   .QuadPart ==
			   WdfCommonBufferGetAlignedLogicalAddress(aligned).QuadPart,
	   "WdfCommonBufferCreateWithConfig: aligned as asked for");
	alignment.AlignmentRequirement = 100;
	ok(WdfCommonBufferCreateWithConfig(enabler, 100, &alignment, NULL, &aligned) ==
		   STATUS_INVALID_PARAMETER,
	   "to no power of two: STATUS_INVALID_PARAMETER");
	WdfObjectDelete(buffer);
	/* The aligned one goes with its enabler. */
	WdfObjectDelete(enabler);
}

/* --- objects ---------------------------------------------------------------------------------- */

static char trace[100];

static void on_cleanup(WDFOBJECT object)
{
	snprintf(trace + strlen(trace), 20, "c%d ", GetThing(object)->number);
}

static void on_destroy(WDFOBJECT object)
{
	snprintf(trace + strlen(trace), 20, "d%d ", GetThing(object)->number);
}

static WDFOBJECT object_of(WDFOBJECT parent, int number)
{
	WDF_OBJECT_ATTRIBUTES attributes;
	WDFOBJECT object = NULL;

	WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, THING);
	attributes.ParentObject = parent;
	attributes.EvtCleanupCallback = on_cleanup;
	attributes.EvtDestroyCallback = on_destroy;
	if (NT_SUCCESS(WdfObjectCreate(&attributes, &object)))
		GetThing(object)->number = number;
	return object;
}

static void objects(void)
{
	WDFOBJECT top = object_of(device, 1), middle = object_of(top, 2),
		  bottom = object_of(middle, 3);
	WDF_OBJECT_ATTRIBUTES attributes;
	WDFMEMORY memory;
	PVOID buffer, context = NULL, same = NULL;

	ok(WdfObjectGet_OTHER(top) == NULL, "a context it does not have");
	WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, OTHER);
	ok(WdfObjectAllocateContext(top, &attributes, &context) == STATUS_SUCCESS &&
		   context == WdfObjectGet_OTHER(top) && WdfObjectContextGetObject(context) == top,
	   "WdfObjectAllocateContext adds one");
	ok(((OTHER *)context)->bytes[99] == 0, "zeroed");
	ok(WdfObjectAllocateContext(top, &attributes, &same) == STATUS_OBJECT_NAME_EXISTS &&
		   same == context,
	   "once: then STATUS_OBJECT_NAME_EXISTS and the one there is");
	attributes.ContextTypeInfo = NULL;
	ok(WdfObjectAllocateContext(top, &attributes, NULL) == STATUS_OBJECT_NAME_INVALID,
	   "without a type: STATUS_OBJECT_NAME_INVALID");
	WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
	attributes.ParentObject = middle;
	WdfMemoryCreate(&attributes, PagedPool, TAG, 100, &memory, &buffer);
	WdfObjectReference(bottom);
	trace[0] = '\0';
	WdfObjectDelete(top);
	is_str(trace, "c3 c2 c1 ", "children are cleaned up before their parents");
	ok(!is_live(buffer), "memory goes with its parent");
	ok(GetThing(bottom)->number == 3, "what is referenced is still there, context and all");
	WdfObjectDereference(bottom);
	is_str(trace, "c3 c2 c1 d3 d2 d1 ", "the last reference destroys, children first");
	attributes.Size = 3;
	ok(WdfObjectCreate(&attributes, &top) == STATUS_INFO_LENGTH_MISMATCH && top == NULL,
	   "attributes of another size: STATUS_INFO_LENGTH_MISMATCH");
}

static void align(void)
{
	ok(WDF_ALIGN_SIZE_DOWN(4097, 4096) == 4096 && WDF_ALIGN_SIZE_UP(4097, 4096) == 8192 &&
		   WDF_ALIGN_SIZE_UP(4096, 4096) == 4096 && WDF_ALIGN_SIZE_UP(0, 8) == 0,
	   "WDF_ALIGN_SIZE_UP and _DOWN");
	ok(WDF_ALIGN_SIZE_UP(~(size_t)0, 4096) < 4096, "UP overflows, as documented");
}

/* --- requests --------------------------------------------------------------------------------- */

#define CODE(method) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, method, FILE_ANY_ACCESS)

static NTSTATUS seen_input, seen_output, seen_small, seen_memory;
static WDFMEMORY kept_memory;

/* Answers with the input upside down. */
static void reverse(WDFREQUEST request)
{
	PVOID input = NULL, output = NULL;
	size_t input_length = 0, output_length = 0;
	char bytes[16];
	PVOID too_small;

	seen_input = WdfRequestRetrieveInputBuffer(request, 4, &input, &input_length);
	seen_output = WdfRequestRetrieveOutputBuffer(request, 4, &output, &output_length);
	seen_small = WdfRequestRetrieveOutputBuffer(request, 4000, &too_small, NULL);
	seen_memory = WdfRequestRetrieveInputMemory(request, &kept_memory);
	if (!NT_SUCCESS(seen_input) || !NT_SUCCESS(seen_output)) {
		WdfRequestComplete(request, NT_SUCCESS(seen_input) ? seen_output : seen_input);
		return;
	}
	memcpy(bytes, input, input_length);
	for (size_t i = 0; i < input_length; i++)
		((char *)output)[i] = bytes[input_length - 1 - i];
	WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, input_length);
}

static NTSTATUS send(ULONG code, char *input, size_t input_length, char *output,
		     size_t output_length, ULONG_PTR *information)
{
	POOLTAG_REQUEST request;

	memset(&request, 0, sizeof(request));
	request.Type = WdfRequestTypeDeviceControl;
	request.IoControlCode = code;
	request.Input = input;
	request.InputLength = input_length;
	request.Output = output;
	request.OutputLength = output_length;
	PooltagDeviceRequest(device, &request);
	if (information != NULL)
		*information = request.Information;
	return request.Status;
}

static int related;

/* Whether everything knows what it belongs to. */
static void relate(WDFREQUEST request)
{
	WDFQUEUE queue = WdfRequestGetIoQueue(request);
	WDF_IO_QUEUE_CONFIG config;

	WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchParallel);
	related = queue == WdfDeviceGetDefaultQueue(device) &&
		  WdfIoQueueGetDevice(queue) == device &&
		  WdfDeviceGetDriver(device) == WdfGetDriver() &&
		  WdfDriverWdmGetDriverObject(WdfGetDriver()) == driver_object &&
		  config.DispatchType == WdfIoQueueDispatchParallel;
	WdfRequestSetInformation(request, 77);
	related = related && WdfRequestGetInformation(request) == 77 &&
		  WdfRequestGetStatus(request) == STATUS_PENDING;
	WdfRequestComplete(request, STATUS_SUCCESS);
}

static void relations(void)
{
	char input[] = "a", output[80];
	ULONG_PTR information = 0;

	io_callback = relate;
	ok(send(CODE(METHOD_BUFFERED), input, 1, output, 80, &information) == STATUS_SUCCESS &&
		   related,
	   "a request, its queue, device and driver");
	ok(information == 77, "WdfRequestSetInformation is what the requester gets");
}

static void requests(void)
{
	char input[] = "abcdef", output[8] = "";
	ULONG_PTR information = 0;

	io_callback = reverse;
	ok(send(CODE(METHOD_BUFFERED), input, 6, output, 6, &information) == STATUS_SUCCESS &&
		   information == 6 && memcmp(output, "fedcba", 6) == 0,
	   "METHOD_BUFFERED: one system buffer, copied back by the information");
	ok(seen_small == STATUS_BUFFER_TOO_SMALL, "a minimum that is not met");
	ok(NT_SUCCESS(seen_memory), "WdfRequestRetrieveInputMemory");
	ok(send(CODE(METHOD_OUT_DIRECT), input, 6, output, 6, NULL) == STATUS_SUCCESS &&
		   memcmp(output, "fedcba", 6) == 0,
	   "METHOD_OUT_DIRECT: the requester's own output");
	ok(send(CODE(METHOD_BUFFERED), input, 0, output, 6, NULL) == STATUS_BUFFER_TOO_SMALL,
	   "no input: STATUS_BUFFER_TOO_SMALL");
	ok(send(CODE(METHOD_NEITHER), input, 6, output, 6, NULL) == STATUS_INVALID_DEVICE_REQUEST,
	   "METHOD_NEITHER: STATUS_INVALID_DEVICE_REQUEST");
}

static void unsafe_buffers(WDFREQUEST request)
{
	PVOID input, output, small;
	size_t length;

	seen_input = WdfRequestRetrieveUnsafeUserInputBuffer(request, 1, &input, &length);
	seen_output = WdfRequestRetrieveUnsafeUserOutputBuffer(request, 1, &output, &length);
	seen_small = WdfRequestRetrieveUnsafeUserInputBuffer(request, 100, &small, NULL);
	if (NT_SUCCESS(seen_input) && NT_SUCCESS(seen_output))
		*(char *)output = *(char *)input;
	WdfRequestComplete(request, STATUS_SUCCESS);
}

static void unsafe_requests(void)
{
	char input[] = "x", output[] = "y";

	io_callback = unsafe_buffers;
	send(CODE(METHOD_NEITHER), input, 1, output, 1, NULL);
	ok(NT_SUCCESS(seen_input) && NT_SUCCESS(seen_output) && output[0] == 'x',
	   "METHOD_NEITHER: the requester's addresses");
	ok(seen_small == STATUS_BUFFER_TOO_SMALL, "with a minimum");
	send(CODE(METHOD_BUFFERED), input, 1, output, 1, NULL);
	ok(seen_input == STATUS_INVALID_DEVICE_REQUEST &&
		   seen_output == STATUS_INVALID_DEVICE_REQUEST,
	   "other methods: STATUS_INVALID_DEVICE_REQUEST");
}

static PMDL seen_mdl;

static void use_mdls(WDFREQUEST request)
{
	PMDL input = NULL, output = NULL, again = NULL;

	seen_input = WdfRequestRetrieveInputWdmMdl(request, &input);
	seen_output = WdfRequestRetrieveOutputWdmMdl(request, &output);
	WdfRequestRetrieveOutputWdmMdl(request, &again);
	seen_mdl = output;
	if (!NT_SUCCESS(seen_input) || !NT_SUCCESS(seen_output) || again != output) {
		WdfRequestComplete(request, STATUS_UNSUCCESSFUL);
		return;
	}
	memcpy(MmGetSystemAddressForMdlSafe(output, NormalPagePriority),
	       MmGetSystemAddressForMdlSafe(input, NormalPagePriority), MmGetMdlByteCount(input));
	WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, MmGetMdlByteCount(input));
}

static void mdl_requests(void)
{
	char input[] = "abcdef", output[8] = "";

	io_callback = use_mdls;
	ok(send(CODE(METHOD_OUT_DIRECT), input, 6, output, 6, NULL) == STATUS_SUCCESS &&
		   memcmp(output, "abcdef", 6) == 0,
	   "MDLs of a request's buffers");
	ok(!is_live(seen_mdl), "are gone when it is completed");
	send(CODE(METHOD_OUT_DIRECT), input, 0, output, 6, NULL);
	ok(seen_input == STATUS_BUFFER_TOO_SMALL, "no input: STATUS_BUFFER_TOO_SMALL");
}

static WDFREQUEST kept;

static void keep(WDFREQUEST request)
{
	kept = request;
	WdfRequestRetrieveInputMemory(request, &kept_memory);
}

static void write_read_only(WDFREQUEST request)
{
	char byte = 1;
	WDFMEMORY input = NULL;

	WdfRequestRetrieveInputMemory(request, &input);
	seen_memory = WdfMemoryCopyFromBuffer(input, 0, &byte, 1);
	WdfRequestComplete(request, STATUS_SUCCESS);
}

static void pending_requests(void)
{
	static char input[4] = "abc";
	static POOLTAG_REQUEST request;
	PVOID buffer;

	io_callback = keep;
	request.Type = WdfRequestTypeDeviceControl;
	request.IoControlCode = CODE(METHOD_BUFFERED);
	request.Input = input;
	request.InputLength = 4;
	ok(PooltagDeviceRequest(device, &request) == STATUS_PENDING, "a request that is kept");
	ok(memcmp(WdfMemoryGetBuffer(kept_memory, NULL), "abc", 4) == 0, "keeps its buffers");
	WdfObjectReference(kept);
	WdfRequestComplete(kept, STATUS_CANCELLED);
	ok(request.Status == STATUS_CANCELLED, "until it is completed");
	ok(WdfRequestRetrieveInputBuffer(kept, 0, &buffer, NULL) == STATUS_INTERNAL_ERROR,
	   "and cannot be retrieved: STATUS_INTERNAL_ERROR");
	WdfObjectDereference(kept);
	io_callback = write_read_only;
	send(CODE(METHOD_BUFFERED), input, 4, NULL, 0, NULL);
	ok(seen_memory == STATUS_ACCESS_VIOLATION, "a request's input is read-only");
}

/* --- bug checks ------------------------------------------------------------------------------- */

static void bug_handle(void)
{
	static int not_an_object;

	WdfMemoryGetBuffer((WDFMEMORY)(void *)&not_an_object, NULL);
}

static void bug_type(void)
{
	WdfMemoryGetBuffer((WDFMEMORY)(void *)device, NULL);
}

static void bug_deleted(void)
{
	WDFOBJECT object = object_of(device, 1);

	WdfObjectDelete(object);
	WdfObjectDelete(object);
}

static void bug_deleted_kept(void)
{
	WDFOBJECT object = object_of(device, 1);

	WdfObjectReference(object);
	WdfObjectDelete(object);
	WdfObjectDelete(object);
}

static void bug_references(void)
{
	WdfObjectDereference(object_of(device, 1));
}

static void bug_null(void)
{
	WDFMEMORY memory;

	WdfMemoryCreatePreallocated(NULL, NULL, 10, &memory);
}

static void bug_assign(void)
{
	static char bytes[10];
	WDFMEMORY memory;

	WdfMemoryCreate(NULL, PagedPool, TAG, 10, &memory, NULL);
	WdfMemoryAssignBuffer(memory, bytes, sizeof(bytes));
}

static void bug_free_buffer(void)
{
	WDFMEMORY memory;
	PVOID buffer;

	WdfMemoryCreate(NULL, PagedPool, TAG, 10, &memory, &buffer);
	ExFreePool(buffer);
}

static void bug_leak(void)
{
	ExAllocatePoolWithTag(PagedPool, 100, TAG);
	ExAllocatePoolWithTag(PagedPool, 23, TAG);
	PooltagDriverUnload(driver_object);
}

#define VIOLATION(code, rest) "WDF_VIOLATION (0x10D, " code ", <address>, 0x0, 0x0): " rest

static void bug_checks(void)
{
	static char line[BUGCHECK_LINE];

	bugcheck(bug_handle,
		 VIOLATION("0x5",
			   "WdfMemoryGetBuffer: <address> is no handle, or that of an object "
			   "that is gone, called by program!bug_handle+<address>"),
		 "no handle");
	bugcheck(bug_type,
		 VIOLATION("0x5", "WdfMemoryGetBuffer: <address> is a WDFDEVICE, not a WDFMEMORY, "
				  "called by program!bug_type+<address>"),
		 "a handle of another type");
	bugcheck(bug_deleted,
		 VIOLATION("0x5",
			   "WdfObjectDelete: <address> is no handle, or that of an object that "
			   "is gone, called by program!bug_deleted+<address>"),
		 "deleted twice");
	bugcheck(bug_deleted_kept,
		 VIOLATION("0x7", "WdfObjectDelete: <address> was deleted before, called by "
				  "program!bug_deleted_kept+<address>"),
		 "deleted twice while referenced");
	bugcheck(bug_references,
		 VIOLATION("0x7",
			   "WdfObjectDereference: <address> has no reference left, but was not "
			   "deleted, called by program!bug_references+<address>"),
		 "one dereference too many");
	bugcheck(bug_null,
		 "WDF_VIOLATION (0x10D, 0x4, 0x0, <address>, 0x0): WdfMemoryCreatePreallocated: "
		 "Buffer "
		 "is NULL, called by program!bug_null+<address>",
		 "a required pointer is NULL");
	bugcheck(bug_assign,
		 VIOLATION("0x5",
			   "WdfMemoryAssignBuffer of a memory object that was not made by "
			   "WdfMemoryCreatePreallocated, called by program!bug_assign+<address>"),
		 "AssignBuffer to memory of the framework's");
	bugcheck(bug_free_buffer,
		 "BAD_POOL_CALLER (0xC2, 0x99, <address>, 0x0, 0x0): a pool routine frees memory "
		 "of a "
		 "framework object: block <address> of 10 bytes, tag WMem, allocated by "
		 "program!bug_free_buffer+<address>; freed, called by "
		 "program!bug_free_buffer+<address>",
		 "ExFreePool of an object's buffer");
	ok(bugcheck_run(bug_leak, line) &&
		   strstr(line,
			  "pooltag: driver wdftest left 1 block, 100 bytes, tag WMem (Paged), "
			  "allocated by program!bug_leak+<address> < ") != NULL &&
		   strstr(line, "pooltag: driver wdftest left 1 block, 23 bytes, tag WMem (Paged), "
				"allocated by program!bug_leak+<address> < ") != NULL &&
		   strstr(line,
			  "pooltag: DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, 0x62, <address>, "
			  "0x0, 0x2): driver wdftest unloads with 2 blocks, 123 bytes, not "
			  "freed\n") != NULL,
	   "what a driver leaves at its unload");
}

/* A memory object without a parent belongs to the driver, and goes with it. */
static void unload(void)
{
	WDFMEMORY memory;
	PVOID buffer;

	WdfMemoryCreate(NULL, PagedPool, TAG, 10, &memory, &buffer);
	object_of(NULL, 8);
	object_of(device, 9);
	trace[0] = '\0';
	PooltagDriverUnload(driver_object);
	ok(!is_live(buffer), "the unload deletes what belongs to the driver");
	ok(strstr(trace, "c8 ") != NULL && strstr(trace, "c9 ") < strstr(trace, "d9 "),
	   "with its callbacks: %s", trace);
}

int main(void)
{
	default_tags();
	ok(PooltagDriverLoad("wdftest", entry, &driver_object) == STATUS_SUCCESS, "a driver");
	ok(PooltagDeviceAdd(driver_object, &device) == STATUS_SUCCESS, "and its device");
	memory_create();
	memory_copy();
	memory_preallocated();
	descriptors();
	lookaside();
	common_buffers();
	objects();
	align();
	relations();
	requests();
	unsafe_requests();
	mdl_requests();
	pending_requests();
	bug_checks();
	unload();
	return done();
}
