/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/wdf_object.h"
#include "lib/kernel/bugcheck.h"
#include "lib/kernel/lock.h"
#include "lib/kernel/thread.h"
#include "lib/pool/alloc.h"
#include "lib/pool/describe.h"

/* WDF_VIOLATION's first parameter, as documented. */
#define VIOLATION_NULL_POINTER 0x4
#define VIOLATION_HANDLE       0x5
#define VIOLATION_OBJECT       0x7
#define VIOLATION_IRQL         0xE
#define VIOLATION_REGION       0xF

#define MAGIC                  0x7463656a624f6657u

static const char *const type_names[] = {
	[WDF_TYPE_OBJECT] = "WDFOBJECT",
	[WDF_TYPE_DRIVER] = "WDFDRIVER",
	[WDF_TYPE_DEVICE] = "WDFDEVICE",
	[WDF_TYPE_QUEUE] = "WDFQUEUE",
	[WDF_TYPE_REQUEST] = "WDFREQUEST",
	[WDF_TYPE_MEMORY] = "WDFMEMORY",
	[WDF_TYPE_LOOKASIDE] = "WDFLOOKASIDE",
	[WDF_TYPE_DMA_ENABLER] = "WDFDMAENABLER",
	[WDF_TYPE_COMMON_BUFFER] = "WDFCOMMONBUFFER",
};

/* --- reports -------------------------------------------------------------------------------- */

static BASE_COLD __attribute__((noreturn)) void violation(uint64_t code, const void *handle,
							  const char *routine, const char *what,
							  const void *return_address)
{
	struct kernel_bug bug;

	kernel_bug_open(&bug, WDF_VIOLATION, code, (uintptr_t)handle, 0, 0);
	base_text_add(&bug.text, routine);
	base_text_add(&bug.text, ": ");
	base_text_hex(&bug.text, (uintptr_t)handle);
	base_text_add(&bug.text, what);
	kernel_bug_caller(&bug, return_address);
	kernel_bug_close(&bug);
}

void wdf_check_pointer(const void *pointer, const char *routine, const void *return_address)
{
	if (BASE_UNLIKELY(pointer == NULL))
		kernel_bug_check(WDF_VIOLATION, VIOLATION_NULL_POINTER, 0,
				 (uintptr_t)return_address, 0, routine, return_address);
}

struct wdf_call wdf_call_begin(void)
{
	return (struct wdf_call){.irql = kernel_irql, .regions = kernel_thread()->critical_regions};
}

static BASE_COLD __attribute__((noreturn)) void bad_return(struct wdf_call call, uintptr_t callback,
							   const char *name)
{
	struct kernel_bug bug;

	if (kernel_irql != call.irql)
		kernel_bug_open(&bug, WDF_VIOLATION, VIOLATION_IRQL, call.irql, kernel_irql, 0);
	else
		kernel_bug_open(&bug, WDF_VIOLATION, VIOLATION_REGION, callback, 0, 0);
	base_text_add(&bug.text, name);
	if (kernel_irql != call.irql) {
		base_text_add(&bug.text, ", called at ");
		kernel_add_irql(&bug.text, call.irql);
		base_text_add(&bug.text, ", returned at ");
		kernel_add_irql(&bug.text, kernel_irql);
	} else {
		base_text_add(&bug.text, " entered a critical region and did not leave it");
	}
	base_text_add(&bug.text, ": ");
	/* A place inside of it: an address that a call returns to is behind the call. */
	pool_describe_text(&bug.text, callback + 1);
	kernel_bug_close(&bug);
}

void wdf_call_end(struct wdf_call call, uintptr_t callback, const char *name)
{
	if (BASE_UNLIKELY(kernel_irql != call.irql ||
			  kernel_thread()->critical_regions > call.regions))
		bad_return(call, callback, name);
}

static uint64_t magic_of(const struct wdf_object *object)
{
	return MAGIC ^ (uintptr_t)object;
}

struct wdf_object *wdf_object_of(const void *handle, enum wdf_type type, const char *routine,
				 const void *return_address)
{
	struct pool_identified what = pool_identify(handle);
	struct wdf_object *object = (struct wdf_object *)(uintptr_t)handle;

	if (BASE_UNLIKELY(what.identity != POOL_IS_LIVE ||
			  !(pool_site_uses[what.site] & POOL_USE_OBJECT) ||
			  object->magic != magic_of(object)))
		violation(VIOLATION_HANDLE, handle, routine,
			  " is no handle, or that of an object that is gone", return_address);
	if (BASE_UNLIKELY(type != 0 && object->type != type)) {
		char text[80];
		struct base_text line = base_text_in(text, sizeof(text));

		base_text_add(&line, " is a ");
		base_text_add(&line, type_names[object->type]);
		base_text_add(&line, ", not a ");
		base_text_add(&line, type_names[type]);
		violation(VIOLATION_HANDLE, handle, routine, text, return_address);
	}
	return object;
}

/* --- memory --------------------------------------------------------------------------------- */

void *wdf_take(size_t bytes, struct pool_frame frame)
{
	struct kernel_request request = {
		.bytes = bytes,
		.tag = wdf_driver_tag(),
		.pool = HEAP_POOL_NONPAGED,
		.use = POOL_USE_OBJECT,
		.zero = 1,
		.frame = frame,
	};

	return kernel_pool_allocate(&request);
}

void wdf_give(void *block)
{
	kernel_pool_free(block, KERNEL_FREE_ANY, 0, POOL_USE_OBJECT, __builtin_return_address(0));
}

/* --- contexts ------------------------------------------------------------------------------- */

NTSTATUS wdf_check_attributes(const WDF_OBJECT_ATTRIBUTES *attributes)
{
	const WDF_OBJECT_CONTEXT_TYPE_INFO *type;

	if (attributes == NULL)
		return STATUS_SUCCESS;
	type = attributes->ContextTypeInfo;
	if (attributes->Size != sizeof(*attributes) ||
	    (type != NULL && type->Size != sizeof(*type)))
		return STATUS_INFO_LENGTH_MISMATCH;
	if (type != NULL ? (type->ContextName != NULL && type->ContextSize == 0) ||
				   (attributes->ContextSizeOverride != 0 &&
				    attributes->ContextSizeOverride < type->ContextSize)
			 : attributes->ContextSizeOverride != 0)
		return STATUS_WDF_OBJECT_ATTRIBUTES_INVALID;
	if (attributes->ExecutionLevel <= WdfExecutionLevelInvalid ||
	    attributes->ExecutionLevel > WdfExecutionLevelDispatch ||
	    attributes->SynchronizationScope <= WdfSynchronizationScopeInvalid ||
	    attributes->SynchronizationScope > WdfSynchronizationScopeNone)
		return STATUS_WDF_OBJECT_ATTRIBUTES_INVALID;
	return STATUS_SUCCESS;
}

/* Adds what attributes say of a context and of callbacks. */
static NTSTATUS add_context(struct wdf_object *object, const WDF_OBJECT_ATTRIBUTES *attributes,
			    struct pool_frame frame, struct wdf_context **ret_context)
{
	const WDF_OBJECT_CONTEXT_TYPE_INFO *type = attributes->ContextTypeInfo;
	struct wdf_context *context;
	struct wdf_context **end = &object->contexts;
	size_t bytes = 0;

	if (type != NULL)
		bytes = base_max(type->ContextSize, attributes->ContextSizeOverride);
	if (bytes > SIZE_MAX - sizeof(*context))
		return STATUS_INTEGER_OVERFLOW;
	context = wdf_take(sizeof(*context) + bytes, frame);
	if (context == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	context->object = object;
	context->type = type != NULL ? type->UniqueType : NULL;
	context->cleanup = attributes->EvtCleanupCallback;
	context->destroy = attributes->EvtDestroyCallback;
	kernel_lock_take(KERNEL_LOCK_TREE);
	while (*end != NULL)
		end = &(*end)->next;
	*end = context;
	kernel_lock_drop(KERNEL_LOCK_TREE);
	*ret_context = context;
	return STATUS_SUCCESS;
}

static struct wdf_context *find_context(const struct wdf_object *object,
					const WDF_OBJECT_CONTEXT_TYPE_INFO *type)
{
	for (struct wdf_context *c = object->contexts; c != NULL; c = c->next)
		if (c->type != NULL && c->type == type->UniqueType)
			return c;
	return NULL;
}

BASE_EXPORT PVOID WdfObjectGetTypedContextWorker(WDFOBJECT Handle,
						 PCWDF_OBJECT_CONTEXT_TYPE_INFO TypeInfo)
{
	struct wdf_object *object =
		wdf_object_of(Handle, 0, "WdfObjectGetTypedContext", __builtin_return_address(0));
	struct wdf_context *context = find_context(object, TypeInfo);

	return context != NULL ? context->bytes : NULL;
}

BASE_EXPORT WDFOBJECT WdfObjectContextGetObject(PVOID ContextPointer)
{
	return CONTAINING_RECORD(ContextPointer, struct wdf_context, bytes)->object;
}

BASE_EXPORT NTSTATUS WdfObjectAllocateContext(WDFOBJECT Handle,
					      PWDF_OBJECT_ATTRIBUTES ContextAttributes,
					      PVOID *Context)
{
	struct wdf_object *object =
		wdf_object_of(Handle, 0, "WdfObjectAllocateContext", __builtin_return_address(0));
	struct wdf_context *context;
	NTSTATUS status;

	wdf_check_pointer(ContextAttributes, "WdfObjectAllocateContext: ContextAttributes is NULL",
			  __builtin_return_address(0));
	status = wdf_check_attributes(ContextAttributes);
	if (!NT_SUCCESS(status))
		return status;
	if (ContextAttributes->ContextTypeInfo == NULL)
		return STATUS_OBJECT_NAME_INVALID;
	if (ContextAttributes->ParentObject != NULL)
		return STATUS_INVALID_PARAMETER;
	if (object->state != WDF_STATE_LIVE)
		return STATUS_DELETE_PENDING;
	context = find_context(object, ContextAttributes->ContextTypeInfo);
	if (context != NULL) {
		if (Context != NULL)
			*Context = context->bytes;
		return STATUS_OBJECT_NAME_EXISTS;
	}
	status = add_context(object, ContextAttributes, POOL_FRAME_KEPT(), &context);
	if (NT_SUCCESS(status) && Context != NULL)
		*Context = context->bytes;
	return status;
}

/* --- the tree ------------------------------------------------------------------------------- */

static NTSTATUS link_to(struct wdf_object *object, struct wdf_object *parent)
{
	NTSTATUS status = STATUS_SUCCESS;

	if (parent == NULL)
		return status;
	kernel_lock_take(KERNEL_LOCK_TREE);
	if (parent->state == WDF_STATE_LIVE) {
		object->parent = parent;
		object->next = parent->first_child;
		if (object->next != NULL)
			object->next->previous = object;
		parent->first_child = object;
	} else {
		status = STATUS_DELETE_PENDING;
	}
	kernel_lock_drop(KERNEL_LOCK_TREE);
	if (NT_SUCCESS(status))
		wdf_object_reference(parent);
	return status;
}

/* Under the lock. The parent stays referenced until the object is gone. */
static void unlink_locked(struct wdf_object *object)
{
	if (object->parent == NULL)
		return;
	if (object->previous != NULL)
		object->previous->next = object->next;
	else
		object->parent->first_child = object->next;
	if (object->next != NULL)
		object->next->previous = object->previous;
	object->next = NULL;
	object->previous = NULL;
}

static struct wdf_object *begin_first_child(struct wdf_object *parent)
{
	struct wdf_object *child;

	kernel_lock_take(KERNEL_LOCK_TREE);
	child = parent->first_child;
	if (child != NULL) {
		unlink_locked(child);
		child->state = WDF_STATE_DELETING;
	}
	kernel_lock_drop(KERNEL_LOCK_TREE);
	return child;
}

/* Cleanup and destroy callbacks are of one type. */
static void call_back(PFN_WDF_OBJECT_CONTEXT_CLEANUP callback, struct wdf_object *object,
		      const char *name)
{
	struct wdf_call call;

	if (callback == NULL)
		return;
	call = wdf_call_begin();
	callback((WDFOBJECT)object);
	wdf_call_end(call, (uintptr_t)callback, name);
}

/* Children first; then the object's own cleanup, then its first reference. */
static void dispose(struct wdf_object *object)
{
	struct wdf_object *child;

	while ((child = begin_first_child(object)) != NULL)
		dispose(child);
	for (struct wdf_context *c = object->contexts; c != NULL; c = c->next)
		call_back(c->cleanup, object, "EvtCleanupCallback");
	object->state = WDF_STATE_DELETED;
	wdf_object_dereference(object, NULL);
}

void wdf_object_delete(struct wdf_object *object)
{
	int first;

	kernel_lock_take(KERNEL_LOCK_TREE);
	first = object->state == WDF_STATE_LIVE;
	if (first) {
		unlink_locked(object);
		object->state = WDF_STATE_DELETING;
	}
	kernel_lock_drop(KERNEL_LOCK_TREE);
	/* A parent that is being deleted has been faster: legal, and nothing to do. */
	if (first)
		dispose(object);
}

void wdf_object_reference(struct wdf_object *object)
{
	__atomic_fetch_add(&object->references, 1, __ATOMIC_RELAXED);
}

static void destroy(struct wdf_object *object)
{
	struct wdf_object *parent = object->parent;
	struct wdf_context *context;

	for (context = object->contexts; context != NULL; context = context->next)
		call_back(context->destroy, object, "EvtDestroyCallback");
	if (object->destroy != NULL)
		object->destroy(object);
	while ((context = object->contexts) != NULL) {
		object->contexts = context->next;
		wdf_give(context);
	}
	object->magic = 0;
	wdf_give(object);
	if (parent != NULL)
		wdf_object_dereference(parent, NULL);
}

void wdf_object_dereference(struct wdf_object *object, const void *return_address)
{
	if (__atomic_sub_fetch(&object->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	if (BASE_UNLIKELY(object->state != WDF_STATE_DELETED))
		violation(VIOLATION_OBJECT, object, "WdfObjectDereference",
			  " has no reference left, but was not deleted", return_address);
	destroy(object);
}

/* --- make ----------------------------------------------------------------------------------- */

static NTSTATUS parent_of(const struct wdf_plan *plan, struct wdf_object **ret_parent)
{
	const WDF_OBJECT_ATTRIBUTES *attributes = plan->attributes;
	NTSTATUS status = wdf_check_attributes(attributes);

	*ret_parent = plan->parent != NULL ? plan->parent : wdf_driver;
	if (!NT_SUCCESS(status) || attributes == NULL || attributes->ParentObject == NULL ||
	    plan->parenthood == WDF_PARENT_IGNORED)
		return status;
	if (plan->parenthood == WDF_PARENT_NONE)
		return STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED;
	*ret_parent = wdf_object_of(attributes->ParentObject, 0, "ParentObject",
				    (const void *)pool_frame_caller(plan->frame));
	return STATUS_SUCCESS;
}

NTSTATUS wdf_object_make(const struct wdf_plan *plan, struct wdf_object **ret_object)
{
	const WDF_OBJECT_ATTRIBUTES *attributes = plan->attributes;
	struct wdf_context *context;
	struct wdf_object *parent;
	struct wdf_object *object;
	NTSTATUS status = parent_of(plan, &parent);

	if (!NT_SUCCESS(status))
		return status;
	object = wdf_take(sizeof(*object) + plan->payload, plan->frame);
	if (object == NULL)
		return STATUS_INSUFFICIENT_RESOURCES;
	object->magic = magic_of(object);
	object->type = (uint8_t)plan->type;
	object->kept = plan->type == WDF_TYPE_DRIVER || plan->type == WDF_TYPE_DEVICE ||
		       plan->type == WDF_TYPE_REQUEST;
	object->references = 1;
	if (attributes != NULL &&
	    (attributes->ContextTypeInfo != NULL || attributes->EvtCleanupCallback != NULL ||
	     attributes->EvtDestroyCallback != NULL))
		status = add_context(object, attributes, plan->frame, &context);
	if (NT_SUCCESS(status))
		status = link_to(object, plan->type == WDF_TYPE_DRIVER ? NULL : parent);
	if (!NT_SUCCESS(status)) {
		if (object->contexts != NULL)
			wdf_give(object->contexts);
		wdf_give(object);
		return status;
	}
	object->destroy = plan->destroy;
	*ret_object = object;
	return STATUS_SUCCESS;
}

BASE_EXPORT NTSTATUS WdfObjectCreate(PWDF_OBJECT_ATTRIBUTES Attributes, WDFOBJECT *Object)
{
	struct wdf_plan plan = {
		.type = WDF_TYPE_OBJECT,
		.attributes = Attributes,
		.frame = POOL_FRAME_KEPT(),
	};
	struct wdf_object *object;
	NTSTATUS status;

	wdf_check_pointer(Object, "WdfObjectCreate: Object is NULL", __builtin_return_address(0));
	status = wdf_object_make(&plan, &object);
	*Object = NT_SUCCESS(status) ? (WDFOBJECT)object : NULL;
	return status;
}

BASE_EXPORT void WdfObjectDelete(WDFOBJECT Object)
{
	const char *name = "WdfObjectDelete";
	const void *caller = __builtin_return_address(0);
	struct wdf_object *object = wdf_object_of(Object, 0, name, caller);

	if (object->state == WDF_STATE_DELETED)
		violation(VIOLATION_OBJECT, object, name, " was deleted before", caller);
	if (object->kept)
		violation(VIOLATION_OBJECT, object, name, ", which only the framework deletes",
			  caller);
	wdf_object_delete(object);
}

BASE_EXPORT void WdfObjectReferenceActual(WDFOBJECT Handle, PVOID Tag, LONG Line, PCSTR File)
{
	(void)Tag;
	(void)Line;
	(void)File;
	wdf_object_reference(
		wdf_object_of(Handle, 0, "WdfObjectReference", __builtin_return_address(0)));
}

BASE_EXPORT void WdfObjectDereferenceActual(WDFOBJECT Handle, PVOID Tag, LONG Line, PCSTR File)
{
	const void *caller = __builtin_return_address(0);

	(void)Tag;
	(void)Line;
	(void)File;
	wdf_object_dereference(wdf_object_of(Handle, 0, "WdfObjectDereference", caller), caller);
}
