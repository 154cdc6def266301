/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/arguments.h"

#include "cmd/checks.h"
#include "cmd/config.h"
#include "cmd/settings.h"
#include "cmd/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Takes "--name", "--name=value" or "--name value"; *at is at the word and moves past what it took.
 * A value that may be left out follows '=' only; without, NULL is applied.
 */
static int arguments_long(struct arguments *arguments, char ***at)
{
	const char *word = **at + 2;
	size_t length = strcspn(word, "=");

	(*at)++;
	for (int id = 0; id < WORDS_MAX; id++) {
		const char *value = word + length;

		if (strlen(words_options[id].name) != length ||
		    strncmp(words_options[id].name, word, length) != 0 ||
		    !words_knows(arguments->command, id))
			continue;
		if (words_argument(id) == WORDS_NONE) {
			if (*value)
				return words_error("--%s takes no value", words_options[id].name);
		} else if (*value) {
			value++;
		} else if (words_argument(id) == WORDS_ATTACHED) {
			value = NULL;
		} else if (!**at) {
			return words_error("--%s needs %s", words_options[id].name,
					   words_options[id].argument);
		} else {
			value = *(*at)++;
		}
		return settings_apply(arguments, (enum words_id)id, value);
	}
	return words_error("unknown option '--%.*s'%s%s", (int)length, word,
			   arguments->command ? " of poolmon " : "",
			   words_commands[arguments->command].name);
}

static int arguments_unknown(const struct arguments *arguments, const char *word)
{
	return words_error("unknown option '%s'%s%s", word,
			   arguments->command ? " of poolmon " : "",
			   words_commands[arguments->command].name);
}

/*
 * Whether a word behind -g, -c or -n is another option. After '/', what can be no letter's option
 * is a path: one of several characters before the next '/'.
 */
static bool arguments_is_option(const char *word)
{
	size_t first;

	if (*word != '/')
		return *word == '-';
	first = strcspn(word + 1, "/");
	return first < 2 || (!word[1 + first] && strchr("ixs", word[1]));
}

/* The option of a letter; WORDS_MAX: none. */
static int arguments_letter(const struct arguments *arguments, char letter)
{
	int id = 0;

	if (arguments->command == CMD_SHOW && model_column_by_key(letter) >= 0)
		return WORDS_SORT_LETTER;
	while (id < WORDS_MAX && !(letter && strchr(words_options[id].letters, letter) &&
				   words_knows(arguments->command, id)))
		id++;
	return id;
}

/*
 * Takes "-x", "/x", "-xVALUE", "-x VALUE", and several letters in a word, as in "/p/p/b"; *at is at
 * the word and moves past what it took.
 */
static int arguments_short(struct arguments *arguments, char ***at)
{
	const char *word = *(*at)++;
	const char *letter = word + 1;

	while (1) {
		int id = arguments_letter(arguments, *letter);
		enum words_argument kind = id < WORDS_MAX ? words_argument(id) : WORDS_NONE;
		const char *value = NULL;
		int error;

		if (id == WORDS_MAX)
			return arguments_unknown(arguments, word);
		if (id == WORDS_SORT_LETTER)
			value = letter;
		else if (kind == WORDS_NEEDED || kind == WORDS_ATTACHED)
			value = letter + 1;
		else if (kind == WORDS_NEXT && !letter[1] && **at && !arguments_is_option(**at))
			value = *(*at)++;
		if (kind == WORDS_NEXT && letter[1] && !strchr("-/", letter[1]))
			return words_error("-%c: the file is a word of its own, as in -%c %s",
					   *letter, *letter, letter + 1);
		error = settings_apply(arguments, (enum words_id)id, value);
		if (error || !letter[1] || kind == WORDS_NEEDED || kind == WORDS_ATTACHED)
			return error;
		if (!strchr("-/", letter[1]))
			return arguments_unknown(arguments, word);
		letter += 2;
	}
}

/* Takes the command's name, if there is one. */
static void arguments_command(struct arguments *arguments, char ***at)
{
	const char *word = **at ? **at : "";

	for (int id = 0; *word && id < CMD_MAX; id++) {
		if (strcmp(words_commands[id].name, word) == 0) {
			arguments->command = (enum cmd_command)id;
			(*at)++;
			return;
		}
	}
}

bool arguments_exports(const struct arguments *arguments)
{
	for (int id = 0; id < FORMAT_MAX; id++) {
		if (arguments->outputs[id].asked)
			return true;
	}
	return false;
}

/* -g and -c add their column to whatever columns there are. */
static void arguments_add_owners(struct arguments *arguments)
{
	struct layout_choice *choice = &arguments->columns;

	choice->owners = arguments->local.asked || arguments->general.asked;
	if (!choice->owners || choice->count == 0 || choice->count == MODEL_COLUMN_MAX)
		return;
	for (size_t i = 0; i < choice->count; i++) {
		if (choice->ids[i] == MODEL_COLUMN_OWNER)
			return;
	}
	choice->ids[choice->count++] = MODEL_COLUMN_OWNER;
}

int arguments_parse(struct arguments *arguments, char **argv)
{
	char **at = argv[0] ? argv + 1 : argv;
	char **kept;
	bool separated = false;

	memset(arguments, 0, sizeof(*arguments));
	arguments->interval = 5;
	arguments->value = FORMAT_VALUE_MAX; /* not given */
	check_settings_init(&arguments->check);
	blocks_settings_init(&arguments->blocks);
	arguments_command(arguments, &at);
	arguments->model.sort =
		arguments->command == CMD_DIFF ? MODEL_COLUMN_BYTES : MODEL_COLUMN_TAG;
	arguments->theme = VIEW_THEME_MAX;
	if (arguments->command == CMD_SHOW && config_read(arguments, at))
		return -EINVAL;
	/* Operands move to the words already read: options may stand between them. */
	arguments->operands = at;
	kept = at;
	while (*at && !separated) {
		int error = 0;

		if (strcmp(*at, "--") == 0) {
			separated = true;
			at++;
		} else if (strncmp(*at, "--", 2) == 0) {
			error = arguments_long(arguments, &at);
		} else if ((*at)[0] == '-' ||
			   ((*at)[0] == '/' && !*words_commands[arguments->command].operands)) {
			error = arguments_short(arguments, &at);
		} else if (words_starts(arguments->command)) {
			break;
		} else {
			*kept++ = *at++;
		}
		if (error)
			return error;
	}
	if (words_starts(arguments->command) || separated)
		arguments->operands = at;
	else
		*kept = NULL;
	arguments_add_owners(arguments);
	if (checks_arguments(arguments, separated))
		return -EINVAL;
	if (arguments->value == FORMAT_VALUE_MAX)
		arguments->value = FORMAT_VALUE_INUSE_SPACE;
	return 0;
}

void arguments_fini(struct arguments *arguments)
{
	free((void *)(uintptr_t)arguments->model.pids);
	free((void *)(uintptr_t)arguments->model.includes);
	free((void *)(uintptr_t)arguments->model.excludes);
	check_settings_fini(&arguments->check);
	free(arguments->stack_option);
	free(arguments->rules_option);
	free(arguments->options);
	free(arguments->config);
	owners_destroy(arguments->model.owners);
}
