/* SPDX-License-Identifier: BSD-2-Clause */
/* basetsd.h - the basic types alone */
#ifndef POOLTAG_DDK_BASETSD_H
#define POOLTAG_DDK_BASETSD_H

#pragma GCC system_header

#include "parts/types.h"

#endif
