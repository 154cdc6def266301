/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/suppress.h"
#include "lib/leaks/names.h"

#include <pooltag/pattern.h>

static int starts_with(const char *text, const char *start, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] == '\0' || text[i] != start[i])
			return 0;
	return 1;
}

/* Whether `pattern` says something of a frame. */
static int matches_frame(const char *pattern, size_t length, const struct leaks_frame *frame)
{
	return (frame->function[0] != '\0' &&
		pooltag_pattern_matches(pattern, length, frame->function)) ||
	       (frame->module[0] != '\0' &&
		pooltag_pattern_matches(pattern, length, frame->module));
}

static int is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The pattern of a line "leak:<pattern>" of `length` bytes, without blanks around; NULL: none. */
static const char *pattern_of(const char *line, size_t length, size_t *ret_length)
{
	while (length > 0 && is_blank(*line)) {
		line++;
		length--;
	}
	while (length > 0 && is_blank(line[length - 1]))
		length--;
	if (length <= 5 || !starts_with(line, "leak:", 5))
		return NULL;
	*ret_length = length - 5;
	return line + 5;
}

static int is_suppressed_at(const char *text, const struct leaks_frame *frame)
{
	while (*text != '\0') {
		size_t line = 0, length;
		const char *pattern;

		while (text[line] != '\0' && text[line] != '\n')
			line++;
		pattern = pattern_of(text, line, &length);
		if (pattern != NULL && matches_frame(pattern, length, frame))
			return 1;
		text += line + (text[line] == '\n');
	}
	return 0;
}

int leaks_is_suppressed(const char *text, uint32_t site)
{
	struct leaks_frame frame;

	if (text == NULL)
		return 0;
	for (uint32_t i = 0; i < leaks_frame_count(site); i++) {
		leaks_frame_of(site, i, &frame);
		if (is_suppressed_at(text, &frame))
			return 1;
	}
	return 0;
}
