/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/handle.h"
#include "lib/base/atomic.h"
#include "lib/base/sys.h"
#include "lib/kernel/lock.h"
#include "lib/kernel/violation.h"
#include <pooltag/tag.h>

#define HANDLES_MAX 1024

static struct kernel_object *objects[HANDLES_MAX];

static uint32_t tag_of(enum kernel_object_kind kind)
{
	return kind == KERNEL_OBJECT_FILE ? POOLTAG_TAG('F', 'i', 'l', 'e')
					  : POOLTAG_TAG('S', 'e', 'c', 't');
}

struct kernel_object *kernel_object_make(enum kernel_object_kind kind, struct pool_frame frame)
{
	struct kernel_request request = {.bytes = sizeof(struct kernel_object),
					 .tag = tag_of(kind),
					 .pool = HEAP_POOL_NONPAGED,
					 .zero = 1,
					 .frame = frame};
	struct kernel_object *object = kernel_pool_allocate(&request);

	if (object != NULL)
		*object = (struct kernel_object){.kind = kind, .references = 1, .fd = -1};
	return object;
}

void kernel_object_take(struct kernel_object *object)
{
	__atomic_add_fetch(&object->references, 1, __ATOMIC_RELAXED);
}

uint32_t kernel_object_drop(struct kernel_object *object, const void *return_address)
{
	uint32_t left = __atomic_sub_fetch(&object->references, 1, __ATOMIC_ACQ_REL);

	if (left > 0)
		return left;
	if (object->fd >= 0)
		BASE_SYSCALL1(SYS_close, object->fd);
	kernel_pool_free(object, KERNEL_FREE_TAGGED, tag_of(object->kind), 0, return_address);
	return 0;
}

NTSTATUS kernel_handle_make(struct kernel_object *object, HANDLE *ret_handle)
{
	NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

	kernel_lock_take(KERNEL_LOCK_HANDLES);
	for (size_t i = 1; i < HANDLES_MAX; i++)
		if (objects[i] == NULL) {
			objects[i] = object;
			*ret_handle = (HANDLE)(i * 4);
			status = STATUS_SUCCESS;
			break;
		}
	kernel_lock_drop(KERNEL_LOCK_HANDLES);
	return status;
}

static struct kernel_object **slot_of(HANDLE handle)
{
	uintptr_t number = (uintptr_t)handle;

	return number % 4 == 0 && number / 4 > 0 && number / 4 < HANDLES_MAX ? &objects[number / 4]
									     : NULL;
}

struct kernel_object *kernel_handle_object(HANDLE handle, enum kernel_object_kind kind)
{
	struct kernel_object **slot = slot_of(handle);
	struct kernel_object *object;

	if (slot == NULL)
		return NULL;
	kernel_lock_take(KERNEL_LOCK_HANDLES);
	object = *slot;
	if (object != NULL && kind != 0 && object->kind != kind)
		object = NULL;
	if (object != NULL)
		kernel_object_take(object);
	kernel_lock_drop(KERNEL_LOCK_HANDLES);
	return object;
}

BASE_EXPORT NTSTATUS ZwClose(HANDLE Handle)
{
	struct kernel_object **slot = slot_of(Handle);
	struct kernel_object *object = NULL;

	if (slot != NULL) {
		kernel_lock_take(KERNEL_LOCK_HANDLES);
		object = *slot;
		*slot = NULL;
		kernel_lock_drop(KERNEL_LOCK_HANDLES);
	}
	if (object == NULL)
		return STATUS_INVALID_HANDLE;
	kernel_object_drop(object, __builtin_return_address(0));
	return STATUS_SUCCESS;
}

BASE_EXPORT NTSTATUS ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess,
					       POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
					       PVOID *Object,
					       POBJECT_HANDLE_INFORMATION HandleInformation)
{
	struct kernel_object *object = kernel_handle_object(Handle, 0);

	(void)ObjectType;
	(void)AccessMode;
	if (object == NULL)
		return STATUS_INVALID_HANDLE;
	if ((DesiredAccess & ~object->access & 0xffff) != 0) {
		kernel_object_drop(object, __builtin_return_address(0));
		return STATUS_ACCESS_DENIED;
	}
	if (HandleInformation != NULL)
		*HandleInformation = (OBJECT_HANDLE_INFORMATION){.GrantedAccess = object->access};
	*Object = object;
	return STATUS_SUCCESS;
}

BASE_EXPORT LONG_PTR ObfReferenceObject(PVOID Object)
{
	struct kernel_object *object = Object;

	kernel_object_take(object);
	return base_load_relaxed(&object->references);
}

BASE_EXPORT LONG_PTR ObfDereferenceObject(PVOID Object)
{
	struct kernel_object *object = Object;

	if (base_load_relaxed(&object->references) == 0)
		kernel_violation((struct kernel_violation){
			.code = 0x3F,
			.p2 = (uintptr_t)Object,
			.p3 = (uint64_t)-1,
			.what = "ObDereferenceObject of an object without references",
			.return_address = __builtin_return_address(0)});
	return kernel_object_drop(object, __builtin_return_address(0));
}
