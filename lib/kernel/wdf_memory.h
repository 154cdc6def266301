/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wdf_memory.h - memory objects from the inside
 *
 * Callers: lib/kernel. Locking: none, as documented: a driver serialises AssignBuffer itself.
 * Context: as wdf_object.h.
 */
#ifndef LIB_KERNEL_WDF_MEMORY_H
#define LIB_KERNEL_WDF_MEMORY_H

#include "lib/kernel/lookaside_list.h"
#include "lib/kernel/wdf_object.h"

enum wdf_memory_kind {
	WDF_MEMORY_OWN, /* a pool block of the object's */
	WDF_MEMORY_PREALLOCATED,
	WDF_MEMORY_LOOKASIDE,
	WDF_MEMORY_REQUEST, /* the request's buffer */
};

struct wdf_memory {
	enum wdf_memory_kind kind;
	unsigned read_only : 1;
	char *buffer; /* NULL: its request is completed */
	size_t size;
	struct wdf_object *lookaside; /* referenced */
};

BASE_INLINE struct wdf_memory *wdf_memory_in(struct wdf_object *object)
{
	return (struct wdf_memory *)(void *)object->payload;
}

/* A memory object over a request's buffer, child of the request. */
NTSTATUS wdf_memory_of_request(struct wdf_object *request, void *buffer, size_t size,
			       unsigned read_only, struct pool_frame frame,
			       struct wdf_object **ret_object);

#endif
