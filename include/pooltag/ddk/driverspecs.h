/* SPDX-License-Identifier: BSD-2-Clause */
/* driverspecs.h - source annotations, empty */
#ifndef POOLTAG_DDK_DRIVERSPECS_H
#define POOLTAG_DDK_DRIVERSPECS_H

#pragma GCC system_header

#include "parts/sal.h"

#endif
