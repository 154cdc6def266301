/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dma.h - adapters and common buffers on behalf of a driver's call
 *
 * Callers: the framework. Locking, context: as dma.c.
 */
#ifndef LIB_KERNEL_DMA_H
#define LIB_KERNEL_DMA_H

#include "lib/pool/caller.h"
#include <pooltag/ddk/ntddk.h>

/* The same as IoGetDmaAdapter; NULL when it cannot be had. */
PDMA_ADAPTER kernel_dma_adapter_make(const DEVICE_DESCRIPTION *description, ULONG *ret_registers,
				     struct pool_frame frame);

/* The same as AllocateCommonBuffer. */
void *kernel_dma_buffer_make(PDMA_ADAPTER public, ULONG length, PPHYSICAL_ADDRESS ret_logical,
			     struct pool_frame frame);

#endif
