/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ddk.h - what the driver kit's tests share: bug checks in a child, exceptions, wide text
 *
 * For one C or C++ source per program. One thread.
 */
#ifndef TESTS_DDK_DDK_H
#define TESTS_DDK_DDK_H

#include <ntddk.h>

#include "bugcheck.h"

/*
 * Whether `text` is `pattern`, in which @ stands for a number in hexadecimal with 0x, and ~ for any
 * text at all (a name and offset, which differ from build to build).
 */
static inline int matches(const char *text, const char *pattern)
{
	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '@') {
			if (strncmp(text, "0x", 2) != 0)
				return 0;
			text += 2 + strspn(text + 2, "0123456789abcdefABCDEF");
		} else if (*pattern == '~') {
			do {
				if (matches(text, pattern + 1))
					return 1;
			} while (*text++ != '\0');
			return 0;
		} else if (*text++ != *pattern) {
			return 0;
		}
	}
	return *text == '\0';
}

/* One test: `bug` prints "pooltag: ", what is like `pattern`, and dies of it. */
static inline void bugcheck_like(void (*bug)(void), const char *pattern, const char *name)
{
	static char said[BUGCHECK_LINE], wanted[BUGCHECK_LINE];
	int aborted = bugcheck_raw(bug, said);

	snprintf(wanted, sizeof(wanted), "pooltag: %s\n", pattern);
	if (!ok(aborted && matches(said, wanted), "%s: bug check", name))
		diag("aborted %d\nsaid   %s\nwanted %s", aborted, said, wanted);
}

/* The status `statement` raises, or STATUS_SUCCESS. */
#define RAISED(statement)                                \
	__extension__({                                  \
		NTSTATUS raised_ = STATUS_SUCCESS;       \
		__try {                                  \
			statement;                       \
		} __except (EXCEPTION_EXECUTE_HANDLER) { \
			raised_ = GetExceptionCode();    \
		}                                        \
		raised_;                                 \
	})

/*
 * A bug check a line: X(routine, number, statements, line, what) makes a function of the statements
 * with BUG_FUNCTION, and an entry of an array of struct bug with BUG_ENTRY.
 */
struct bug {
	void (*bug)(void);
	const char *line, *name;
};

// clang-format off
#define BUG_FUNCTION(routine, number, done, line, what) static void bug_##routine##_##number(void) { done; }
#define BUG_ENTRY(routine, number, done, line, what) {bug_##routine##_##number, line, #routine ", " what},

// clang-format on

/* Starts the program again with more options, which are read when a process starts. */
static inline void start_again(char **arguments, const char *more)
{
	const char *before = getenv("POOLTAG_OPTIONS");
	char options[1200];

	snprintf(options, sizeof(options), "%s%s%s", before != NULL ? before : "",
		 before != NULL ? ":" : "", more);
	setenv("POOLTAG_OPTIONS", options, 1);
	execv("/proc/self/exe", arguments);
	exit(2);
}

static inline int is_status(NTSTATUS got, NTSTATUS wanted, const char *name)
{
	int passed = ok(got == wanted, "%s", name);

	if (!passed)
		diag("got 0x%08x, wanted 0x%08x", (unsigned)got, (unsigned)wanted);
	return passed;
}

/* Whether a counted string is `wanted`. */
static inline int is_unicode(PCUNICODE_STRING got, PCWSTR wanted, const char *name)
{
	size_t length = wcslen(wanted) * sizeof(WCHAR);

	return ok(got->Length == length && memcmp(got->Buffer, wanted, length) == 0, "%s", name);
}

#endif
