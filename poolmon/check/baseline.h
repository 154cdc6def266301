/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * baseline.h - a file of leaks that are known: only what grows beyond it fails
 *
 * Text, a line per class, tag and place (the base name of the module and the function), sorted, so
 * that it can be kept under version control and merged. Nothing in it depends on addresses or
 * builds.
 *
 *   # poolmon baseline 1
 *   definite abcd 3 120 libfoo.so.1!foo_new
 *
 * Callers: verdict.c, cmd/. Allocates; no locks.
 */
#ifndef POOLMON_CHECK_BASELINE_H
#define POOLMON_CHECK_BASELINE_H

#include "check/sum.h"
#include "pooltag/tag.h"

#include <stdbool.h>
#include <stdio.h>

struct baseline_line {
	int class;   /* enum check_class */
	char *tag;   /* as in the file: blanks are \x20 */
	char *place; /* "module!function" */
	struct check_sum allowed;
	struct check_sum found;
};

struct baseline {
	size_t count;
	size_t allocated;
	struct baseline_line *lines; /* sorted by place, tag, class */
};

/*
 * Reads a baseline. Returns 0 or a negative errno and in *ret_error one line (without an end),
 * which the caller frees: -ENOENT when there is no such file.
 */
int baseline_load(struct baseline *baseline, const char *path, char **ret_error);
void baseline_fini(struct baseline *baseline);

/* The tag as it stands in a baseline. */
#define BASELINE_TAG_SIZE 17
void baseline_tag(pooltag_tag tag, char out[BASELINE_TAG_SIZE]);

/* The line of a place, NULL when there is none. */
struct baseline_line *baseline_find(const struct baseline *baseline, int class, const char *tag,
				    const char *place);

/* The same, made when there is none. */
struct baseline_line *baseline_get(struct baseline *baseline, int class, const char *tag,
				   const char *place);

/* Writes what was found as the lines of a new baseline. */
void baseline_write(const struct baseline *baseline, FILE *out);

#endif
