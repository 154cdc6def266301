/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * itanium.h - the function's name in a mangled C++ name
 *
 * Purpose: `_ZNSt6vectorIiSaIiEE9push_backEOi` -> `std::vector::push_back`. Only the name is
 * written; template arguments, parameters and expressions are parsed so that they can be skipped.
 * Callers: sites/naming.c. Locking: none. Context: async-signal-safe, never allocates. A predictive
 * parser with its own small stack: no recursion, linear time, for names however hostile.
 */
#ifndef LIB_SITES_ITANIUM_H
#define LIB_SITES_ITANIUM_H

#include "lib/base/text.h"

/*
 * Appends the name in `mangled` (which starts with _Z) to `name`. 0, or -EINVAL when it is not the
 * mangled name of a function or variable; what was appended until then is to be dropped.
 */
int sites_itanium_name(const char *mangled, struct base_text *name);

#endif
