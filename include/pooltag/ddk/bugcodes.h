/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bugcodes.h - bug check codes, by the names they are reported with
 */
#ifndef POOLTAG_DDK_BUGCODES_H
#define POOLTAG_DDK_BUGCODES_H

#pragma GCC system_header

enum {

#define POOLTAG_BUG_CHECK(name, code) name = (int)(code),
#include "parts/bugchecks.def"
};

#endif
