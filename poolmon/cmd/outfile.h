/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * outfile.h - a file that is replaced as a whole, or not at all
 *
 * Who reads the file meanwhile sees the old content or the new. What is no regular file (a pipe,
 * /dev/stdout) is written as it stands. Callers: cmd/. Allocates; no locks.
 */
#ifndef POOLMON_CMD_OUTFILE_H
#define POOLMON_CMD_OUTFILE_H

#include <stdio.h>

struct outfile {
	const char *path; /* not owned */
	char *temporary;  /* NULL: written as it stands */
	FILE *out;
};

/* Opens. Returns 0, to be ended with outfile_end(), or a negative errno. */
int outfile_begin(struct outfile *file, const char *path);

/*
 * Ends: with `error` 0 the file gets its new content, else it stays as it was. Returns `error`, or
 * a negative errno when that could not be done.
 */
int outfile_end(struct outfile *file, int error);

#endif
