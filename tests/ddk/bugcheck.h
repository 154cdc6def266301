// SPDX-License-Identifier: BSD-2-Clause
/*
 * bugcheck.h - a bug check as a test: the misuse happens in a child, which must end with SIGABRT after
 * exactly one line on stderr. In the expected line <address> stands for any number of more than five
 * hexadecimal digits and for what follows a function's name.
 */
#ifndef TESTS_DDK_BUGCHECK_H
#define TESTS_DDK_BUGCHECK_H

#include "../harness/tap.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is printed, and the room for it when its addresses have become <address>. */
#define BUGCHECK_RAW  8000
#define BUGCHECK_LINE (4 * BUGCHECK_RAW)

/* Copies `from` with its addresses as <address>. */
static inline void bugcheck_normalise(const char *from, char *to)
{
	while (*from != '\0') {
		size_t digits = strncmp(from, "0x", 2) == 0
					? strspn(from + 2, "0123456789abcdefABCDEF")
					: 0;

		if (digits > 5 || (digits > 0 && from[-1] == '+')) {
			to = strcpy(to, "<address>") + 9;
			from += 2 + digits;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

/* What `misuse` prints in a child, into `raw`; whether it ended by SIGABRT. */
static inline int bugcheck_raw(void (*misuse)(void), char *raw)
{
	size_t length = 0;
	ssize_t got;
	int ends[2];
	int status = 0;
	pid_t child;

	fflush(stdout);
	if (pipe(ends) != 0 || (child = fork()) < 0)
		return 0;
	if (child == 0) {
		const struct rlimit none = {0, 0};

		setrlimit(RLIMIT_CORE, &none);
		dup2(ends[1], 2);
		alarm(20);
		misuse();
		_exit(0);
	}
	close(ends[1]);
	while ((got = read(ends[0], raw + length, BUGCHECK_LINE - 1 - length)) > 0)
		length += (size_t)got;
	close(ends[0]);
	raw[length] = '\0';
	waitpid(child, &status, 0);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

/* The same, its addresses as <address>. */
static inline int bugcheck_run(void (*misuse)(void), char *line)
{
	static char raw[BUGCHECK_RAW];
	int aborted = bugcheck_raw(misuse, raw);

	bugcheck_normalise(raw, line);
	return aborted;
}

/* One test: `misuse` prints "pooltag: <expected>\n" and dies of it. */
static inline void bugcheck(void (*misuse)(void), const char *expected, const char *name)
{
	static char line[BUGCHECK_LINE];
	static char wanted[BUGCHECK_LINE];
	int died = bugcheck_run(misuse, line);

	snprintf(wanted, sizeof(wanted), "pooltag: %s\n", expected);
	if (!ok(died && strcmp(line, wanted) == 0, "%s", name))
		diag("%s; got:\n# %s# expected:\n# %s", died ? "died" : "lived on", line, wanted);
}

/* One test: `use` prints exactly `expected`, "" or whole lines, and lives on. */
static inline void no_bugcheck(void (*use)(void), const char *expected, const char *name)
{
	static char line[BUGCHECK_LINE];
	int died = bugcheck_run(use, line);

	if (!ok(!died && strcmp(line, expected) == 0, "%s", name))
		diag("%s; got:\n# %s# expected:\n# %s", died ? "died" : "lived on", line, expected);
}

#endif
