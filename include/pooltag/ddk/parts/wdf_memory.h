/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wdf_memory.h - framework memory objects, lookaside lists, memory descriptors
 */
#ifndef POOLTAG_DDK_WDF_MEMORY_H
#define POOLTAG_DDK_WDF_MEMORY_H

#pragma GCC system_header

#include "wdf_object.h"

typedef struct _WDFMEMORY_OFFSET {
	size_t BufferOffset;
	size_t BufferLength;
} WDFMEMORY_OFFSET, *PWDFMEMORY_OFFSET;

typedef enum _WDF_MEMORY_DESCRIPTOR_TYPE {
	WdfMemoryDescriptorTypeInvalid = 0,
	WdfMemoryDescriptorTypeBuffer,
	WdfMemoryDescriptorTypeMdl,
	WdfMemoryDescriptorTypeHandle,
} WDF_MEMORY_DESCRIPTOR_TYPE;

struct _MDL;

typedef struct _WDF_MEMORY_DESCRIPTOR {
	WDF_MEMORY_DESCRIPTOR_TYPE Type;

	union {
		struct {
			PVOID Buffer;
			ULONG Length;
		} BufferType;

		struct {
			struct _MDL *Mdl;
			ULONG BufferLength;
		} MdlType;

		struct {
			WDFMEMORY Memory;
			PWDFMEMORY_OFFSET Offsets;
		} HandleType;
	} u;
} WDF_MEMORY_DESCRIPTOR, *PWDF_MEMORY_DESCRIPTOR;

static __forceinline void WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(PWDF_MEMORY_DESCRIPTOR Descriptor,
							    PVOID Buffer, ULONG BufferLength)
{
	memset(Descriptor, 0, sizeof(*Descriptor));
	Descriptor->Type = WdfMemoryDescriptorTypeBuffer;
	Descriptor->u.BufferType.Buffer = Buffer;
	Descriptor->u.BufferType.Length = BufferLength;
}

static __forceinline void WDF_MEMORY_DESCRIPTOR_INIT_MDL(PWDF_MEMORY_DESCRIPTOR Descriptor,
							 struct _MDL *Mdl, ULONG BufferLength)
{
	memset(Descriptor, 0, sizeof(*Descriptor));
	Descriptor->Type = WdfMemoryDescriptorTypeMdl;
	Descriptor->u.MdlType.Mdl = Mdl;
	Descriptor->u.MdlType.BufferLength = BufferLength;
}

static __forceinline void WDF_MEMORY_DESCRIPTOR_INIT_HANDLE(PWDF_MEMORY_DESCRIPTOR Descriptor,
							    WDFMEMORY Memory,
							    PWDFMEMORY_OFFSET Offsets)
{
	memset(Descriptor, 0, sizeof(*Descriptor));
	Descriptor->Type = WdfMemoryDescriptorTypeHandle;
	Descriptor->u.HandleType.Memory = Memory;
	Descriptor->u.HandleType.Offsets = Offsets;
}

EXTERN_C_START

NTSTATUS WdfMemoryCreate(PWDF_OBJECT_ATTRIBUTES Attributes, POOL_TYPE PoolType, ULONG PoolTag,
			 size_t BufferSize, WDFMEMORY *Memory, PVOID *Buffer);
NTSTATUS WdfMemoryCreatePreallocated(PWDF_OBJECT_ATTRIBUTES Attributes, PVOID Buffer,
				     size_t BufferSize, WDFMEMORY *Memory);
NTSTATUS WdfMemoryAssignBuffer(WDFMEMORY Memory, PVOID Buffer, size_t BufferSize);
PVOID WdfMemoryGetBuffer(WDFMEMORY Memory, size_t *BufferSize);
NTSTATUS WdfMemoryCopyToBuffer(WDFMEMORY SourceMemory, size_t SourceOffset, PVOID Buffer,
			       size_t NumBytesToCopyTo);
NTSTATUS WdfMemoryCopyFromBuffer(WDFMEMORY DestinationMemory, size_t DestinationOffset,
				 PVOID Buffer, size_t NumBytesToCopyFrom);

NTSTATUS WdfLookasideListCreate(PWDF_OBJECT_ATTRIBUTES LookasideAttributes, size_t BufferSize,
				POOL_TYPE PoolType, PWDF_OBJECT_ATTRIBUTES MemoryAttributes,
				ULONG PoolTag, WDFLOOKASIDE *Lookaside);
NTSTATUS WdfMemoryCreateFromLookaside(WDFLOOKASIDE Lookaside, WDFMEMORY *Memory);

/*
 * The bytes a descriptor stands for, as an I/O target finds them: STATUS_INVALID_PARAMETER when it
 * is none, STATUS_INVALID_BUFFER_SIZE when its offsets reach beyond its memory,
 * STATUS_INTEGER_OVERFLOW.
 */
NTSTATUS PooltagMemoryDescriptorBuffer(const WDF_MEMORY_DESCRIPTOR *Descriptor, PVOID *Buffer,
				       size_t *Length);

EXTERN_C_END

#endif
