/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/config.h"

#include "cmd/settings.h"
#include "cmd/words.h"
#include "common/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_MAX (64u * 1024) /* bytes of a file */

/* What may stand in it: how things look, not what is done once. */
static const enum words_id config_words[] = {
	WORDS_INTERVAL, WORDS_VIEW,   WORDS_GROUP,  WORDS_SORT,      WORDS_REVERSE, WORDS_COLUMNS,
	WORDS_STATES,   WORDS_MEMORY, WORDS_GRAPHS, WORDS_THEME,     WORDS_TOTALS,  WORDS_PLAIN,
	WORDS_CHANGE,   WORDS_FILTER, WORDS_DIR,    WORDS_DEBUG_DIR,
};

static int config_fault(const char *path, unsigned line, const char *what, const char *name)
{
	fprintf(stderr, "poolmon: %s:%u: %s '%s'; poolmon(1) lists what may stand there\n", path,
		line, what, name);
	return -EINVAL;
}

/* Cuts the blanks off both ends. */
static char *config_trim(char *text)
{
	size_t length;

	text += strspn(text, " \t\r");
	length = strlen(text);
	while (length && strchr(" \t\r", text[length - 1]))
		text[--length] = '\0';
	return text;
}

static int config_line(struct arguments *arguments, const char *path, unsigned line, char *text)
{
	char *value = strchr(text, '=');
	char *name;

	if (value)
		*value++ = '\0';
	name = config_trim(text);
	for (size_t i = 0; i < sizeof(config_words) / sizeof(config_words[0]); i++) {
		enum words_id id = config_words[i];
		bool takes = words_argument((int)id) != WORDS_NONE;

		if (strcmp(words_options[id].name, name) != 0)
			continue;
		if (takes && !value)
			return config_fault(path, line, "a value is missing for", name);
		if (!takes && value)
			return config_fault(path, line, "no value belongs to", name);
		if (settings_apply(arguments, id, value ? config_trim(value) : NULL) == 0)
			return 0;
		return config_fault(path, line, "that was said of", name);
	}
	return config_fault(path, line, "there is no setting", name);
}

/* The file's text, in arguments->config. Returns 0 or a negative errno. */
static int config_load(struct arguments *arguments, const char *path)
{
	FILE *file = fopen(path, "re");
	size_t size;
	int error;

	if (!file)
		return -errno;
	arguments->config = memory_zeroed(CONFIG_MAX + 1, 1);
	errno = 0;
	size = fread(arguments->config, 1, CONFIG_MAX + 1, file);
	error = ferror(file) ? (errno ? -errno : -EIO) : size > CONFIG_MAX ? -EFBIG : 0;
	fclose(file);
	return error;
}

/* The value of --config among the words; NULL: it is not there. */
static const char *config_asked(char *const *at)
{
	const char *name = words_options[WORDS_CONFIG].name;
	size_t length = strlen(name);
	const char *asked = NULL;

	for (; *at && strcmp(*at, "--") != 0; at++) {
		if (strncmp(*at, "--", 2) != 0 || strncmp(*at + 2, name, length) != 0)
			continue;
		if ((*at)[2 + length] == '=')
			asked = *at + 2 + length + 1;
		else if (!(*at)[2 + length] && at[1])
			asked = at[1];
	}
	return asked;
}

/* Where it is when nobody says so; the caller frees it. NULL: nowhere. */
static char *config_default(void)
{
	const char *directory = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (directory && *directory)
		return memory_printed("%s/poolmon/poolmon.conf", directory);
	return home && *home ? memory_printed("%s/.config/poolmon/poolmon.conf", home) : NULL;
}

static int config_read_file(struct arguments *arguments, const char *path, bool asked)
{
	unsigned number = 1;
	int error = config_load(arguments, path);
	char *text = arguments->config;

	if (error == -ENOENT && !asked)
		return 0;
	if (error) {
		fprintf(stderr, "poolmon: %s: %s\n", path, strerror(-error));
		return -EINVAL;
	}
	for (char *line; (line = strsep(&text, "\n")); number++) {
		line[strcspn(line, "#")] = '\0';
		line = config_trim(line);
		if (*line && config_line(arguments, path, number, line))
			return -EINVAL;
	}
	return 0;
}

int config_read(struct arguments *arguments, char *const *at)
{
	const char *asked = config_asked(at);
	char *path = asked ? memory_text(asked) : config_default();
	int error = path && *path ? config_read_file(arguments, path, asked) : 0;

	free(path);
	return error;
}
