/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rust_v0.h - the function's name in Rust's second mangling (RFC 2603)
 *
 * Purpose: `_RNvMs_NtCs1_5alloc3vecINtB4_3VecpE4push` -> `alloc::vec::Vec::push`. Only names are
 * written, no generic arguments; `<T as Trait>::method` is `T::method`, a closure is `{closure}`,
 * names outside ASCII are in punycode, as they are mangled.
 * Callers: sites/naming.c. Locking: none. Context: async-signal-safe, never allocates. A predictive
 * parser with its own small stack: no recursion, time linear in the name, as back references are
 * followed a bounded number of times.
 */
#ifndef LIB_SITES_RUST_V0_H
#define LIB_SITES_RUST_V0_H

#include "lib/base/text.h"

/*
 * Appends the name in `mangled` (which starts with _R). 0, or -EINVAL when it cannot be parsed;
 * drop what was appended then.
 */
int sites_rust_v0_name(const char *mangled, struct base_text *name);

#endif
