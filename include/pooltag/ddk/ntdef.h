/* SPDX-License-Identifier: BSD-2-Clause */
/* ntdef.h - the basic types alone */
#ifndef POOLTAG_DDK_NTDEF_H
#define POOLTAG_DDK_NTDEF_H

#pragma GCC system_header

#include "ntstatus.h"
#include "parts/types.h"

#endif
