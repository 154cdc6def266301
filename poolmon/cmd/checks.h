/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * checks.h - whether the options go together
 *
 * Callers: arguments.c. Allocates nothing.
 */
#ifndef POOLMON_CMD_CHECKS_H
#define POOLMON_CMD_CHECKS_H

#include "cmd/arguments.h"

/*
 * `separated`: there was a "--". Returns 0, or -EINVAL after one line on stderr, of the first
 * contradiction.
 */
int checks_arguments(const struct arguments *arguments, bool separated);

#endif
