/* SPDX-License-Identifier: BSD-2-Clause */
/* ntddk.h - what most kernel drivers include */
#ifndef POOLTAG_DDK_NTDDK_H
#define POOLTAG_DDK_NTDDK_H

#pragma GCC system_header

#include "wdm.h"

#endif
