/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usage.h - the text of --help
 *
 * Callers: main.c, and the live view for its help screen. Allocates nothing.
 */
#ifndef POOLMON_CMD_USAGE_H
#define POOLMON_CMD_USAGE_H

#include <stdio.h>

void usage_print(FILE *out);

#endif
