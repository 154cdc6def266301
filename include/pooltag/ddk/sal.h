/* SPDX-License-Identifier: BSD-2-Clause */
/* sal.h - source annotations, empty */
#ifndef POOLTAG_DDK_SAL_H
#define POOLTAG_DDK_SAL_H

#pragma GCC system_header

#include "parts/sal.h"

#endif
