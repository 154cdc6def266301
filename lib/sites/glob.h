/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * glob.h - '*' and '?' patterns
 *
 * Purpose: the one matcher for module and function patterns, in the rules files and in the list of
 * allocation wrappers. `*` stands for any bytes, none included and slashes too; `?` for exactly one
 * byte; every other byte for itself, upper and lower case apart. There is no escape and no [set].
 * Callers: sites/wrappers.c, the rules. Locking: none. Context: async-signal-safe, never allocates,
 * may run before init. Constant stack and no backtracking beyond the last '*', so the time is at
 * most length(pattern) * length(text), however hostile either is.
 */
#ifndef LIB_SITES_GLOB_H
#define LIB_SITES_GLOB_H

/* 1 when the whole of `text` matches `pattern`, else 0. Both are NUL-terminated. */
int sites_glob_match(const char *pattern, const char *text);

#endif
