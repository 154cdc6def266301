/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * suppress.h - which leaks the program itself says are none
 *
 * Purpose: LeakSanitizer's suppressions, lines of "leak:<pattern>" (pooltag/pattern.h), for the
 * report that the library prints itself. A pattern is held against the function and the file of
 * every frame a site has (one, without the option stack=). poolmon check does the same and more,
 * outside of the process.
 * Callers: leaks/report.c. Locking: none. Context: never allocates.
 */
#ifndef LIB_LEAKS_SUPPRESS_H
#define LIB_LEAKS_SUPPRESS_H

#include "lib/base/compiler.h"

/* 1 when a line of `text` (NULL: none) suppresses leaks of the site. */
int leaks_is_suppressed(const char *text, uint32_t site);

#endif
