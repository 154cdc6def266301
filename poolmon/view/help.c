/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/view.h"

#include "common/memory.h"

#include <stdlib.h>
#include <string.h>

#define HELP_INDENT 18 /* where the explanations begin */

static const struct {
	const char *label;
	const char *help;
} help_keys[] = {

#define VIEW_KEY(id, characters, special, label, help, act) {label, help},
#include "view/keys.def"
};

/* The lines of the help, made for a width. */
struct help {
	int width;
	size_t count;
	size_t allocated;
	char **lines;
};

static void help_add(struct help *help, char *line)
{
	memory_reserve(&help->lines, &help->allocated, help->count, sizeof(*help->lines));
	help->lines[help->count++] = line;
}

/* A term and its explanation, broken at blanks. */
static void help_item(struct help *help, const char *term, const char *text)
{
	int room = help->width - HELP_INDENT - 1;

	do {
		int length = (int)strlen(text);

		if (length > room) {
			length = room;
			while (length > 0 && text[length] != ' ')
				length--;
			if (length == 0)
				length = room;
		}
		help_add(help, memory_printed("  %-*s%.*s", HELP_INDENT - 2, term, length, text));
		text += length + (text[length] == ' ');
		term = "";
	} while (*text);
}

static void help_make(struct help *help, const char *options)
{
	char term[8];

	help_add(help, memory_text(" KEYS"));
	for (size_t i = 0; i < sizeof(help_keys) / sizeof(help_keys[0]); i++)
		help_item(help, help_keys[i].label, help_keys[i].help);
	for (int id = 0; id < MODEL_COLUMN_MAX; id++) {
		char *text;

		if (!model_columns[id].key)
			continue;
		snprintf(term, sizeof(term), "%c", model_columns[id].key);
		text = memory_printed("sort by %s", model_columns[id].heading);
		help_item(help, term, text);
		free(text);
	}
	help_add(help, memory_text(""));
	help_add(help, memory_text(" COLUMNS"));
	for (int id = 0; id < MODEL_COLUMN_MAX; id++) {
		const char *heading = model_columns[id].heading;

		if (id == MODEL_COLUMN_PLACE)
			heading = model_groups[MODEL_GROUP_TAG].heading;
		help_item(help, *heading ? heading : "(   )", model_columns[id].help);
	}
	help_add(help, memory_text(""));
	help_add(help, memory_text(" COMMAND LINE"));
	while (options && *options) {
		size_t length = strcspn(options, "\n");

		help_add(help, memory_printed(" %.*s", (int)length, options));
		options += length + (options[length] == '\n');
	}
}

void view_render_help(struct view *view, struct frame *frame)
{
	struct help help = {.width = frame->columns};
	int page = frame->rows - 2;
	int last;

	help_make(&help, view->help_options);
	last = (int)help.count > page ? (int)help.count - page : 0;
	if (view->help_top > last)
		view->help_top = last;
	if (view->help_top < 0)
		view->help_top = 0;
	frame_put(frame, 0, 0, -1, FRAME_HEADING, " poolmon: pools of the processes under pooltag");
	frame_paint(frame, 0, 0, FRAME_HEADING);
	for (int i = 0; i < page && view->help_top + i < (int)help.count; i++)
		frame_put(frame, 1 + i, 0, -1, FRAME_NORMAL, help.lines[view->help_top + i]);
	frame_put(frame, frame->rows - 1, 0, -1, FRAME_STATUS,
		  last ? " Esc closes the help   Up Down PgUp PgDn: more" : " Esc closes the help");
	frame_paint(frame, frame->rows - 1, 0, FRAME_STATUS);
	for (size_t i = 0; i < help.count; i++)
		free(help.lines[i]);
	free(help.lines);
}
