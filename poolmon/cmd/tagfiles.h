/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tagfiles.h - the files of -g and -c
 *
 * Callers: main.c. Allocates; no locks.
 */
#ifndef POOLMON_CMD_TAGFILES_H
#define POOLMON_CMD_TAGFILES_H

#include "cmd/arguments.h"

/*
 * Reads the files that were asked for into arguments->model.owners, which is the arguments'; makes
 * a localtag.txt where -c finds none. Returns 0, or the exit status after one line on stderr.
 */
int tagfiles_load(struct arguments *arguments);

#endif
