/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/handle.h"
#include "lib/base/atomic.h"
#include "lib/base/sys.h"
#include "lib/kernel/lock.h"
#include "lib/kernel/violation.h"
#include "lib/pool/identify.h"
#include <pooltag/tag.h>

#define HANDLES_MAX 1024
#define MAGIC       0x6b4f62546a6c6f50u

/* What ObjectType can name. */
struct _OBJECT_TYPE {
	enum kernel_object_kind kind;
};

static struct _OBJECT_TYPE file_type = {KERNEL_OBJECT_FILE};
static POBJECT_TYPE file_type_address = &file_type;

BASE_EXPORT POBJECT_TYPE *IoFileObjectType = &file_type_address;

static struct kernel_object *objects[HANDLES_MAX];

static uint32_t tag_of(enum kernel_object_kind kind)
{
	return kind == KERNEL_OBJECT_FILE ? POOLTAG_TAG('F', 'i', 'l', 'e')
					  : POOLTAG_TAG('S', 'e', 'c', 't');
}

static uint64_t magic_of(const struct kernel_object *object)
{
	return MAGIC ^ (uintptr_t)object;
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
		*object = (struct kernel_object){
			.magic = magic_of(object), .kind = kind, .references = 1, .fd = -1};
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
	object->magic = 0;
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

	KERNEL_CHECK_SERVICE("ZwClose");
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

/* A user may pass anything; what the driver says is the kernel's has to be right. */
static NTSTATUS no_such_handle(HANDLE handle, POBJECT_TYPE type, KPROCESSOR_MODE mode,
			       const void *return_address)
{
	struct kernel_violation violation = {
		.p2 = (uintptr_t)handle, .p3 = (uintptr_t)type, .return_address = return_address};

	if (mode != KernelMode)
		return STATUS_INVALID_HANDLE;
	violation.code = handle == NULL ? 0xF5 : 0x3C;
	violation.what = handle == NULL ? "ObReferenceObjectByHandle of a NULL handle"
					: "ObReferenceObjectByHandle of a handle that is none";
	kernel_violation(violation);
}

BASE_EXPORT NTSTATUS ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess,
					       POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
					       PVOID *Object,
					       POBJECT_HANDLE_INFORMATION HandleInformation)
{
	const void *caller = __builtin_return_address(0);
	struct kernel_object *object = kernel_handle_object(Handle, 0);
	NTSTATUS status = STATUS_SUCCESS;

	KERNEL_CHECK_IRQL(PASSIVE_LEVEL, 0xE5, 0, 0, "ObReferenceObjectByHandle");
	if (object == NULL)
		return no_such_handle(Handle, ObjectType, AccessMode, caller);
	if (ObjectType != NULL && ObjectType->kind != object->kind)
		status = STATUS_OBJECT_TYPE_MISMATCH;
	else if (AccessMode != KernelMode && (DesiredAccess & ~object->access & 0xffff) != 0)
		status = STATUS_ACCESS_DENIED;
	if (!NT_SUCCESS(status)) {
		kernel_object_drop(object, caller);
		return status;
	}
	if (HandleInformation != NULL)
		*HandleInformation = (OBJECT_HANDLE_INFORMATION){.GrantedAccess = object->access};
	*Object = object;
	return STATUS_SUCCESS;
}

/*
 * The object, if it is one that goes with its last reference. Threads, the process and the driver
 * are none: they are not counted. One that is gone is a bug check, with `change` in it.
 */
static struct kernel_object *counted(PVOID address, int64_t change, const char *what,
				     const void *return_address)
{
	struct pool_identified known = pool_identify(address);
	struct kernel_object *object = address;

	if (known.identity == POOL_IS_LIVE && known.requested == sizeof(*object) &&
	    object->magic == magic_of(object))
		return object;
	if (address == NULL || known.identity == POOL_IS_FREED)
		kernel_violation((struct kernel_violation){.code = 0x3F,
							   .p2 = (uintptr_t)address,
							   .p3 = (uint64_t)change,
							   .what = what,
							   .return_address = return_address});
	return NULL;
}

BASE_EXPORT LONG_PTR ObfReferenceObject(PVOID Object)
{
	struct kernel_object *object =
		counted(Object, 1, "ObReferenceObject of an object without references",
			__builtin_return_address(0));

	if (object == NULL)
		return 1;
	kernel_object_take(object);
	return base_load_relaxed(&object->references);
}

BASE_EXPORT LONG_PTR ObfDereferenceObject(PVOID Object)
{
	const void *caller = __builtin_return_address(0);
	struct kernel_object *object =
		counted(Object, -1, "ObDereferenceObject of an object without references", caller);

	return object != NULL ? kernel_object_drop(object, caller) : 1;
}
