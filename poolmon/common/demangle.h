/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * demangle.h - linker names as their programmers wrote them
 *
 * Callers: model/, symbols/, export/. Allocates; no locks, may be called by several threads.
 *
 * C++ is decoded by the C++ runtime (__cxa_demangle of libstdc++, linked dynamically: its licence
 * allows that to any program). Rust's older names are C++ names with a hash and a few escapes,
 * which are taken off; its newer ones (_R...) stay as they are.
 */
#ifndef POOLMON_COMMON_DEMANGLE_H
#define POOLMON_COMMON_DEMANGLE_H

/*
 * The name without its parameters and the type it returns, e.g. "std::string::reserve", and without what compilers add to
 * clones (".part.0"); any other text as it is. The caller frees it.
 */
char *demangle_name(const char *name);

#endif
