/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tap.h - the Test Anything Protocol for C tests, in one header
 *
 * A test calls plan() or, at the end, done(); in between ok() and is_str(), each a numbered line on
 * stdout. Keeps two counters; allocates nothing. One thread.
 */
#ifndef TESTS_HARNESS_TAP_H
#define TESTS_HARNESS_TAP_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int tap_run;
static int tap_failed;

/* Says how many tests there will be; optional. */
static inline void plan(int count)
{
	printf("1..%d\n", count);
}

/* A comment for whoever reads the log. */
static inline void __attribute__((format(printf, 1, 2))) diag(const char *format, ...)
{
	va_list arguments;

	fputs("# ", stdout);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
}

/* One test; returns `passed`. */
static inline int __attribute__((format(printf, 2, 3))) ok(int passed, const char *format, ...)
{
	va_list arguments;

	printf("%sok %d - ", passed ? "" : "not ", ++tap_run);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
	tap_failed += !passed;
	return passed;
}

/* Whether two strings are the same; shows both when they are not. */
static inline int is_str(const char *got, const char *expected, const char *name)
{
	int passed = strcmp(got, expected) == 0;

	ok(passed, "%s", name);
	if (!passed)
		diag("got '%s', expected '%s'", got, expected);
	return passed;
}

/* Ends a test that did not plan; returns what main() returns. */
static inline int done(void)
{
	printf("1..%d\n", tap_run);
	return tap_failed != 0;
}

#endif
