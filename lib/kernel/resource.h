/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * resource.h - executive resources, for whoever frees memory
 *
 * Callers: pool.c. Locking: inside. Context: as ExFreePool; never allocates.
 */
#ifndef LIB_KERNEL_RESOURCE_H
#define LIB_KERNEL_RESOURCE_H

#include "lib/base/compiler.h"

/*
 * An initialised resource that lies in the `size` bytes from `start` on; NULL when there is none.
 */
const void *kernel_resource_within(const void *start, size_t size);

#endif
