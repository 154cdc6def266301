/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/words.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define CMD_IN(command) (1u << CMD_##command)
#define CMD_IN_ALL      ((1u << CMD_MAX) - 1)

const struct words_option words_options[WORDS_MAX] = {

#define CMD_OPTION(id, name, letters, argument, commands, help) \
	[WORDS_##id] = {name, letters, argument, commands, help},
#include "cmd/options.def"
};

const struct words_command words_commands[CMD_MAX] = {

#define CMD_COMMAND(id, name, operands, help) [CMD_##id] = {name, operands, help},
#include "cmd/commands.def"
};

enum words_argument words_argument(int id)
{
	const char *argument = words_options[id].argument;

	switch (*argument) {
	case '\0':
		return WORDS_NONE;
	case '[':
		return WORDS_ATTACHED;
	case ' ':
		return WORDS_NEXT;
	default:
		return WORDS_NEEDED;
	}
}

int words_error(const char *format, ...)
{
	va_list list;

	fputs("poolmon: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputs("; see poolmon --help\n", stderr);
	return -EINVAL;
}
