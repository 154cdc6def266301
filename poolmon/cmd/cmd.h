/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd.h - the commands
 *
 * Each takes the parsed command line and returns the exit status. Callers: main.c. What goes wrong
 * is one line on stderr.
 */
#ifndef POOLMON_CMD_CMD_H
#define POOLMON_CMD_CMD_H

#include "cmd/arguments.h"

int cmd_live(const struct arguments *arguments);     /* the live view */
int cmd_batch(const struct arguments *arguments);    /* --once, --batch, the formats */
int cmd_poolsnap(const struct arguments *arguments); /* -n */
int cmd_snap(const struct arguments *arguments);
int cmd_diff(const struct arguments *arguments);
int cmd_export(const struct arguments *arguments);
int cmd_list(const struct arguments *arguments);
int cmd_lookaside(const struct arguments *arguments);
int cmd_blocks(const struct arguments *arguments);
int cmd_reap(const struct arguments *arguments);
int cmd_tags(const struct arguments *arguments);
int cmd_check(const struct arguments *arguments);
int cmd_run(const struct arguments *arguments);

#endif
