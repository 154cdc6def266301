/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sanitizer.h - whether the process has a runtime that must itself be its allocator
 *
 * Callers: the start. Locking: none; reads the loader's list of files, which no other thread
 * changes yet. Context: never allocates, runs before init.
 */
#ifndef LIB_BASE_SANITIZER_H
#define LIB_BASE_SANITIZER_H

/* Its file's name, e.g. "libasan.so.8"; NULL when there is none. */
const char *base_sanitizer(void);

#endif
