/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * demangle.h - linker names as their programmers wrote them
 *
 * Callers: model/, symbols/, export/. Allocates; no locks, may be called by several threads.
 *
 * C++ and both of Rust's schemes are decoded by libiberty, the library of GCC and binutils, in
 * parts that any program may contain (they have an exception in their licence). It gives the text
 * piece by piece and is left when there is enough of it, so a hostile name costs no more than a
 * long one.
 */
#ifndef POOLMON_COMMON_DEMANGLE_H
#define POOLMON_COMMON_DEMANGLE_H

/*
 * The name without its parameters and the type it returns, e.g. "std::string::reserve", and without
 * what compilers add to clones (".part.0"); any other text as it is. What is longer than a kilobyte
 * ends in "...". The caller frees it.
 */
char *demangle_name(const char *name);

#endif
