/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_settings.h - what the options of check_options.def say
 *
 * Callers: arguments.c, settings.c, check*.c. Allocates; no locks. What is wrong is one line on
 * stderr.
 */
#ifndef POOLMON_CMD_CHECK_SETTINGS_H
#define POOLMON_CMD_CHECK_SETTINGS_H

#include "check/report.h"

struct check_settings {
	struct check_options options;
	const char *reports[REPORT_MAX]; /* files, NULL: none */
	size_t suppression_count;
	const char **suppressions; /* files */
	bool list_suppressions;
	const char *baseline; /* NULL: none */
	bool update_baseline;
	uint64_t growth; /* iterations, 0: not asked for */
	uint64_t warm_up;
	bool warm_up_given;
	bool now;
	uint64_t wait_ns;
};

void check_settings_init(struct check_settings *settings);
void check_settings_fini(struct check_settings *settings);

/* Takes option `id` (enum words_id) of check_options.def. Returns 0, or -EINVAL after a line. */
int check_settings_apply(struct check_settings *settings, int id, const char *value);

#endif
