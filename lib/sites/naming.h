/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * naming.h - names of functions for people, and the automatic tag made of them
 *
 * Purpose: what a linker name means, without parameters, template arguments and compiler suffixes,
 * and the four characters that stand for it when neither the program nor a rule gives a tag.
 * Callers: pool/charge.c, the rules. Locking: none. Context: async-signal-safe, never allocates; at
 * most 2 KiB of stack; time linear in the name, however hostile.
 */
#ifndef LIB_SITES_NAMING_H
#define LIB_SITES_NAMING_H

#include <pooltag/tag.h>
#include <stddef.h>

#define SITES_READABLE_MAX 256 /* a buffer that holds nearly every readable name */

/*
 * Writes the readable name of `linker_name` into `buffer` of `size` > 0 bytes, NUL-terminated and
 * cut where it does not fit:
 *
 *   dictAddRaw.constprop.0                  dictAddRaw
 *   _ZNSt6vectorIiSaIiEE9push_backEOi       std::vector::push_back
 *   _ZN12_GLOBAL__N_13foo3runEv             (anonymous)::foo::run
 *   _ZZN3foo3runEvENKUlvE_clEv              foo::run::{lambda}::operator()
 *   _ZN3fooC2Ev, _ZN3fooD1Ev, _ZN3fooeqERKS_  foo::foo, foo::~foo, foo::operator==
 *   _GLOBAL__sub_I__ZN3foo3barE             foo::bar::{init}
 *   _RNvMs_NtCs1_5alloc3vecINtB4_3VecpE4push  alloc::vec::Vec::push
 *
 * Inline namespaces of the standard libraries (__cxx11, __1) are left out; conversion operators are
 * {conversion}, types without a name {unnamed}, closures {closure}. Compiler suffixes (.constprop.0
 * .isra.0 .part.1 .cold .lto_priv.2 .llvm.3 and so on) and symbol versions (@@V) are dropped. A
 * name that cannot be parsed is shown as it is, without those.
 */
void sites_readable_name(const char *linker_name, char *buffer, size_t size);

/*
 * The automatic tag of a function: four printable characters, padded with blanks, the same for the
 * same arguments always. `module_path` is the file the function is in.
 *
 * 1. One word of the readable name is chosen. In C it is the name. In C++ and Rust it is the last
 *    component but one, that is the class, or the namespace or module of a function that has no
 *    class; the function itself when there is nothing else. For this, what is inside a function
 *    ({lambda}, {closure} and what follows) counts as that function, and std, core and alloc,
 *    (anonymous) and {unnamed} are left out, as is "basic_" in front of a class; a
 *    class of one letter is none.
 * 2. In C, a prefix that says no more than the module's name is dropped, and underscores behind it,
 *    as long as four letters or digits remain. The module's name is that of its file without "lib"
 *    and from the first '.' or '-' on; upper and lower case are alike. Such a prefix is
 *    - the module's name where '_' or an upper-case letter follows; if it ends in digits (sqlite3),
 *      with them wherever it ends, or without them;
 *    - in front of '_', an abbreviation of it, that is the same first letter and the others in
 *      their order (ngx_ in nginx), or any single letter (g_);
 *    - in front of an upper-case letter, the beginning of it, at least two letters (Py in
 *      python3.11).
 * 3. The tag is the first four letters and digits of what is left.
 *
 *   dictAddRaw        in redis-server       dict        sqlite3BtreeOpen  in libsqlite3.so.0  Btre
 *   BN_new            in libcrypto.so.3     BNne        g_hash_table_new  in libglib-2.0.so.0 hash
 *   PyList_New        in python3.11         List        ngx_create_pool   in nginx            crea
 *   std::vector::push_back                  vect        redis::dict::add::{lambda}::operator() dict
 *
 * A name without any letter or digit gives the module's, and Func if that has none either.
 */
pooltag_tag sites_tag_of_function(const char *linker_name, const char *module_path);

#endif
