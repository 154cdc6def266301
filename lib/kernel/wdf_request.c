/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wdf_request.c - requests and their buffers
 *
 * Purpose: what the I/O manager and the framework do with a request's memory: a system buffer where
 * the method is buffered, the requester's own where it is direct, neither where the driver is to
 * take care itself. Memory objects of a request are its children; buffers are gone when it is
 * completed.
 * Callers: drivers; hosts of drivers. Locking: a request is its owner's. Context: IRQL <=
 * DISPATCH_LEVEL.
 */
#include "lib/base/options.h"
#include "lib/kernel/bugcheck.h"
#include "lib/kernel/mdl.h"
#include "lib/kernel/wdf_device.h"
#include "lib/kernel/wdf_memory.h"

/* As the I/O manager tags its buffers. */
#define SYSTEM_BUFFER_TAG POOLTAG_TAG('I', 'o', 'S', 'B')

/* One direction of a request. */
struct side {
	char *buffer; /* what the driver sees; NULL: there is none */
	size_t length;
	struct wdf_object *memory; /* made when asked for, as */
	PMDL mdl;                  /* this is */
};

struct request {
	struct wdf_object *queue;
	POOLTAG_REQUEST *asked; /* NULL: completed */
	char *system_buffer;
	struct side input, output;
	ULONG_PTR information;
	uint32_t method;
};

static struct request *request_in(struct wdf_object *object)
{
	return (struct request *)(void *)object->payload;
}

static struct request *request_of(WDFREQUEST handle, const char *routine, const void *caller)
{
	return request_in(wdf_object_of(handle, WDF_TYPE_REQUEST, routine, caller));
}

/* --- buffers -------------------------------------------------------------------------------- */

static uint32_t method_of(const POOLTAG_REQUEST *asked)
{
	if (asked->Type == WdfRequestTypeDeviceControl ||
	    asked->Type == WdfRequestTypeDeviceControlInternal)
		return METHOD_FROM_CTL_CODE(asked->IoControlCode);
	return METHOD_BUFFERED;
}

static NTSTATUS take_system_buffer(struct request *request, struct pool_frame frame)
{
	const POOLTAG_REQUEST *asked = request->asked;
	size_t output = request->method == METHOD_BUFFERED ? asked->OutputLength : 0;
	struct kernel_request wanted = {
		.bytes = base_max(asked->InputLength, output),
		.tag = SYSTEM_BUFFER_TAG,
		.pool = HEAP_POOL_NONPAGED,
		.use = POOL_USE_OBJECT,
		.frame = frame,
	};

	if (wanted.bytes == 0)
		return STATUS_SUCCESS;
	request->system_buffer = kernel_pool_allocate(&wanted);
	if (request->system_buffer == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	memcpy(request->system_buffer, asked->Input, asked->InputLength);
	return STATUS_SUCCESS;
}

static NTSTATUS prepare_buffers(struct request *request, struct pool_frame frame)
{
	const POOLTAG_REQUEST *asked = request->asked;
	NTSTATUS status;

	if (asked->Type == WdfRequestTypeDeviceControlInternal &&
	    request->method == METHOD_NEITHER) {
		/* Another driver's own addresses. */
		request->input =
			(struct side){.buffer = asked->Input, .length = asked->InputLength};
		request->output =
			(struct side){.buffer = asked->Output, .length = asked->OutputLength};
		return STATUS_SUCCESS;
	}
	if (request->method == METHOD_NEITHER)
		return STATUS_SUCCESS;
	status = take_system_buffer(request, frame);
	if (!NT_SUCCESS(status))
		return status;
	request->input =
		(struct side){.buffer = request->system_buffer, .length = asked->InputLength};
	request->output =
		(struct side){.buffer = request->method == METHOD_BUFFERED ? request->system_buffer
									   : asked->Output,
			      .length = asked->OutputLength};
	return STATUS_SUCCESS;
}

static void give_system_buffer(struct request *request)
{
	if (request->system_buffer != NULL)
		wdf_give(request->system_buffer);
	request->system_buffer = NULL;
}

static void destroy_request(struct wdf_object *object)
{
	give_system_buffer(request_in(object));
}

/* Whether a request of this type has an input, or an output, at all. */
static int has_side(const POOLTAG_REQUEST *asked, int output)
{
	switch (asked->Type) {
	case WdfRequestTypeRead:
		return output;
	case WdfRequestTypeWrite:
		return !output;
	case WdfRequestTypeDeviceControl:
	case WdfRequestTypeDeviceControlInternal:
		return 1;
	case WdfRequestTypeCreate:
	case WdfRequestTypeClose:
		break;
	}
	return 0;
}

/* What is asked for, if the driver may have it. */
static NTSTATUS find_side(struct request *request, int output, struct side **ret_side)
{
	struct side *side = output ? &request->output : &request->input;

	*ret_side = side;
	if (request->asked == NULL)
		return STATUS_INTERNAL_ERROR;
	if ((request->method == METHOD_NEITHER &&
	     request->asked->Type != WdfRequestTypeDeviceControlInternal) ||
	    !has_side(request->asked, output))
		return STATUS_INVALID_DEVICE_REQUEST;
	return side->length == 0 ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}

static NTSTATUS retrieve_buffer(struct request *request, int output, size_t minimum, void **buffer,
				size_t *ret_length)
{
	struct side *side;
	NTSTATUS status = find_side(request, output, &side);

	*buffer = NULL;
	if (ret_length != NULL)
		*ret_length = 0;
	if (!NT_SUCCESS(status))
		return status;
	if (side->length < minimum)
		return STATUS_BUFFER_TOO_SMALL;
	*buffer = side->buffer;
	if (ret_length != NULL)
		*ret_length = side->length;
	return STATUS_SUCCESS;
}

BASE_EXPORT NTSTATUS WdfRequestRetrieveInputBuffer(WDFREQUEST Request, size_t MinimumRequiredLength,
						   PVOID *Buffer, size_t *Length)
{
	wdf_check_pointer(Buffer, "WdfRequestRetrieveInputBuffer: Buffer is NULL",
			  __builtin_return_address(0));
	return retrieve_buffer(
		request_of(Request, "WdfRequestRetrieveInputBuffer", __builtin_return_address(0)),
		0, MinimumRequiredLength, Buffer, Length);
}

BASE_EXPORT NTSTATUS WdfRequestRetrieveOutputBuffer(WDFREQUEST Request, size_t MinimumRequiredSize,
						    PVOID *Buffer, size_t *Length)
{
	wdf_check_pointer(Buffer, "WdfRequestRetrieveOutputBuffer: Buffer is NULL",
			  __builtin_return_address(0));
	return retrieve_buffer(
		request_of(Request, "WdfRequestRetrieveOutputBuffer", __builtin_return_address(0)),
		1, MinimumRequiredSize, Buffer, Length);
}

static NTSTATUS retrieve_memory(WDFREQUEST handle, int output, const char *routine,
				struct pool_frame frame, WDFMEMORY *memory)
{
	struct wdf_object *object = wdf_object_of(handle, WDF_TYPE_REQUEST, routine,
						  (const void *)pool_frame_caller(frame));
	struct side *side;
	NTSTATUS status = find_side(request_in(object), output, &side);

	*memory = NULL;
	if (NT_SUCCESS(status) && side->memory == NULL)
		status = wdf_memory_of_request(object, side->buffer, side->length, !output, frame,
					       &side->memory);
	if (NT_SUCCESS(status))
		*memory = (WDFMEMORY)side->memory;
	return status;
}

BASE_EXPORT NTSTATUS WdfRequestRetrieveInputMemory(WDFREQUEST Request, WDFMEMORY *Memory)
{
	wdf_check_pointer(Memory, "WdfRequestRetrieveInputMemory: Memory is NULL",
			  __builtin_return_address(0));
	return retrieve_memory(Request, 0, "WdfRequestRetrieveInputMemory", POOL_FRAME_KEPT(),
			       Memory);
}

BASE_EXPORT NTSTATUS WdfRequestRetrieveOutputMemory(WDFREQUEST Request, WDFMEMORY *Memory)
{
	wdf_check_pointer(Memory, "WdfRequestRetrieveOutputMemory: Memory is NULL",
			  __builtin_return_address(0));
	return retrieve_memory(Request, 1, "WdfRequestRetrieveOutputMemory", POOL_FRAME_KEPT(),
			       Memory);
}

static NTSTATUS retrieve_mdl(WDFREQUEST handle, int output, const char *routine,
			     struct pool_frame frame, PMDL *mdl)
{
	struct side *side;
	NTSTATUS status = find_side(
		request_of(handle, routine, (const void *)pool_frame_caller(frame)), output, &side);

	*mdl = NULL;
	if (!NT_SUCCESS(status))
		return status;
	if (side->mdl == NULL) {
		side->mdl = kernel_mdl_make(side->buffer, (ULONG)side->length, 0, frame);
		if (side->mdl == NULL)
			return STATUS_INSUFFICIENT_RESOURCES;
		MmBuildMdlForNonPagedPool(side->mdl);
	}
	*mdl = side->mdl;
	return STATUS_SUCCESS;
}

BASE_EXPORT NTSTATUS WdfRequestRetrieveInputWdmMdl(WDFREQUEST Request, PMDL *Mdl)
{
	wdf_check_pointer(Mdl, "WdfRequestRetrieveInputWdmMdl: Mdl is NULL",
			  __builtin_return_address(0));
	return retrieve_mdl(Request, 0, "WdfRequestRetrieveInputWdmMdl", POOL_FRAME_KEPT(), Mdl);
}

BASE_EXPORT NTSTATUS WdfRequestRetrieveOutputWdmMdl(WDFREQUEST Request, PMDL *Mdl)
{
	wdf_check_pointer(Mdl, "WdfRequestRetrieveOutputWdmMdl: Mdl is NULL",
			  __builtin_return_address(0));
	return retrieve_mdl(Request, 1, "WdfRequestRetrieveOutputWdmMdl", POOL_FRAME_KEPT(), Mdl);
}

/* The requester's own addresses, for METHOD_NEITHER only. */
static NTSTATUS retrieve_user(struct request *request, size_t minimum, void *buffer, size_t length,
			      void **ret_buffer, size_t *ret_length)
{
	*ret_buffer = NULL;
	if (ret_length != NULL)
		*ret_length = 0;
	if (request->asked == NULL)
		return STATUS_INTERNAL_ERROR;
	if (request->method != METHOD_NEITHER ||
	    request->asked->Type != WdfRequestTypeDeviceControl)
		return STATUS_INVALID_DEVICE_REQUEST;
	if (length < minimum)
		return STATUS_BUFFER_TOO_SMALL;
	*ret_buffer = buffer;
	if (ret_length != NULL)
		*ret_length = length;
	return STATUS_SUCCESS;
}

BASE_EXPORT NTSTATUS WdfRequestRetrieveUnsafeUserInputBuffer(WDFREQUEST Request,
							     size_t MinimumRequiredLength,
							     PVOID *InputBuffer, size_t *Length)
{
	struct request *request = request_of(Request, "WdfRequestRetrieveUnsafeUserInputBuffer",
					     __builtin_return_address(0));
	const POOLTAG_REQUEST *asked = request->asked;

	wdf_check_pointer(InputBuffer,
			  "WdfRequestRetrieveUnsafeUserInputBuffer: InputBuffer is NULL",
			  __builtin_return_address(0));
	return retrieve_user(request, MinimumRequiredLength, asked != NULL ? asked->Input : NULL,
			     asked != NULL ? asked->InputLength : 0, InputBuffer, Length);
}

BASE_EXPORT NTSTATUS WdfRequestRetrieveUnsafeUserOutputBuffer(WDFREQUEST Request,
							      size_t MinimumRequiredLength,
							      PVOID *OutputBuffer, size_t *Length)
{
	struct request *request = request_of(Request, "WdfRequestRetrieveUnsafeUserOutputBuffer",
					     __builtin_return_address(0));
	const POOLTAG_REQUEST *asked = request->asked;

	wdf_check_pointer(OutputBuffer,
			  "WdfRequestRetrieveUnsafeUserOutputBuffer: OutputBuffer is NULL",
			  __builtin_return_address(0));
	return retrieve_user(request, MinimumRequiredLength, asked != NULL ? asked->Output : NULL,
			     asked != NULL ? asked->OutputLength : 0, OutputBuffer, Length);
}

/* --- completion ----------------------------------------------------------------------------- */

static void forget_memory(struct side *side, const void *caller)
{
	if (side->mdl != NULL)
		kernel_mdl_free(side->mdl, caller);
	side->mdl = NULL;
	if (side->memory == NULL)
		return;
	wdf_memory_in(side->memory)->buffer = NULL;
	wdf_memory_in(side->memory)->size = 0;
}

/* References that a driver still has on the memory object of a side. */
static uint32_t references_on(const struct side *side)
{
	return side->memory != NULL ? (uint32_t)side->memory->references - 1 : 0;
}

/* What the framework's verifier looks at when a request is completed. */
static void verify(WDFREQUEST handle, struct request *request, NTSTATUS status, const void *caller)
{
	const POOLTAG_REQUEST *asked = request->asked;
	const struct side *limit =
		asked->Type == WdfRequestTypeWrite ? &request->input : &request->output;
	uint32_t references = references_on(&request->input) + references_on(&request->output);

	if (!base_options.driver_verifier)
		return;
	if (references != 0)
		kernel_bug_check(WDF_VIOLATION, 0x3, (uintptr_t)handle, references, 0,
				 "WdfRequestComplete of a request whose memory objects are still "
				 "referenced",
				 caller);
	/* Without a buffer the information is the driver's to choose. */
	if (NT_SUCCESS(status) && request->method == METHOD_BUFFERED && limit->length != 0 &&
	    request->information > limit->length)
		kernel_bug_check(WDF_VIOLATION, 0x6, 0x4, (uintptr_t)asked, 0,
				 "WdfRequestComplete with more bytes than the request's buffer has",
				 caller);
}

static void complete(WDFREQUEST handle, NTSTATUS status, const void *caller)
{
	struct wdf_object *object =
		wdf_object_of(handle, WDF_TYPE_REQUEST, "WdfRequestComplete", caller);
	struct request *request = request_in(object);
	POOLTAG_REQUEST *asked = request->asked;

	if (asked == NULL)
		kernel_bug_check(WDF_VIOLATION, 0x7, (uintptr_t)handle, 0, 0,
				 "WdfRequestComplete of a request that is completed", caller);
	verify(handle, request, status, caller);
	if (NT_SUCCESS(status) && request->method == METHOD_BUFFERED && request->output.length > 0)
		memcpy(asked->Output, request->output.buffer,
		       base_min(request->information, request->output.length));
	request->asked = NULL;
	forget_memory(&request->input, caller);
	forget_memory(&request->output, caller);
	give_system_buffer(request);
	asked->Information = request->information;
	base_store_release(&asked->Status, status);
	wdf_object_delete(object);
}

BASE_EXPORT void WdfRequestComplete(WDFREQUEST Request, NTSTATUS Status)
{
	complete(Request, Status, __builtin_return_address(0));
}

BASE_EXPORT void WdfRequestCompleteWithInformation(WDFREQUEST Request, NTSTATUS Status,
						   ULONG_PTR Information)
{
	const void *caller = __builtin_return_address(0);

	request_of(Request, "WdfRequestCompleteWithInformation", caller)->information = Information;
	complete(Request, Status, caller);
}

BASE_EXPORT void WdfRequestSetInformation(WDFREQUEST Request, ULONG_PTR Information)
{
	request_of(Request, "WdfRequestSetInformation", __builtin_return_address(0))->information =
		Information;
}

BASE_EXPORT ULONG_PTR WdfRequestGetInformation(WDFREQUEST Request)
{
	struct request *request =
		request_of(Request, "WdfRequestGetInformation", __builtin_return_address(0));

	return request->asked != NULL ? request->information : 0;
}

BASE_EXPORT NTSTATUS WdfRequestGetStatus(WDFREQUEST Request)
{
	struct request *request =
		request_of(Request, "WdfRequestGetStatus", __builtin_return_address(0));

	return request->asked != NULL ? request->asked->Status : STATUS_SUCCESS;
}

BASE_EXPORT WDFQUEUE WdfRequestGetIoQueue(WDFREQUEST Request)
{
	struct request *request =
		request_of(Request, "WdfRequestGetIoQueue", __builtin_return_address(0));

	return request->asked != NULL ? (WDFQUEUE)request->queue : NULL;
}

/* --- dispatch ------------------------------------------------------------------------------- */

/* Calls back whoever takes such a request; its address and name, or 0 when nobody does. */
static uintptr_t dispatch(const struct wdf_queue *queue, WDFQUEUE handle, WDFREQUEST request,
			  const POOLTAG_REQUEST *asked, const char **ret_name)
{
	const WDF_IO_QUEUE_CONFIG *config = &queue->config;
	PFN_WDF_IO_QUEUE_IO_DEVICE_CONTROL control = config->EvtIoDeviceControl;

	*ret_name = "EvtIoRead";
	if (asked->Type == WdfRequestTypeRead && config->EvtIoRead != NULL) {
		config->EvtIoRead(handle, request, asked->OutputLength);
		return (uintptr_t)config->EvtIoRead;
	}
	*ret_name = "EvtIoWrite";
	if (asked->Type == WdfRequestTypeWrite && config->EvtIoWrite != NULL) {
		config->EvtIoWrite(handle, request, asked->InputLength);
		return (uintptr_t)config->EvtIoWrite;
	}
	*ret_name = "EvtIoDeviceControl";
	if (asked->Type == WdfRequestTypeDeviceControlInternal) {
		*ret_name = "EvtIoInternalDeviceControl";
		control = config->EvtIoInternalDeviceControl;
	} else if (asked->Type != WdfRequestTypeDeviceControl) {
		control = NULL;
	}
	if (control != NULL) {
		control(handle, request, asked->OutputLength, asked->InputLength,
			asked->IoControlCode);
		return (uintptr_t)control;
	}
	*ret_name = "EvtIoDefault";
	if (config->EvtIoDefault != NULL)
		config->EvtIoDefault(handle, request);
	return (uintptr_t)config->EvtIoDefault;
}

static NTSTATUS make_request(struct wdf_object *queue, PPOOLTAG_REQUEST asked,
			     struct pool_frame frame, struct wdf_object **ret_object)
{
	struct wdf_plan plan = {
		.type = WDF_TYPE_REQUEST,
		.payload = sizeof(struct request),
		.parent = wdf_queue_in(queue)->device,
		.destroy = destroy_request,
		.frame = frame,
	};
	struct request *request;
	NTSTATUS status = wdf_object_make(&plan, ret_object);

	if (!NT_SUCCESS(status))
		return status;
	request = request_in(*ret_object);
	request->queue = queue;
	request->asked = asked;
	request->method = method_of(asked);
	status = prepare_buffers(request, frame);
	if (!NT_SUCCESS(status))
		wdf_object_delete(*ret_object);
	return status;
}

BASE_EXPORT NTSTATUS PooltagDeviceRequest(WDFDEVICE Device, PPOOLTAG_REQUEST Request)
{
	struct wdf_object *device = wdf_object_of(Device, WDF_TYPE_DEVICE, "PooltagDeviceRequest",
						  __builtin_return_address(0));
	struct wdf_object *queue = wdf_device_in(device)->default_queue;
	struct wdf_object *object;
	struct wdf_call call;
	uintptr_t callback;
	const char *name;
	NTSTATUS status;

	Request->Information = 0;
	Request->Status = STATUS_PENDING;
	if (queue == NULL)
		return Request->Status = STATUS_INVALID_DEVICE_REQUEST;
	status = make_request(queue, Request, POOL_FRAME_KEPT(), &object);
	if (!NT_SUCCESS(status))
		return Request->Status = status;
	call = wdf_call_begin();
	callback =
		dispatch(wdf_queue_in(queue), (WDFQUEUE)queue, (WDFREQUEST)object, Request, &name);
	wdf_call_end(call, callback, name);
	if (callback == 0)
		complete((WDFREQUEST)object, STATUS_INVALID_DEVICE_REQUEST,
			 __builtin_return_address(0));
	return base_load_acquire(&Request->Status);
}
