/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * settings.h - what each option does to the arguments
 *
 * Callers: arguments.c. Allocates lists, which are the arguments'.
 */
#ifndef POOLMON_CMD_SETTINGS_H
#define POOLMON_CMD_SETTINGS_H

#include "cmd/words.h"

/*
 * Takes an option with its value, NULL where one was left out. Of WORDS_SORT_LETTER the value is
 * the letter. Returns 0, or -EINVAL after one line on stderr.
 */
int settings_apply(struct arguments *arguments, enum words_id id, const char *value);

#endif
