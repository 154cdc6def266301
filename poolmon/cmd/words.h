/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * words.h - the options and commands as tables, and what is said of a wrong word
 *
 * Callers: arguments.c, settings.c, checks.c, usage.c. Constant tables; nothing allocates.
 */
#ifndef POOLMON_CMD_WORDS_H
#define POOLMON_CMD_WORDS_H

#include "cmd/arguments.h"

enum words_id {

#define CMD_OPTION(id, name, letters, argument, commands, help) WORDS_##id,
#include "cmd/options.def"
	WORDS_MAX,
	WORDS_SORT_LETTER, /* one of columns.def */
};

struct words_option {
	const char *name;
	const char *letters;
	const char *argument;
	unsigned commands; /* bits of enum cmd_command */
	const char *help;
};

struct words_command {
	const char *name;
	const char *operands;
	const char *help;
};

extern const struct words_option words_options[WORDS_MAX];
extern const struct words_command words_commands[CMD_MAX];

/* What an option's argument is like; options.def says how it is written. */
enum words_argument {
	WORDS_NONE,
	WORDS_NEEDED,   /* "--name=value", "--name value", "-xvalue" */
	WORDS_ATTACHED, /* may be left out: "--name=value", "-xvalue" */
	WORDS_NEXT,     /* may be left out: "-x value" */
};

enum words_argument words_argument(int id);

/* Whether the command knows the option. */
static inline bool words_knows(enum cmd_command command, int id)
{
	return words_options[id].commands & 1u << command;
}

/* Whether the rest of the command's line is a command to start. */
static inline bool words_starts(enum cmd_command command)
{
	return command == CMD_RUN || command == CMD_CHECK;
}

/* One line on stderr. Returns -EINVAL. */
int words_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
