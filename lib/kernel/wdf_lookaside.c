/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wdf_lookaside.c - the framework's lookaside lists
 *
 * Purpose: a list of the pool's, and the attributes of the memory objects that come from it. A
 * memory object references its list, so that the list outlives it.
 * Callers: drivers. Locking, context: as lookaside.h.
 */
#include "lib/kernel/wdf_memory.h"

/* The list first: memory objects know it by the start of the payload. */
struct lookaside {
	LOOKASIDE_LIST_EX list;
	size_t size;
	enum heap_pool pool;
	uint32_t tag;
	int has_attributes;
	WDF_OBJECT_ATTRIBUTES attributes;
};

static struct lookaside *lookaside_in(struct wdf_object *object)
{
	return (struct lookaside *)(void *)object->payload;
}

static void destroy_lookaside(struct wdf_object *object)
{
	kernel_list_delete(&lookaside_in(object)->list.L, __builtin_return_address(0));
}

static void init_list(struct lookaside *lookaside, POOL_TYPE type, const void *maker)
{
	struct kernel_list_plan plan = {
		.kind = POOLTAG_LOOKASIDE_WDF,
		.type = (uint32_t)type,
		.pool = lookaside->pool,
		.size = base_max(lookaside->size, LOOKASIDE_MINIMUM_BLOCK_SIZE),
		.tag = lookaside->tag,
		.ex = 1,
	};

	kernel_list_init(&lookaside->list.L, &plan, maker);
}

static enum heap_pool pool_of(POOL_TYPE type)
{
	return (uint32_t)type & PagedPool ? HEAP_POOL_PAGED : HEAP_POOL_NONPAGED;
}

BASE_EXPORT NTSTATUS WdfLookasideListCreate(PWDF_OBJECT_ATTRIBUTES LookasideAttributes,
					    size_t BufferSize, POOL_TYPE PoolType,
					    PWDF_OBJECT_ATTRIBUTES MemoryAttributes, ULONG PoolTag,
					    WDFLOOKASIDE *Lookaside)
{
	struct wdf_plan plan = {
		.type = WDF_TYPE_LOOKASIDE,
		.payload = sizeof(struct lookaside),
		.attributes = LookasideAttributes,
		.frame = POOL_FRAME_KEPT(),
	};
	struct wdf_object *object;
	struct lookaside *lookaside;
	NTSTATUS status;

	wdf_check_pointer(Lookaside, "WdfLookasideListCreate: Lookaside is NULL",
			  __builtin_return_address(0));
	*Lookaside = NULL;
	if (BufferSize == 0)
		return STATUS_INVALID_PARAMETER;
	status = wdf_check_attributes(MemoryAttributes);
	if (!NT_SUCCESS(status))
		return status;
	/* What a paged list makes is cleaned up with one device only. */
	if (pool_of(PoolType) == HEAP_POOL_PAGED && LookasideAttributes != NULL &&
	    MemoryAttributes != NULL && LookasideAttributes->ParentObject != NULL &&
	    MemoryAttributes->ParentObject != NULL &&
	    LookasideAttributes->ParentObject != MemoryAttributes->ParentObject)
		return STATUS_INVALID_PARAMETER;
	status = wdf_object_make(&plan, &object);
	if (!NT_SUCCESS(status))
		return status;
	lookaside = lookaside_in(object);
	lookaside->size = BufferSize;
	lookaside->pool = pool_of(PoolType);
	lookaside->tag = PoolTag != 0 ? PoolTag : wdf_driver_tag();
	lookaside->has_attributes = MemoryAttributes != NULL;
	if (MemoryAttributes != NULL)
		lookaside->attributes = *MemoryAttributes;
	init_list(lookaside, PoolType, __builtin_return_address(0));
	object->destroy = destroy_lookaside;
	*Lookaside = (WDFLOOKASIDE)object;
	return STATUS_SUCCESS;
}

static void destroy_memory(struct wdf_object *object)
{
	struct wdf_memory *memory = wdf_memory_in(object);

	kernel_list_free(&lookaside_in(memory->lookaside)->list.L, memory->buffer,
			 __builtin_return_address(0));
	wdf_object_dereference(memory->lookaside, NULL);
}

BASE_EXPORT NTSTATUS WdfMemoryCreateFromLookaside(WDFLOOKASIDE Lookaside, WDFMEMORY *Memory)
{
	const void *caller = __builtin_return_address(0);
	struct wdf_object *list = wdf_object_of(Lookaside, WDF_TYPE_LOOKASIDE,
						"WdfMemoryCreateFromLookaside", caller);
	struct lookaside *lookaside = lookaside_in(list);
	struct pool_frame frame = POOL_FRAME_KEPT();
	struct wdf_plan plan = {
		.type = WDF_TYPE_MEMORY,
		.payload = sizeof(struct wdf_memory),
		.attributes = lookaside->has_attributes ? &lookaside->attributes : NULL,
		.frame = frame,
	};
	/* Blocks that would stand in one with their object are zeroed with it. */
	unsigned zero = lookaside->pool != HEAP_POOL_PAGED && lookaside->size < PAGE_SIZE;
	struct wdf_object *object;
	NTSTATUS status;
	void *buffer;

	wdf_check_pointer(Memory, "WdfMemoryCreateFromLookaside: Memory is NULL", caller);
	*Memory = NULL;
	buffer = kernel_list_allocate(&lookaside->list.L, zero, frame);
	if (buffer == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = wdf_object_make(&plan, &object);
	if (!NT_SUCCESS(status)) {
		kernel_list_free(&lookaside->list.L, buffer, caller);
		return status;
	}
	wdf_object_reference(list);
	*wdf_memory_in(object) = (struct wdf_memory){.kind = WDF_MEMORY_LOOKASIDE,
						     .buffer = buffer,
						     .size = lookaside->size,
						     .lookaside = list};
	object->destroy = destroy_memory;
	*Memory = (WDFMEMORY)object;
	return STATUS_SUCCESS;
}
