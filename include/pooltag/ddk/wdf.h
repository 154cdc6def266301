/* SPDX-License-Identifier: BSD-2-Clause */
/* wdf.h - what a driver of the Kernel-Mode Driver Framework includes, after ntddk.h or wdm.h */
#ifndef POOLTAG_DDK_WDF_H
#define POOLTAG_DDK_WDF_H

#pragma GCC system_header

#include "ntddk.h"
#include "parts/wdf_dma.h"
#include "parts/wdf_driver.h"
#include "parts/wdf_memory.h"
#include "parts/wdf_object.h"

#endif
