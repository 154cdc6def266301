/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_sources.h - the suppressions and the baseline that a check is to go by
 *
 * Callers: check.c. Allocates; no locks. What is wrong is one line on stderr.
 */
#ifndef POOLMON_CMD_CHECK_SOURCES_H
#define POOLMON_CMD_CHECK_SOURCES_H

#include "cmd/check_settings.h"

/*
 * Loads the suppressions: of --suppressions, of LSAN_OPTIONS, and the built-in ones; and the
 * baseline. Returns 0 or the exit status.
 */
int check_sources_load(struct check *check, const struct check_settings *settings);

/*
 * With --update-baseline: writes what was found to the baseline; then leaks do not fail. A check
 * that could not look at everything leaves the file as it is. Returns 0 or the exit status.
 */
int check_sources_update(struct check *check, const struct check_settings *settings,
			 int command_status);

#endif
