/* SPDX-License-Identifier: BSD-2-Clause */
#include "check/baseline.h"

#include "check/check.h"
#include "common/memory.h"
#include "common/text.h"
#include "export/tag_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char baseline_head[] = "# poolmon baseline 1";

static int baseline_compare(const struct baseline_line *line, int class, const char *tag,
			    const char *place)
{
	int order = strcmp(line->place, place);

	if (order == 0)
		order = strcmp(line->tag, tag);
	return order ? order : line->class - class;
}

/* Where a line stands, or where it would have to: *ret_there says which. */
static size_t baseline_position(const struct baseline *baseline, int class, const char *tag,
				const char *place, bool *ret_there)
{
	size_t low = 0;
	size_t high = baseline->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (baseline_compare(&baseline->lines[middle], class, tag, place) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_there = low < baseline->count &&
		     baseline_compare(&baseline->lines[low], class, tag, place) == 0;
	return low;
}

struct baseline_line *baseline_find(const struct baseline *baseline, int class, const char *tag,
				    const char *place)
{
	bool there;
	size_t at = baseline_position(baseline, class, tag, place, &there);

	return there ? &baseline->lines[at] : NULL;
}

struct baseline_line *baseline_get(struct baseline *baseline, int class, const char *tag,
				   const char *place)
{
	bool there;
	size_t at = baseline_position(baseline, class, tag, place, &there);
	struct baseline_line *line;

	if (!there) {
		memory_reserve(&baseline->lines, &baseline->allocated, baseline->count,
			       sizeof(*baseline->lines));
		line = &baseline->lines[at];
		memmove(line + 1, line, (baseline->count++ - at) * sizeof(*line));
		*line = (struct baseline_line){
			.class = class, .tag = memory_text(tag), .place = memory_text(place)};
	}
	return &baseline->lines[at];
}

void baseline_tag(pooltag_tag tag, char out[BASELINE_TAG_SIZE])
{
	char text[TAG_TEXT_SIZE];
	size_t used = 0;

	tag_text(tag, text);
	for (const char *at = text; *at; at++) {
		const char letter[2] = {*at, '\0'};

		used += (size_t)snprintf(out + used, BASELINE_TAG_SIZE - used, "%s",
					 *at == ' ' ? "\\x20" : letter);
	}
}

static int baseline_class(const char *name)
{
	int class = 0;

	while (class < CHECK_CLASSES && strcmp(check_classes[class].name, name) != 0)
		class ++;
	return class < CHECK_CLASSES ? class : -1;
}

/* Takes "CLASS TAG BLOCKS BYTES PLACE". Returns what is wrong with it, or NULL. */
static const char *baseline_take_line(struct baseline *baseline, char *text)
{
	char *rest = text;
	const char *class = strsep(&rest, " ");
	const char *tag = strsep(&rest, " ");
	const char *blocks = strsep(&rest, " ");
	const char *bytes = strsep(&rest, " ");
	struct baseline_line *line;
	struct check_sum allowed;
	int number = baseline_class(class);

	if (!rest || !*rest)
		return "is not CLASS TAG BLOCKS BYTES PLACE";
	if (number < 0)
		return "begins with an unknown class";
	if (text_to_number(blocks, UINT64_MAX, &allowed.blocks) ||
	    text_to_number(bytes, UINT64_MAX, &allowed.bytes))
		return "has no numbers where blocks and bytes belong";
	line = baseline_get(baseline, number, tag, rest);
	if (line->allowed.blocks)
		return "stands there twice";
	line->allowed = allowed;
	return NULL;
}

static int baseline_read(struct baseline *baseline, FILE *file, const char *path, char **ret_error)
{
	size_t size = 0;
	char *text = NULL;
	unsigned number = 0;
	const char *wrong = NULL;

	while (!wrong && getline(&text, &size, file) >= 0) {
		number++;
		text[strcspn(text, "\r\n")] = '\0';
		if (number == 1 && strcmp(text, baseline_head) != 0)
			wrong = "is not the head '# poolmon baseline 1'";
		else if (*text && *text != '#')
			wrong = baseline_take_line(baseline, text);
	}
	if (!wrong && ferror(file))
		wrong = strerror(errno);
	else if (!wrong && number == 0)
		wrong = "is missing: the file is empty";
	free(text);
	if (wrong)
		*ret_error = memory_printed("%s: line %u %s; `poolmon check --update-baseline` "
					    "writes a new one",
					    path, number ? number : 1, wrong);
	return wrong ? -EINVAL : 0;
}

void baseline_fini(struct baseline *baseline)
{
	for (size_t i = 0; i < baseline->count; i++) {
		free(baseline->lines[i].tag);
		free(baseline->lines[i].place);
	}
	free(baseline->lines);
}

int baseline_load(struct baseline *baseline, const char *path, char **ret_error)
{
	FILE *file = fopen(path, "re");
	int error = file ? 0 : -errno;

	if (file) {
		error = baseline_read(baseline, file, path, ret_error);
		fclose(file);
	} else {
		*ret_error = memory_printed("%s: %s", path, strerror(-error));
	}
	if (error) {
		baseline_fini(baseline);
		*baseline = (struct baseline){0};
	}
	return error;
}

void baseline_write(const struct baseline *baseline, FILE *out)
{
	fprintf(out,
		"%s\n# class tag blocks bytes place; only what exceeds a line fails. Made by "
		"`poolmon check --baseline=F --update-baseline`\n",
		baseline_head);
	for (size_t i = 0; i < baseline->count; i++) {
		const struct baseline_line *line = &baseline->lines[i];

		if (line->found.blocks)
			fprintf(out, "%s %s %" PRIu64 " %" PRIu64 " %s\n",
				check_classes[line->class].name, line->tag, line->found.blocks,
				line->found.bytes, line->place);
	}
}
