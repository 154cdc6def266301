/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rust_legacy.h - the function's name in Rust's first mangling
 *
 * Purpose: `_ZN5alloc3vec12Vec$LT$T$GT$4push17h0123456789abcdefE` -> `alloc::vec::Vec::push`. Only
 * names are written, no generic arguments; `<T as Trait>::method` is `T::method`, a closure is
 * `{closure}`, letters outside ASCII are `?`.
 * Callers: sites/naming.c. Locking: none. Context: async-signal-safe, never allocates. No
 * recursion; time linear in the name.
 */
#ifndef LIB_SITES_RUST_LEGACY_H
#define LIB_SITES_RUST_LEGACY_H

#include "lib/base/text.h"

/* Whether a mangled name is one of these: it ends in 17h, 16 hexadecimal digits and E. 1 or 0. */
int sites_rust_is_legacy(const char *mangled);

/* Appends the name. 0, or -EINVAL when it cannot be parsed; drop what was appended then. */
int sites_rust_legacy_name(const char *mangled, struct base_text *name);

#endif
