/* SPDX-License-Identifier: BSD-2-Clause */
/* guiddef.h - GUID */
#ifndef POOLTAG_DDK_GUIDDEF_H
#define POOLTAG_DDK_GUIDDEF_H

#pragma GCC system_header

#include "parts/types.h"

#endif
