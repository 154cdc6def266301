/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mdl.h - what other files ask of MDLs
 *
 * Callers: lib/kernel. Locking: an MDL is its owner's. Context: as the routines.
 */
#ifndef LIB_KERNEL_MDL_H
#define LIB_KERNEL_MDL_H

#include "lib/kernel/pool.h"

#define KERNEL_MDL_TAG POOLTAG_TAG('M', 'd', 'l', ' ')

/* An MDL of nonpaged pool for a buffer, charged to the driver's call; NULL when there is none. */
PMDL kernel_mdl_make(const void *address, ULONG length, int with_quota, struct pool_frame frame);

/* Fills the array of page numbers. */
void kernel_mdl_number(PMDL mdl);

/* The same as IoFreeMdl, on behalf of whoever called. */
void kernel_mdl_free(PMDL mdl, const void *return_address);

#endif
