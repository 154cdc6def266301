/* SPDX-License-Identifier: BSD-2-Clause */
/* ntifs.h - what file systems and filters include */
#ifndef POOLTAG_DDK_NTIFS_H
#define POOLTAG_DDK_NTIFS_H

#pragma GCC system_header

#include "ntddk.h"

/* Raises STATUS_INSUFFICIENT_RESOURCES instead of answering NULL. */
#define FsRtlAllocatePoolWithTag(type, size, tag) \
	ExAllocatePoolWithTag((POOL_TYPE)((type) | POOL_RAISE_IF_ALLOCATION_FAILURE), (size), (tag))

#endif
