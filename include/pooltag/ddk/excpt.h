/* SPDX-License-Identifier: BSD-2-Clause */
/* excpt.h - structured exceptions */
#ifndef POOLTAG_DDK_EXCPT_H
#define POOLTAG_DDK_EXCPT_H

#pragma GCC system_header

#include "parts/seh.h"

#endif
