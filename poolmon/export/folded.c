/* SPDX-License-Identifier: BSD-2-Clause */
#include "export/folded.h"

#include "common/memory.h"
#include "export/frame_name.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct folded_line {
	char *stack;
	uint64_t value;
};

/* ';' separates frames. */
static void folded_append(FILE *text, const char *frame)
{
	for (; *frame; frame++)
		putc(*frame == ';' ? ':' : *frame, text);
}

static char *folded_stack(const struct profile_stack *stack, struct symbols *symbols)
{
	char *line = NULL;
	size_t size;
	FILE *text = open_memstream(&line, &size);

	if (!text)
		memory_exhausted();
	folded_append(text, reader_process_name(stack->process));
	for (size_t i = stack->frame_count; i-- > 0;) {
		char name[PLACE_SIZE];

		frame_name(stack, i, symbols, name);
		putc(';', text);
		folded_append(text, name);
	}
	if (fclose(text) == EOF)
		memory_exhausted();
	return line;
}

static int folded_compare(const void *left, const void *right)
{
	const struct folded_line *a = left;
	const struct folded_line *b = right;

	return strcmp(a->stack, b->stack);
}

int folded_write(const struct model *model, const struct format_options *options, FILE *out)
{
	struct profile profile;
	struct folded_line *lines;
	size_t count = 0;
	char *text;

	profile_init(&profile, model, options->stacks);
	if (options->first) {
		text = profile_describe(&profile);
		fprintf(stderr, "poolmon: --folded: %s\n", text);
		free(text);
	}
	lines = memory_zeroed(profile.count, sizeof(*lines));
	for (size_t i = 0; i < profile.count; i++) {
		lines[count].value = profile.stacks[i].value[options->value];
		if (lines[count].value)
			lines[count++].stack = folded_stack(&profile.stacks[i], options->symbols);
	}
	qsort(lines, count, sizeof(*lines), folded_compare);
	for (size_t i = 0; i < count;) {
		uint64_t value = 0;
		size_t first = i;

		for (; i < count && strcmp(lines[i].stack, lines[first].stack) == 0; i++)
			value += lines[i].value;
		fprintf(out, "%s %" PRIu64 "\n", lines[first].stack, value);
	}
	for (size_t i = 0; i < count; i++)
		free(lines[i].stack);
	free(lines);
	profile_fini(&profile);
	return ferror(out) ? errno ? -errno : -EIO : 0;
}
