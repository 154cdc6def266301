/* SPDX-License-Identifier: BSD-2-Clause */
/* wdm.h - what a WDM driver includes: the whole base of the driver kit */
#ifndef POOLTAG_DDK_WDM_H
#define POOLTAG_DDK_WDM_H

#pragma GCC system_header

#include "bugcodes.h"
#include "ntstatus.h"
#include "parts/absent.h"
#include "parts/debug.h"
#include "parts/dma.h"
#include "parts/driver.h"
#include "parts/interlocked.h"
#include "parts/io.h"
#include "parts/irql.h"
#include "parts/list.h"
#include "parts/lookaside.h"
#include "parts/mdl.h"
#include "parts/mm.h"
#include "parts/pool.h"
#include "parts/rtl.h"
#include "parts/section.h"
#include "parts/seh.h"
#include "parts/sync.h"
#include "parts/table.h"
#include "parts/types.h"

#endif
