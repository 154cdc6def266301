/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * suppressions.h - leaks that are to be passed over, in LeakSanitizer's syntax and a little more
 *
 *   leak:PATTERN [max_bytes=N] [max_blocks=N] [until=YYYY-MM-DD] [# why]
 *
 * A line suppresses what one of its frames' functions, files or modules matches (pattern.h, of
 * include/pooltag). With a limit it holds only while all it suppresses stays within; after its day
 * it holds no more.
 *
 * Callers: verdict.c, cmd/. Allocates; no locks.
 */
#ifndef POOLMON_CHECK_SUPPRESSIONS_H
#define POOLMON_CHECK_SUPPRESSIONS_H

#include "check/sum.h"

#include <stdbool.h>
#include <stdio.h>

struct suppression {
	char *pattern;
	char *origin;                     /* "FILE:LINE", or whose it is */
	char *why;                        /* NULL: it does not say */
	char until[sizeof("YYYY-MM-DD")]; /* "": for ever */
	bool builtin;
	bool owner_only; /* looks at the file whose code allocated, and at nothing else */
	bool expired;
	uint64_t max_bytes;     /* UINT64_MAX: any */
	uint64_t max_blocks;    /* UINT64_MAX: any */
	struct check_sum found; /* what it matches */
	size_t places;          /* in how many places */
};

struct suppressions {
	size_t count;
	size_t allocated;
	struct suppression **items; /* those that come first are tried first */
};

/*
 * Adds the lines of `text`, which is called `origin`. Returns 0, or -EINVAL and in *ret_error one
 * line (without an end) about the first wrong line, which the caller frees.
 */
int suppressions_add_text(struct suppressions *suppressions, const char *origin, const char *text,
			  char **ret_error);

/* The same with the lines of a file; a file that cannot be read is a negative errno, too. */
int suppressions_add_file(struct suppressions *suppressions, const char *path, char **ret_error);

/* Adds the built-in ones. */
void suppressions_add_builtin(struct suppressions *suppressions);
void suppressions_fini(struct suppressions *suppressions);

/*
 * Looks for what suppressions_find() will find, knowing of the texts the modules alone. Returns
 * whether that is enough to say, since functions and files can make no difference.
 */
bool suppressions_find_early(const struct suppressions *suppressions, const char *const *modules,
			     size_t count, const char *owner, struct suppression **ret_suppression);

/*
 * The first that matches one of the texts, or for those that look at nothing else, the file name
 * `owner`, and has not expired; NULL: none.
 */
struct suppression *suppressions_find(const struct suppressions *suppressions,
				      const char *const *texts, size_t count, const char *owner);

/* Whether all that it matches is more than it may suppress. */
bool suppression_exceeded(const struct suppression *suppression);

/* Prints all as they would stand in a file. */
void suppressions_print(const struct suppressions *suppressions, FILE *out);

#endif
