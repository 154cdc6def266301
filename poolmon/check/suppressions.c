/* SPDX-License-Identifier: BSD-2-Clause */
#include "check/suppressions.h"

#include "common/memory.h"
#include "common/text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <pooltag/pattern.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SUPPRESSIONS_FILE_MAX (16u << 20)

static const char suppressions_kind[] = "leak:";

static struct suppression *suppressions_append(struct suppressions *suppressions,
					       const char *pattern, char *origin)
{
	struct suppression *suppression = memory_zeroed(1, sizeof(*suppression));

	memory_reserve(&suppressions->items, &suppressions->allocated, suppressions->count,
		       sizeof(struct suppression *));
	suppressions->items[suppressions->count++] = suppression;
	suppression->pattern = memory_text(pattern);
	suppression->origin = origin;
	suppression->max_bytes = UINT64_MAX;
	suppression->max_blocks = UINT64_MAX;
	return suppression;
}

static bool suppressions_is_date(const char *text)
{
	struct tm day = {0};
	const char *end = strptime(text, "%Y-%m-%d", &day);

	return end && !*end && strlen(text) == sizeof("YYYY-MM-DD") - 1;
}

/* Whether the last day of `until` has passed; days are UTC's, as in most build farms. */
static bool suppressions_is_past(const char *until)
{
	time_t now = time(NULL);
	char today[sizeof("YYYY-MM-DD")] = "";
	struct tm tm;

	if (gmtime_r(&now, &tm))
		strftime(today, sizeof(today), "%Y-%m-%d", &tm);
	return strcmp(until, today) < 0;
}

/* Takes "key=value". Returns 1, 0 when it is part of the pattern, or -EINVAL with *ret_error. */
static int suppressions_take_word(struct suppression *suppression, const char *word,
				  char **ret_error)
{
	size_t key = strspn(word, "abcdefghijklmnopqrstuvwxyz_");
	const char *value = word + key + 1;

	if (key == 0 || word[key] != '=' || *value == '=')
		return 0;
	if (strncmp(word, "max_bytes=", 10) == 0 &&
	    text_to_number(value, UINT64_MAX, &suppression->max_bytes) == 0)
		return 1;
	if (strncmp(word, "max_blocks=", 11) == 0 &&
	    text_to_number(value, UINT64_MAX, &suppression->max_blocks) == 0)
		return 1;
	if (strncmp(word, "until=", 6) == 0 && suppressions_is_date(value)) {
		memcpy(suppression->until, value, sizeof(suppression->until));
		suppression->expired = suppressions_is_past(value);
		return 1;
	}
	*ret_error = memory_printed("%s: '%s' is none of max_bytes=N, max_blocks=N and "
				    "until=YYYY-MM-DD",
				    suppression->origin, word);
	return -EINVAL;
}

/* Takes the words at the end of the pattern that are none of it. */
static int suppressions_take_words(struct suppression *suppression, char **ret_error)
{
	char *pattern = suppression->pattern;
	char *blank;

	while ((blank = strrchr(pattern, ' '))) {
		int taken = suppressions_take_word(suppression, blank + 1, ret_error);

		if (taken < 0)
			return taken;
		if (taken == 0)
			return 0;
		while (blank > pattern && blank[-1] == ' ')
			blank--;
		*blank = '\0';
	}
	return 0;
}

/* Cuts the blanks at both ends of `text` off. */
static char *suppressions_trim(char *text)
{
	char *end = text + strlen(text);

	while (isspace((unsigned char)*text))
		text++;
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return text;
}

static int suppressions_add_line(struct suppressions *suppressions, char *line, const char *origin,
				 unsigned number, char **ret_error)
{
	size_t kind = sizeof(suppressions_kind) - 1;
	struct suppression *suppression;
	char *why;

	line = suppressions_trim(line);
	if (!*line || *line == '#')
		return 0;
	if (strncmp(line, suppressions_kind, kind) != 0 || !line[kind]) {
		*ret_error =
			memory_printed("%s:%u: '%s' is not leak:PATTERN", origin, number, line);
		return -EINVAL;
	}
	why = strstr(line, " #");
	if (why)
		*why = '\0';
	for (char *at = line; *at; at++)
		*at = isspace((unsigned char)*at) ? ' ' : *at;
	suppression = suppressions_append(suppressions, suppressions_trim(line + kind),
					  memory_printed("%s:%u", origin, number));
	if (why)
		suppression->why = memory_text(suppressions_trim(why + 2));
	return suppressions_take_words(suppression, ret_error);
}

int suppressions_add_text(struct suppressions *suppressions, const char *origin, const char *text,
			  char **ret_error)
{
	char *copy = memory_text(text);
	char *rest = copy;
	char *line;
	int error = 0;

	for (unsigned number = 1; error == 0 && (line = strsep(&rest, "\n")); number++) {
		size_t length = strlen(line);
		char *escaped;

		if (length && line[length - 1] == '\r')
			line[length - 1] = '\0';
		for (char *tab = line; (tab = strchr(tab, '\t'));)
			*tab = ' ';
		escaped = memory_zeroed(4 * length + 1, 1);
		text_escape(line, strlen(line), escaped);
		error = suppressions_add_line(suppressions, escaped, origin, number, ret_error);
		free(escaped);
	}
	free(copy);
	return error;
}

int suppressions_add_file(struct suppressions *suppressions, const char *path, char **ret_error)
{
	FILE *file = fopen(path, "re");
	char *text = file ? memory_zeroed(SUPPRESSIONS_FILE_MAX + 1, 1) : NULL;
	size_t length = file ? fread(text, 1, SUPPRESSIONS_FILE_MAX + 1, file) : 0;
	int error = !file || ferror(file) ? -errno : length > SUPPRESSIONS_FILE_MAX ? -EFBIG : 0;

	if (error == 0 && strlen(text) != length)
		error = -EINVAL;
	if (error == -EINVAL)
		*ret_error = memory_printed("%s: it holds a NUL, so it is no text", path);
	else if (error)
		*ret_error = memory_printed("%s: %s", path, strerror(-error));
	else
		error = suppressions_add_text(suppressions, path, text, ret_error);
	if (file)
		fclose(file);
	free(text);
	return error;
}

void suppressions_add_builtin(struct suppressions *suppressions)
{
	static const struct {
		const char *pattern;

		enum { ANY, OWNER } frames;

		const char *of;
		const char *why;
	} builtin[] = {

#define CHECK_BUILTIN(pattern, frames, of, why) {pattern, frames, of, why},
#include "check/builtin.def"
	};

	for (size_t i = 0; i < sizeof(builtin) / sizeof(builtin[0]); i++) {
		struct suppression *suppression =
			suppressions_append(suppressions, builtin[i].pattern,
					    memory_printed("built-in, %s", builtin[i].of));

		suppression->why = memory_text(builtin[i].why);
		suppression->builtin = true;
		suppression->owner_only = builtin[i].frames == OWNER;
	}
}

void suppressions_fini(struct suppressions *suppressions)
{
	for (size_t i = 0; i < suppressions->count; i++) {
		free(suppressions->items[i]->pattern);
		free(suppressions->items[i]->origin);
		free(suppressions->items[i]->why);
		free(suppressions->items[i]);
	}
	free(suppressions->items);
}

static bool suppressions_match(const struct suppression *suppression, const char *const *texts,
			       size_t count, const char *owner)
{
	const char *pattern = suppression->pattern;
	size_t length = strlen(pattern);

	if (suppression->owner_only)
		return pooltag_pattern_matches(pattern, length, owner);
	for (size_t i = 0; i < count; i++) {
		if (pooltag_pattern_matches(pattern, length, texts[i]))
			return true;
	}
	return false;
}

bool suppressions_find_early(const struct suppressions *suppressions, const char *const *modules,
			     size_t count, const char *owner, struct suppression **ret_suppression)
{
	*ret_suppression = NULL;
	for (size_t i = 0; i < suppressions->count; i++) {
		struct suppression *suppression = suppressions->items[i];

		if (suppression->expired)
			continue;
		if (suppressions_match(suppression, modules, count, owner)) {
			*ret_suppression = suppression;
			return true;
		}
		if (!suppression->owner_only)
			return false;
	}
	return true;
}

struct suppression *suppressions_find(const struct suppressions *suppressions,
				      const char *const *texts, size_t count, const char *owner)
{
	for (size_t i = 0; i < suppressions->count; i++) {
		struct suppression *suppression = suppressions->items[i];

		if (!suppression->expired && suppressions_match(suppression, texts, count, owner))
			return suppression;
	}
	return NULL;
}

bool suppression_exceeded(const struct suppression *suppression)
{
	return suppression->found.bytes > suppression->max_bytes ||
	       suppression->found.blocks > suppression->max_blocks;
}

void suppressions_print(const struct suppressions *suppressions, FILE *out)
{
	for (size_t i = 0; i < suppressions->count; i++) {
		const struct suppression *suppression = suppressions->items[i];

		fprintf(out, "%s%s", suppressions_kind, suppression->pattern);
		if (suppression->max_bytes != UINT64_MAX)
			fprintf(out, " max_bytes=%" PRIu64, suppression->max_bytes);
		if (suppression->max_blocks != UINT64_MAX)
			fprintf(out, " max_blocks=%" PRIu64, suppression->max_blocks);
		if (*suppression->until)
			fprintf(out, " until=%s", suppression->until);
		fprintf(out, " # %s%s%s%s%s\n", suppression->origin,
			suppression->owner_only ? ", by the caller of the allocation alone" : "",
			suppression->why ? ": " : "", suppression->why ? suppression->why : "",
			suppression->expired ? " (expired)" : "");
	}
}
