/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_reports.h - the reports of a check and where they go
 *
 * Callers: check.c. Allocates; no locks.
 */
#ifndef POOLMON_CMD_CHECK_REPORTS_H
#define POOLMON_CMD_CHECK_REPORTS_H

#include "cmd/check_settings.h"

/*
 * Writes the report for people to standard error, unless --text names a file, and all others that
 * are asked for. In a file's name %p is the number of this process, %e the base name of the
 * command, %% a percent sign; "-" is standard output. Returns 0, or the exit status after a line
 * for each that could not be written.
 */
int check_reports_write(struct check *check, const struct check_settings *settings,
			const char *command);

#endif
