/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * handle.h - handles and the objects behind them
 *
 * Purpose: files and sections have handles and references; an object goes with its last of both.
 * A handle is a small multiple of 4, as on Windows.
 * Callers: lib/kernel. Locking: a lock inside; counts are atomic. Context: PASSIVE_LEVEL.
 */
#ifndef LIB_KERNEL_HANDLE_H
#define LIB_KERNEL_HANDLE_H

#include "lib/kernel/pool.h"

enum kernel_object_kind { KERNEL_OBJECT_FILE = 1, KERNEL_OBJECT_SECTION };

struct kernel_object {
	uint64_t magic; /* of the address: tells objects from other memory */
	enum kernel_object_kind kind;
	uint32_t references; /* handles, views and the driver's own */
	ACCESS_MASK access;  /* granted to its handle */
	int fd;              /* file, or shared memory of a section */
	uint64_t size;       /* section: bytes */
	ULONG protection;    /* section: the most that views may have */
	int is_file;         /* section: of a file */
};

/* An object with one reference, charged to the driver's call; NULL when there is no memory. */
struct kernel_object *kernel_object_make(enum kernel_object_kind kind, struct pool_frame frame);
void kernel_object_take(struct kernel_object *object);
/* The last one closes and frees it. Returns how many are left. */
uint32_t kernel_object_drop(struct kernel_object *object, const void *return_address);

/*
 * A handle that has the caller's reference; STATUS_INSUFFICIENT_RESOURCES when there are too many.
 */
NTSTATUS kernel_handle_make(struct kernel_object *object, HANDLE *ret_handle);
/* The object of a handle, with a reference more; NULL when it is none of that kind (0: any). */
struct kernel_object *kernel_handle_object(HANDLE handle, enum kernel_object_kind kind);

#endif
