/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config.h - the configuration file, which is read and never written
 *
 * Lines "name = value", or "name" for options without a value; names are those of the long options
 * of the live view. '#' begins a comment. The command line comes after it and wins. The file is the
 * one of --config=F, else poolmon/poolmon.conf in $XDG_CONFIG_HOME or ~/.config; only the one that
 * was asked for must exist.
 *
 * Callers: arguments.c. Allocates; no locks.
 */
#ifndef POOLMON_CMD_CONFIG_H
#define POOLMON_CMD_CONFIG_H

#include "cmd/arguments.h"

/* Reads it for the words `at`. Returns 0, or -EINVAL after one line on stderr. */
int config_read(struct arguments *arguments, char *const *at);

#endif
