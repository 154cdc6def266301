/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wdf_object.h - framework objects: parents, references, contexts, callbacks
 *
 * Deleting an object deletes its children first; cleanup callbacks run then, destroy callbacks when
 * the last reference is gone. An object without a parent belongs to the driver object, or to the
 * device or request its routine says. A handle that is none is bug check WDF_VIOLATION (0x10D,
 * 0x5).
 */
#ifndef POOLTAG_DDK_WDF_OBJECT_H
#define POOLTAG_DDK_WDF_OBJECT_H

#pragma GCC system_header

#include "driver.h"
#include "lookaside.h"

typedef HANDLE WDFOBJECT, *PWDFOBJECT;

DECLARE_HANDLE(WDFDRIVER);
DECLARE_HANDLE(WDFDEVICE);
DECLARE_HANDLE(WDFQUEUE);
DECLARE_HANDLE(WDFREQUEST);
DECLARE_HANDLE(WDFMEMORY);
DECLARE_HANDLE(WDFLOOKASIDE);
DECLARE_HANDLE(WDFDMAENABLER);
DECLARE_HANDLE(WDFCOMMONBUFFER);

#define STATUS_WDF_OBJECT_ATTRIBUTES_INVALID     ((NTSTATUS)0xC0200209)
#define STATUS_WDF_NO_CALLBACK                   ((NTSTATUS)0xC020020B)
#define STATUS_WDF_PARENT_ALREADY_ASSIGNED       ((NTSTATUS)0xC020020D)
#define STATUS_WDF_PARENT_IS_SELF                ((NTSTATUS)0xC020020E)
#define STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED ((NTSTATUS)0xC020020F)
#define STATUS_WDF_SYNCHRONIZATION_SCOPE_INVALID ((NTSTATUS)0xC0200210)
#define STATUS_WDF_EXECUTION_LEVEL_INVALID       ((NTSTATUS)0xC0200211)
#define STATUS_WDF_PARENT_NOT_SPECIFIED          ((NTSTATUS)0xC0200212)

#define WDF_NO_HANDLE                            NULL
#define WDF_NO_OBJECT_ATTRIBUTES                 NULL
#define WDF_NO_CONTEXT                           NULL
#define WDF_NO_EVENT_CALLBACK                    NULL

/* AlignTo is a power of two. UP may overflow to less than Length, as documented. */
#define WDF_ALIGN_SIZE_DOWN(Length, AlignTo) ((size_t)(Length) & ~((size_t)(AlignTo)-1))
#define WDF_ALIGN_SIZE_UP(Length, AlignTo) \
	WDF_ALIGN_SIZE_DOWN((size_t)(Length) + (size_t)(AlignTo)-1, AlignTo)

typedef void EVT_WDF_OBJECT_CONTEXT_CLEANUP(WDFOBJECT Object);
typedef EVT_WDF_OBJECT_CONTEXT_CLEANUP *PFN_WDF_OBJECT_CONTEXT_CLEANUP;
typedef void EVT_WDF_OBJECT_CONTEXT_DESTROY(WDFOBJECT Object);
typedef EVT_WDF_OBJECT_CONTEXT_DESTROY *PFN_WDF_OBJECT_CONTEXT_DESTROY;

typedef enum _WDF_EXECUTION_LEVEL {
	WdfExecutionLevelInvalid = 0,
	WdfExecutionLevelInheritFromParent,
	WdfExecutionLevelPassive,
	WdfExecutionLevelDispatch,
} WDF_EXECUTION_LEVEL;

typedef enum _WDF_SYNCHRONIZATION_SCOPE {
	WdfSynchronizationScopeInvalid = 0,
	WdfSynchronizationScopeInheritFromParent,
	WdfSynchronizationScopeDevice,
	WdfSynchronizationScopeQueue,
	WdfSynchronizationScopeNone,
} WDF_SYNCHRONIZATION_SCOPE;

typedef enum _WDF_TRI_STATE { WdfFalse = FALSE, WdfTrue = TRUE, WdfUseDefault = 2 } WDF_TRI_STATE;

typedef struct _WDF_OBJECT_CONTEXT_TYPE_INFO {
	ULONG Size;
	PCSTR ContextName;
	size_t ContextSize;
	const struct _WDF_OBJECT_CONTEXT_TYPE_INFO *UniqueType;
	PVOID EvtDriverGetUniqueContextType;
} WDF_OBJECT_CONTEXT_TYPE_INFO, *PWDF_OBJECT_CONTEXT_TYPE_INFO;

typedef const WDF_OBJECT_CONTEXT_TYPE_INFO *PCWDF_OBJECT_CONTEXT_TYPE_INFO;

typedef struct _WDF_OBJECT_ATTRIBUTES {
	ULONG Size;
	PFN_WDF_OBJECT_CONTEXT_CLEANUP EvtCleanupCallback;
	PFN_WDF_OBJECT_CONTEXT_DESTROY EvtDestroyCallback;
	WDF_EXECUTION_LEVEL ExecutionLevel;
	WDF_SYNCHRONIZATION_SCOPE SynchronizationScope;
	WDFOBJECT ParentObject;
	size_t ContextSizeOverride;
	PCWDF_OBJECT_CONTEXT_TYPE_INFO ContextTypeInfo;
} WDF_OBJECT_ATTRIBUTES, *PWDF_OBJECT_ATTRIBUTES;

static __forceinline void WDF_OBJECT_ATTRIBUTES_INIT(PWDF_OBJECT_ATTRIBUTES Attributes)
{
	memset(Attributes, 0, sizeof(*Attributes));
	Attributes->Size = sizeof(*Attributes);
	Attributes->ExecutionLevel = WdfExecutionLevelInheritFromParent;
	Attributes->SynchronizationScope = WdfSynchronizationScopeInheritFromParent;
}

#define WDF_TYPE_NAME_TO_TYPE_INFO(type) _WDF_##type##_TYPE_INFO
#define WDF_GET_CONTEXT_TYPE_INFO(type)  (&WDF_TYPE_NAME_TO_TYPE_INFO(type))
#define WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(a, type) \
	((a)->ContextTypeInfo = WDF_GET_CONTEXT_TYPE_INFO(type)->UniqueType)
#define WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(a, type)         \
	do {                                                     \
		WDF_OBJECT_ATTRIBUTES_INIT(a);                   \
		WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(a, type); \
	} while (0)

/* A context type is one object in the whole driver: a weak definition in every file. */
#ifdef __cplusplus
#	define POOLTAG_DEFINE_C extern "C"
#else
#	define POOLTAG_DEFINE_C
#endif
#define WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(type, function)                                         \
	EXTERN_C const WDF_OBJECT_CONTEXT_TYPE_INFO WDF_TYPE_NAME_TO_TYPE_INFO(type);              \
	POOLTAG_DEFINE_C const WDF_OBJECT_CONTEXT_TYPE_INFO DECLSPEC_SELECTANY                     \
		WDF_TYPE_NAME_TO_TYPE_INFO(type) = {sizeof(WDF_OBJECT_CONTEXT_TYPE_INFO), #type,   \
						    sizeof(type), WDF_GET_CONTEXT_TYPE_INFO(type), \
						    NULL};                                         \
	static __forceinline __attribute__((unused)) type *function(WDFOBJECT Handle)              \
	{                                                                                          \
		return (type *)WdfObjectGetTypedContextWorker(                                     \
			Handle, WDF_GET_CONTEXT_TYPE_INFO(type)->UniqueType);                      \
	}
#define WDF_DECLARE_CONTEXT_TYPE(type) WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(type, WdfObjectGet_##type)
#define WdfObjectGetTypedContext(handle, type)            \
	((type *)WdfObjectGetTypedContextWorker((handle), \
						WDF_GET_CONTEXT_TYPE_INFO(type)->UniqueType))

EXTERN_C_START

PVOID WdfObjectGetTypedContextWorker(WDFOBJECT Handle, PCWDF_OBJECT_CONTEXT_TYPE_INFO TypeInfo);
NTSTATUS WdfObjectAllocateContext(WDFOBJECT Handle, PWDF_OBJECT_ATTRIBUTES ContextAttributes,
				  PVOID *Context);
WDFOBJECT WdfObjectContextGetObject(PVOID ContextPointer);
NTSTATUS WdfObjectCreate(PWDF_OBJECT_ATTRIBUTES Attributes, WDFOBJECT *Object);
void WdfObjectDelete(WDFOBJECT Object);
void WdfObjectReferenceActual(WDFOBJECT Handle, PVOID Tag, LONG Line, PCSTR File);
void WdfObjectDereferenceActual(WDFOBJECT Handle, PVOID Tag, LONG Line, PCSTR File);

EXTERN_C_END

#define WdfObjectReference(h)             WdfObjectReferenceActual((h), NULL, __LINE__, __FILE__)
#define WdfObjectDereference(h)           WdfObjectDereferenceActual((h), NULL, __LINE__, __FILE__)
#define WdfObjectReferenceWithTag(h, tag) WdfObjectReferenceActual((h), (tag), __LINE__, __FILE__)
#define WdfObjectDereferenceWithTag(h, tag) \
	WdfObjectDereferenceActual((h), (tag), __LINE__, __FILE__)

#endif
