/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.h - heap memory that is there or ends the program
 *
 * Callers: every layer of poolmon. A viewer that cannot get a few kilobytes has nothing useful left
 * to do, so these functions never return NULL: they print one line and exit with status 1 (exit
 * handlers restore the terminal). Free the result with free().
 */
#ifndef POOLMON_COMMON_MEMORY_H
#define POOLMON_COMMON_MEMORY_H

#include <stddef.h>

/* `count` zeroed objects of `size` bytes; a count of 0 yields one object's worth. */
void *memory_zeroed(size_t count, size_t size);

/* `old` (or NULL) moved to hold `count` objects of `size` bytes; what is new is not initialised. */
void *memory_resized(void *old, size_t count, size_t size);

/* Says that there is no memory and ends the program: for those who got none elsewhere. */
void memory_exhausted(void) __attribute__((noreturn));

/* A copy of `text`. */
char *memory_text(const char *text);

/* A copy of `text` as text_escape() writes it. */
char *memory_escaped(const char *text);

/* A new string as printf would print it. */
char *memory_printed(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Makes room for object number `used` of `size` bytes in *array, whose allocated length is
 * *allocated objects; grows by doubling.
 */
void memory_reserve(void *array, size_t *allocated, size_t used, size_t size);

#endif
