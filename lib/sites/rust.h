/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rust.h - the function's name in a mangled Rust name, of either mangling
 *
 * Purpose: `_ZN5alloc3vec12Vec$LT$T$GT$4push17h0123456789abcdefE` and
 * `_RNvMs_NtCs1_5alloc3vecINtB4_3VecpE4push`
 * -> `alloc::vec::Vec::push`. Only names are written, no generic arguments; `<T as Trait>::method`
 * is `T::method`, a closure is `{closure}`.
 * Callers: sites/naming.c. Locking: none. Context: async-signal-safe, never allocates. No
 * recursion; time linear in the name, back references are followed a bounded number of times.
 */
#ifndef LIB_SITES_RUST_H
#define LIB_SITES_RUST_H

#include "lib/base/text.h"

/* Whether a name that starts with _ZN is Rust's (it ends in 17h, 16 hexadecimal digits and E). */
int sites_rust_is_legacy(const char *mangled);

/* Appends the name. 0, or -EINVAL when it cannot be parsed; drop what was appended then. */
int sites_rust_legacy_name(const char *mangled, struct base_text *name);

/* The same for a name that starts with _R. */
int sites_rust_v0_name(const char *mangled, struct base_text *name);

#endif
