/* SPDX-License-Identifier: BSD-2-Clause */
/* ntifs.h - what file systems and filters include */
#ifndef POOLTAG_DDK_NTIFS_H
#define POOLTAG_DDK_NTIFS_H

#pragma GCC system_header

#include "ntddk.h"

#endif
