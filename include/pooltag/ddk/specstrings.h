/* SPDX-License-Identifier: BSD-2-Clause */
/* specstrings.h - source annotations, empty */
#ifndef POOLTAG_DDK_SPECSTRINGS_H
#define POOLTAG_DDK_SPECSTRINGS_H

#pragma GCC system_header

#include "parts/sal.h"

#endif
