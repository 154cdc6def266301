/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wdf_object.h - framework objects from the inside
 *
 * Purpose: handles, the tree of parents and children, references, contexts and their callbacks.
 * What an object is for stands in its payload, which wdf_memory.c, wdf_request.c and others know.
 *
 * An object and each of its contexts are nonpaged blocks that only the framework frees. A child
 * holds a reference on its parent, so that a parent's destroy callback comes after its children's.
 *
 * Callers: lib/kernel. Locking: one lock for all trees, never held while a callback runs. Context:
 * IRQL <= DISPATCH_LEVEL; callbacks are called at the caller's.
 */
#ifndef LIB_KERNEL_WDF_OBJECT_H
#define LIB_KERNEL_WDF_OBJECT_H

#include "lib/kernel/pool.h"
#include "lib/pool/caller.h"
#include <pooltag/ddk/wdf.h>

enum wdf_type {
	WDF_TYPE_OBJECT = 1, /* WdfObjectCreate */
	WDF_TYPE_DRIVER,
	WDF_TYPE_DEVICE,
	WDF_TYPE_QUEUE,
	WDF_TYPE_REQUEST,
	WDF_TYPE_MEMORY,
	WDF_TYPE_LOOKASIDE,
	WDF_TYPE_DMA_ENABLER,
	WDF_TYPE_COMMON_BUFFER,
};

enum wdf_state { WDF_STATE_LIVE, WDF_STATE_DELETING, WDF_STATE_DELETED };

struct wdf_context {
	struct wdf_context *next; /* in the order they were added */
	struct wdf_object *object;
	const WDF_OBJECT_CONTEXT_TYPE_INFO *type; /* NULL: callbacks only */
	PFN_WDF_OBJECT_CONTEXT_CLEANUP cleanup;
	PFN_WDF_OBJECT_CONTEXT_DESTROY destroy;
	uint64_t reserved;
	char bytes[] __attribute__((aligned(16))); /* the driver's */
};

struct wdf_object {
	uint64_t magic; /* of the address: tells handles from other pointers */
	uint8_t type;   /* enum wdf_type */
	uint8_t state;  /* enum wdf_state */
	uint8_t kept;   /* 1: only the framework deletes it */
	int32_t references;
	struct wdf_object *parent, *first_child, *next, *previous;
	struct wdf_context *contexts;
	void (*destroy)(struct wdf_object *object); /* of the payload; NULL: nothing to do */
	uint64_t payload[] __attribute__((aligned(16)));
};

/* Whose choice an object's parent is. */
enum wdf_parenthood {
	WDF_PARENT_ANY,     /* the driver's, by the attributes */
	WDF_PARENT_NONE,    /* naming one is an error */
	WDF_PARENT_IGNORED, /* the framework's, whatever the attributes say */
};

/* What the framework makes. */
struct wdf_plan {
	enum wdf_type type;
	enum wdf_parenthood parenthood;
	size_t payload;
	PWDF_OBJECT_ATTRIBUTES attributes;
	struct wdf_object *parent; /* when the attributes name none; NULL: the driver */
	void (*destroy)(struct wdf_object *object);
	struct pool_frame frame;
};

/* A new object with one reference, its payload zeroed. */
NTSTATUS wdf_object_make(const struct wdf_plan *plan, struct wdf_object **ret_object);

/* Deletes an object that must not have been deleted yet. */
void wdf_object_delete(struct wdf_object *object);

void wdf_object_reference(struct wdf_object *object);
void wdf_object_dereference(struct wdf_object *object, const void *return_address);

/*
 * The object of a handle. `type` 0: any. A handle that is none, or of another type, is a bug check
 * that names the routine.
 */
struct wdf_object *wdf_object_of(const void *handle, enum wdf_type type, const char *routine,
				 const void *return_address);

/* The errors that Microsoft documents for attributes; NULL is none. */
NTSTATUS wdf_check_attributes(const WDF_OBJECT_ATTRIBUTES *attributes);

/*
 * Before and after a callback: bug check WDF_VIOLATION
 * when it returns at another level, or in a region.
 */
struct wdf_call {
	KIRQL irql;
	uint32_t regions;
};

struct wdf_call wdf_call_begin(void);
void wdf_call_end(struct wdf_call call, uintptr_t callback, const char *name);

/* Bug check WDF_VIOLATION when a pointer is NULL that may not be. */
void wdf_check_pointer(const void *pointer, const char *routine, const void *return_address);

/* The tag for what a driver names none. */
uint32_t wdf_driver_tag(void);

/* The driver object of the driver that is loaded; NULL without. */
extern BASE_HIDDEN struct wdf_object *wdf_driver;

/* Memory for the framework's own use on behalf of a driver. NULL when there is none. */
void *wdf_take(size_t bytes, struct pool_frame frame);
void wdf_give(void *block);

#endif
