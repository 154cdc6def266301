/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wdf_dma.c - DMA enablers and their common buffers
 *
 * Purpose: a DMA adapter as a framework object, a child of its device; common buffers as its
 * children.
 * Callers: drivers. Locking: as dma.c. Context: PASSIVE_LEVEL.
 */
#include "lib/kernel/dma.h"
#include "lib/kernel/wdf_object.h"

struct enabler {
	PDMA_ADAPTER adapter;
};

struct common_buffer {
	struct wdf_object *enabler; /* the parent, which outlives it */
	void *start;                /* as it was allocated */
	PHYSICAL_ADDRESS logical;
	ULONG allocated;
	size_t length;
	size_t skip; /* bytes from there to the aligned part */
};

static struct enabler *enabler_in(struct wdf_object *object)
{
	return (struct enabler *)(void *)object->payload;
}

static struct common_buffer *buffer_in(struct wdf_object *object)
{
	return (struct common_buffer *)(void *)object->payload;
}

static void put_adapter(struct wdf_object *object)
{
	PDMA_ADAPTER adapter = enabler_in(object)->adapter;

	adapter->DmaOperations->PutDmaAdapter(adapter);
}

static DEVICE_DESCRIPTION description_of(const WDF_DMA_ENABLER_CONFIG *config)
{
	WDF_DMA_PROFILE profile = config->Profile;

	return (DEVICE_DESCRIPTION){
		.Version = config->AddressWidthOverride != 0 ? DEVICE_DESCRIPTION_VERSION3
							     : DEVICE_DESCRIPTION_VERSION1,
		.Master = TRUE,
		.ScatterGather = profile != WdfDmaProfilePacket && profile != WdfDmaProfilePacket64,
		.Dma32BitAddresses = TRUE,
		.Dma64BitAddresses = profile == WdfDmaProfilePacket64 ||
				     profile == WdfDmaProfileScatterGather64 ||
				     profile == WdfDmaProfileScatterGather64Duplex,
		.DmaAddressWidth = config->AddressWidthOverride,
		.InterfaceType = PCIBus,
		.MaximumLength = (ULONG)base_min(config->MaximumLength, MAXULONG),
	};
}

BASE_EXPORT NTSTATUS WdfDmaEnablerCreate(WDFDEVICE Device, PWDF_DMA_ENABLER_CONFIG Config,
					 PWDF_OBJECT_ATTRIBUTES Attributes,
					 WDFDMAENABLER *DmaEnablerHandle)
{
	struct wdf_plan plan = {
		.type = WDF_TYPE_DMA_ENABLER,
		.parenthood = WDF_PARENT_IGNORED,
		.payload = sizeof(struct enabler),
		.attributes = Attributes,
		.parent = wdf_object_of(Device, WDF_TYPE_DEVICE, "WdfDmaEnablerCreate",
					__builtin_return_address(0)),
		.frame = POOL_FRAME_KEPT(),
	};
	DEVICE_DESCRIPTION description;
	struct wdf_object *object;
	PDMA_ADAPTER adapter;
	NTSTATUS status;
	ULONG registers;

	wdf_check_pointer(Config, "WdfDmaEnablerCreate: Config is NULL",
			  __builtin_return_address(0));
	wdf_check_pointer(DmaEnablerHandle, "WdfDmaEnablerCreate: DmaEnablerHandle is NULL",
			  __builtin_return_address(0));
	*DmaEnablerHandle = NULL;
	if (Config->Size != sizeof(*Config))
		return STATUS_INFO_LENGTH_MISMATCH;
	if (Config->Profile <= WdfDmaProfileInvalid ||
	    Config->Profile > WdfDmaProfileSystemDuplex || Config->MaximumLength == 0)
		return STATUS_INVALID_PARAMETER;
	description = description_of(Config);
	adapter = kernel_dma_adapter_make(&description, &registers, plan.frame);
	if (adapter == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = wdf_object_make(&plan, &object);
	if (!NT_SUCCESS(status)) {
		adapter->DmaOperations->PutDmaAdapter(adapter);
		return status;
	}
	enabler_in(object)->adapter = adapter;
	object->destroy = put_adapter;
	*DmaEnablerHandle = (WDFDMAENABLER)object;
	return STATUS_SUCCESS;
}

/* --- common buffers ------------------------------------------------------------------------- */

static void free_buffer(PDMA_ADAPTER adapter, const struct common_buffer *buffer)
{
	adapter->DmaOperations->FreeCommonBuffer(adapter, buffer->allocated, buffer->logical,
						 buffer->start, TRUE);
}

static void give_buffer(struct wdf_object *object)
{
	struct common_buffer *buffer = buffer_in(object);

	free_buffer(enabler_in(buffer->enabler)->adapter, buffer);
}

/* What has to be allocated so that `length` bytes of it are aligned; pages are by themselves. */
static size_t with_alignment(size_t length, ULONG requirement)
{
	return length + (requirement >= PAGE_SIZE ? (size_t)requirement : 0);
}

static NTSTATUS create_buffer(struct wdf_object *enabler, size_t length, ULONG requirement,
			      PWDF_OBJECT_ATTRIBUTES attributes, struct pool_frame frame,
			      WDFCOMMONBUFFER *ret_buffer)
{
	struct wdf_plan plan = {
		.type = WDF_TYPE_COMMON_BUFFER,
		.payload = sizeof(struct common_buffer),
		.attributes = attributes,
		.parent = enabler,
		.frame = frame,
	};
	size_t wanted = with_alignment(length, requirement);
	struct common_buffer buffer = {.enabler = enabler, .length = length};
	PDMA_ADAPTER adapter = enabler_in(enabler)->adapter;
	struct wdf_object *object;
	NTSTATUS status;

	*ret_buffer = NULL;
	/* Its parent is the enabler, and no other can be given. */
	if (length == 0 || wanted > MAXULONG || (requirement & (requirement + 1)) != 0 ||
	    (attributes != NULL && attributes->ParentObject != NULL))
		return STATUS_INVALID_PARAMETER;
	buffer.allocated = (ULONG)wanted;
	buffer.start = kernel_dma_buffer_make(adapter, buffer.allocated, &buffer.logical, frame);
	if (buffer.start == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	buffer.skip = -(size_t)buffer.logical.QuadPart & requirement;
	status = wdf_object_make(&plan, &object);
	if (!NT_SUCCESS(status)) {
		free_buffer(adapter, &buffer);
		return status;
	}
	*buffer_in(object) = buffer;
	object->destroy = give_buffer;
	*ret_buffer = (WDFCOMMONBUFFER)object;
	return STATUS_SUCCESS;
}

BASE_EXPORT NTSTATUS WdfCommonBufferCreate(WDFDMAENABLER DmaEnabler, size_t Length,
					   PWDF_OBJECT_ATTRIBUTES Attributes,
					   WDFCOMMONBUFFER *CommonBuffer)
{
	const void *caller = __builtin_return_address(0);
	struct wdf_object *enabler =
		wdf_object_of(DmaEnabler, WDF_TYPE_DMA_ENABLER, "WdfCommonBufferCreate", caller);

	wdf_check_pointer(CommonBuffer, "WdfCommonBufferCreate: CommonBuffer is NULL", caller);
	return create_buffer(enabler, Length, 0, Attributes, POOL_FRAME_KEPT(), CommonBuffer);
}

BASE_EXPORT NTSTATUS WdfCommonBufferCreateWithConfig(WDFDMAENABLER DmaEnabler, size_t Length,
						     PWDF_COMMON_BUFFER_CONFIG Config,
						     PWDF_OBJECT_ATTRIBUTES Attributes,
						     WDFCOMMONBUFFER *CommonBuffer)
{
	const void *caller = __builtin_return_address(0);
	struct wdf_object *enabler = wdf_object_of(DmaEnabler, WDF_TYPE_DMA_ENABLER,
						   "WdfCommonBufferCreateWithConfig", caller);

	wdf_check_pointer(Config, "WdfCommonBufferCreateWithConfig: Config is NULL", caller);
	wdf_check_pointer(CommonBuffer, "WdfCommonBufferCreateWithConfig: CommonBuffer is NULL",
			  caller);
	if (Config->Size != sizeof(*Config))
		return STATUS_INFO_LENGTH_MISMATCH;
	return create_buffer(enabler, Length, Config->AlignmentRequirement, Attributes,
			     POOL_FRAME_KEPT(), CommonBuffer);
}

static struct common_buffer *buffer_of(WDFCOMMONBUFFER handle, const char *routine,
				       const void *caller)
{
	return buffer_in(wdf_object_of(handle, WDF_TYPE_COMMON_BUFFER, routine, caller));
}

BASE_EXPORT PVOID WdfCommonBufferGetAlignedVirtualAddress(WDFCOMMONBUFFER CommonBuffer)
{
	struct common_buffer *buffer =
		buffer_of(CommonBuffer, "WdfCommonBufferGetAlignedVirtualAddress",
			  __builtin_return_address(0));

	return (char *)buffer->start + buffer->skip;
}

BASE_EXPORT PHYSICAL_ADDRESS WdfCommonBufferGetAlignedLogicalAddress(WDFCOMMONBUFFER CommonBuffer)
{
	struct common_buffer *buffer =
		buffer_of(CommonBuffer, "WdfCommonBufferGetAlignedLogicalAddress",
			  __builtin_return_address(0));

	return (PHYSICAL_ADDRESS){.QuadPart = buffer->logical.QuadPart + (LONGLONG)buffer->skip};
}

BASE_EXPORT size_t WdfCommonBufferGetLength(WDFCOMMONBUFFER CommonBuffer)
{
	return buffer_of(CommonBuffer, "WdfCommonBufferGetLength", __builtin_return_address(0))
		->length;
}
