/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/wdf_memory.h"
#include "lib/kernel/bugcheck.h"

static void give_buffer(struct wdf_object *object)
{
	wdf_give(wdf_memory_in(object)->buffer);
}

/* A memory object of no kind yet: `destroy` is set when it has its buffer. */
static NTSTATUS make_memory(PWDF_OBJECT_ATTRIBUTES attributes, struct wdf_object *parent,
			    struct pool_frame frame, struct wdf_object **ret_object)
{
	struct wdf_plan plan = {
		.type = WDF_TYPE_MEMORY,
		.payload = sizeof(struct wdf_memory),
		.attributes = attributes,
		.parent = parent,
		.frame = frame,
	};

	return wdf_object_make(&plan, ret_object);
}

/*
 * The buffer comes first, so that its failure needs no object undone, whose callbacks would be
 * called.
 */
BASE_EXPORT NTSTATUS WdfMemoryCreate(PWDF_OBJECT_ATTRIBUTES Attributes, POOL_TYPE PoolType,
				     ULONG PoolTag, size_t BufferSize, WDFMEMORY *Memory,
				     PVOID *Buffer)
{
	struct kernel_request request = {
		.bytes = BufferSize,
		.tag = PoolTag != 0 ? PoolTag : wdf_driver_tag(),
		.pool = kernel_pool_of_type(PoolType),
		.use = POOL_USE_OBJECT,
		.cache_aligned = ((uint32_t)PoolType & NonPagedPoolCacheAligned) != 0,
		.frame = POOL_FRAME_KEPT(),
	};
	struct wdf_object *object;
	NTSTATUS status;
	void *buffer;

	wdf_check_pointer(Memory, "WdfMemoryCreate: Memory is NULL", __builtin_return_address(0));
	*Memory = NULL;
	if (BufferSize == 0)
		return STATUS_INVALID_PARAMETER;
	buffer = kernel_pool_allocate(&request);
	if (buffer == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = make_memory(Attributes, NULL, request.frame, &object);
	if (!NT_SUCCESS(status)) {
		wdf_give(buffer);
		return status;
	}
	*wdf_memory_in(object) =
		(struct wdf_memory){.kind = WDF_MEMORY_OWN, .buffer = buffer, .size = BufferSize};
	object->destroy = give_buffer;
	*Memory = (WDFMEMORY)object;
	if (Buffer != NULL)
		*Buffer = buffer;
	return STATUS_SUCCESS;
}

BASE_EXPORT NTSTATUS WdfMemoryCreatePreallocated(PWDF_OBJECT_ATTRIBUTES Attributes, PVOID Buffer,
						 size_t BufferSize, WDFMEMORY *Memory)
{
	const void *caller = __builtin_return_address(0);
	struct wdf_object *object;
	NTSTATUS status;

	wdf_check_pointer(Buffer, "WdfMemoryCreatePreallocated: Buffer is NULL", caller);
	wdf_check_pointer(Memory, "WdfMemoryCreatePreallocated: Memory is NULL", caller);
	*Memory = NULL;
	if (BufferSize == 0)
		return STATUS_INVALID_PARAMETER;
	status = make_memory(Attributes, NULL, POOL_FRAME_KEPT(), &object);
	if (!NT_SUCCESS(status))
		return status;
	*wdf_memory_in(object) = (struct wdf_memory){
		.kind = WDF_MEMORY_PREALLOCATED, .buffer = Buffer, .size = BufferSize};
	*Memory = (WDFMEMORY)object;
	return STATUS_SUCCESS;
}

NTSTATUS wdf_memory_of_request(struct wdf_object *request, void *buffer, size_t size,
			       unsigned read_only, struct pool_frame frame,
			       struct wdf_object **ret_object)
{
	NTSTATUS status = make_memory(NULL, request, frame, ret_object);

	if (NT_SUCCESS(status))
		*wdf_memory_in(*ret_object) = (struct wdf_memory){.kind = WDF_MEMORY_REQUEST,
								  .read_only = read_only & 1,
								  .buffer = buffer,
								  .size = size};
	return status;
}

static struct wdf_memory *memory_of(WDFMEMORY handle, const char *routine, const void *caller)
{
	return wdf_memory_in(wdf_object_of(handle, WDF_TYPE_MEMORY, routine, caller));
}

BASE_EXPORT NTSTATUS WdfMemoryAssignBuffer(WDFMEMORY Memory, PVOID Buffer, size_t BufferSize)
{
	const void *caller = __builtin_return_address(0);
	struct wdf_memory *memory = memory_of(Memory, "WdfMemoryAssignBuffer", caller);

	wdf_check_pointer(Buffer, "WdfMemoryAssignBuffer: Buffer is NULL", caller);
	if (memory->kind != WDF_MEMORY_PREALLOCATED)
		kernel_bug_check(WDF_VIOLATION, 0x5, (uintptr_t)Memory, 0, 0,
				 "WdfMemoryAssignBuffer of a memory object that was not made by "
				 "WdfMemoryCreatePreallocated",
				 caller);
	if (BufferSize == 0)
		return STATUS_INVALID_PARAMETER;
	memory->buffer = Buffer;
	memory->size = BufferSize;
	return STATUS_SUCCESS;
}

BASE_EXPORT PVOID WdfMemoryGetBuffer(WDFMEMORY Memory, size_t *BufferSize)
{
	struct wdf_memory *memory =
		memory_of(Memory, "WdfMemoryGetBuffer", __builtin_return_address(0));

	if (BufferSize != NULL)
		*BufferSize = memory->size;
	return memory->buffer;
}

BASE_EXPORT NTSTATUS WdfMemoryCopyToBuffer(WDFMEMORY SourceMemory, size_t SourceOffset,
					   PVOID Buffer, size_t NumBytesToCopyTo)
{
	const void *caller = __builtin_return_address(0);
	struct wdf_memory *memory = memory_of(SourceMemory, "WdfMemoryCopyToBuffer", caller);

	wdf_check_pointer(Buffer, "WdfMemoryCopyToBuffer: Buffer is NULL", caller);
	if (NumBytesToCopyTo == 0)
		return STATUS_INVALID_PARAMETER;
	if ((SourceOffset != 0 && SourceOffset >= memory->size) ||
	    NumBytesToCopyTo > memory->size - SourceOffset)
		return STATUS_BUFFER_TOO_SMALL;
	memcpy(Buffer, memory->buffer + SourceOffset, NumBytesToCopyTo);
	return STATUS_SUCCESS;
}

/*
 * Too many bytes: the documentation says STATUS_BUFFER_TOO_SMALL, the framework's published source
 * answers STATUS_INVALID_BUFFER_SIZE, and that is what drivers see.
 */
BASE_EXPORT NTSTATUS WdfMemoryCopyFromBuffer(WDFMEMORY DestinationMemory, size_t DestinationOffset,
					     PVOID Buffer, size_t NumBytesToCopyFrom)
{
	const void *caller = __builtin_return_address(0);
	struct wdf_memory *memory = memory_of(DestinationMemory, "WdfMemoryCopyFromBuffer", caller);

	wdf_check_pointer(Buffer, "WdfMemoryCopyFromBuffer: Buffer is NULL", caller);
	if (NumBytesToCopyFrom == 0)
		return STATUS_INVALID_PARAMETER;
	if (memory->read_only)
		return STATUS_ACCESS_VIOLATION;
	if ((DestinationOffset != 0 && DestinationOffset >= memory->size) ||
	    NumBytesToCopyFrom > memory->size - DestinationOffset)
		return STATUS_INVALID_BUFFER_SIZE;
	memcpy(memory->buffer + DestinationOffset, Buffer, NumBytesToCopyFrom);
	return STATUS_SUCCESS;
}

/* --- descriptors ---------------------------------------------------------------------------- */

static NTSTATUS descriptor_of_handle(const WDF_MEMORY_DESCRIPTOR *descriptor, void **ret_buffer,
				     size_t *ret_length, const void *caller)
{
	const WDFMEMORY_OFFSET *offsets = descriptor->u.HandleType.Offsets;
	struct wdf_memory *memory =
		memory_of(descriptor->u.HandleType.Memory, "WDF_MEMORY_DESCRIPTOR", caller);
	size_t start = offsets != NULL ? offsets->BufferOffset : 0;
	size_t length = memory->size;
	size_t end;

	if (offsets != NULL && __builtin_add_overflow(start, offsets->BufferLength, &end))
		return STATUS_INTEGER_OVERFLOW;
	if (start > memory->size || (offsets != NULL && end > memory->size))
		return STATUS_INVALID_BUFFER_SIZE;
	/* A length of 0 stands for the rest. */
	length = offsets != NULL && offsets->BufferLength != 0 ? offsets->BufferLength
							       : memory->size - start;
	*ret_buffer = memory->buffer + start;
	*ret_length = length;
	return STATUS_SUCCESS;
}

/* A length of 0 stands for the MDL's. */
static NTSTATUS descriptor_of_mdl(const WDF_MEMORY_DESCRIPTOR *descriptor, void **ret_buffer,
				  size_t *ret_length)
{
	PMDL mdl = descriptor->u.MdlType.Mdl;
	ULONG length = descriptor->u.MdlType.BufferLength;

	if (mdl == NULL)
		return STATUS_INVALID_PARAMETER;
	if (length > MmGetMdlByteCount(mdl))
		return STATUS_INVALID_BUFFER_SIZE;
	*ret_buffer = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
	*ret_length = length != 0 ? length : MmGetMdlByteCount(mdl);
	return *ret_buffer != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

BASE_EXPORT NTSTATUS PooltagMemoryDescriptorBuffer(const WDF_MEMORY_DESCRIPTOR *Descriptor,
						   PVOID *Buffer, size_t *Length)
{
	switch (Descriptor->Type) {
	case WdfMemoryDescriptorTypeBuffer:
		*Buffer = Descriptor->u.BufferType.Buffer;
		*Length = Descriptor->u.BufferType.Length;
		return *Buffer != NULL || *Length == 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
	case WdfMemoryDescriptorTypeHandle:
		return descriptor_of_handle(Descriptor, Buffer, Length,
					    __builtin_return_address(0));
	case WdfMemoryDescriptorTypeMdl:
		return descriptor_of_mdl(Descriptor, Buffer, Length);
	case WdfMemoryDescriptorTypeInvalid:
		break;
	}
	return STATUS_INVALID_PARAMETER;
}
