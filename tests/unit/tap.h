/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tap.h - TAP for unit tests of the preloaded library's parts
 *
 * Callers: tests/unit. Writes with stdio; the tests themselves allocate nothing, so that the
 * library's malloc is not linked in.
 */
#ifndef TESTS_UNIT_TAP_H
#define TESTS_UNIT_TAP_H

#include <stdarg.h>
#include <stdio.h>

static int tap_count, tap_failures;

static inline int __attribute__((format(printf, 2, 3))) ok(int passed, const char *format, ...)
{
	va_list arguments;

	tap_failures += !passed;
	printf("%sok %d - ", passed ? "" : "not ", ++tap_count);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	return passed;
}

/* The plan, and main's result. */
static inline int done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failures != 0;
}

#endif
