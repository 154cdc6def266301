/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blocks_settings.h - what the options of `poolmon blocks` say
 *
 * Callers: arguments.c, settings.c, blocks.c. Allocates nothing; no locks. What is wrong is one
 * line on stderr.
 */
#ifndef POOLMON_CMD_BLOCKS_SETTINGS_H
#define POOLMON_CMD_BLOCKS_SETTINGS_H

#include "model/blocks.h"

struct blocks_settings {
	struct blocks_question question;
	size_t count; /* that are listed */
	uint64_t wait_ns;
};

void blocks_settings_init(struct blocks_settings *settings);

/* Takes option `id` (enum words_id). Returns 0, or -EINVAL after a line. */
int blocks_settings_apply(struct blocks_settings *settings, int id, const char *value);

#endif
