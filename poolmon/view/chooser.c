/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/chooser.h"

#include <stdio.h>
#include <string.h>

#define CHOOSER_HELP_AT 27 /* where explanations begin */

static bool chooser_exists(const struct view *view, int id)
{
	return model_columns[id].groups & 1u << model_settings(view->model)->group;
}

static bool chooser_is_shown(const struct view *view, int id)
{
	for (size_t i = 0; i < view->choice.count; i++) {
		if ((int)view->choice.ids[i] == id)
			return true;
	}
	return false;
}

/* The columns that are shown become a choice that can be changed. */
void chooser_open(struct view *view)
{
	struct layout_choice *choice = &view->choice;

	choice->count = layout_columns(choice, model_settings(view->model)->group, choice->ids);
	choice->fitting = true;
	view->choosing = true;
	view->chosen = MODEL_COLUMN_TAG;
	while (!chooser_exists(view, view->chosen))
		view->chosen++;
}

/* To the next column in a direction that rows of this group have. */
static void chooser_move(struct view *view, int step, int times)
{
	int at = view->chosen;

	while (times > 0 && at + step >= 0 && at + step < MODEL_COLUMN_MAX) {
		at += step;
		if (!chooser_exists(view, at))
			continue;
		view->chosen = at;
		times--;
	}
}

/* Shows the column, in its place among the others, or no longer; the last one stays. */
static void chooser_toggle(struct view *view)
{
	struct layout_choice *choice = &view->choice;
	enum model_column_id id = (enum model_column_id)view->chosen;
	size_t at = 0;

	while (at < choice->count && choice->ids[at] != id)
		at++;
	if (at < choice->count) {
		if (choice->count == 1)
			return;
		choice->count--;
		memmove(choice->ids + at, choice->ids + at + 1,
			(choice->count - at) * sizeof(choice->ids[0]));
		return;
	}
	for (at = 0; at < choice->count && choice->ids[at] < id; at++)
		continue;
	memmove(choice->ids + at + 1, choice->ids + at,
		(choice->count - at) * sizeof(choice->ids[0]));
	choice->ids[at] = id;
	choice->count++;
}

int chooser_key(struct view *view, int key)
{
	struct model_options *options = model_options(view->model);

	switch (key) {
	case VIEW_CODE_UP:
		chooser_move(view, -1, 1);
		break;
	case VIEW_CODE_DOWN:
		chooser_move(view, 1, 1);
		break;
	case VIEW_CODE_PAGE_UP:
		chooser_move(view, -1, 10);
		break;
	case VIEW_CODE_PAGE_DOWN:
		chooser_move(view, 1, 10);
		break;
	case VIEW_CODE_HOME:
		chooser_move(view, -1, MODEL_COLUMN_MAX);
		break;
	case VIEW_CODE_END:
		chooser_move(view, 1, MODEL_COLUMN_MAX);
		break;
	case ' ':
		chooser_toggle(view);
		break;
	case 's':
	case 'S':
		options->sort = (enum model_column_id)view->chosen;
		model_arrange(view->model);
		break;
	case 'r':
	case 'R':
		options->reverse = !options->reverse;
		model_arrange(view->model);
		break;
	case VIEW_CODE_ENTER:
	case VIEW_CODE_ESCAPE:
	case 'c':
	case 'C':
	case 'q':
	case 'Q':
		view->choosing = false;
		break;
	default:
		return VIEW_NOTHING;
	}
	return VIEW_REDRAW;
}

static void chooser_line(const struct view *view, int id, struct frame *frame, int line)
{
	const struct model_options *options = model_settings(view->model);
	enum frame_attribute attribute = id == view->chosen ? FRAME_SELECTED : FRAME_NORMAL;
	char text[512];

	snprintf(text, sizeof(text), " [%c] %c %-*s %s", chooser_is_shown(view, id) ? 'x' : ' ',
		 (int)options->sort != id ? ' '
		 : options->reverse       ? '^'
					  : 'v',
		 CHOOSER_HELP_AT - 8, model_columns[id].json, model_columns[id].help);
	frame_put_cut(frame, line, 0, -1, attribute, text);
	frame_paint(frame, line, 0, attribute);
}

/* The lines `text` takes, broken at blanks; drawn from `line` on if there is a frame. */
static int chooser_wrap(const char *text, int width, struct frame *frame, int line)
{
	int count = 0;

	for (; *text; count++) {
		int length = (int)strlen(text);
		char part[512];

		if (length > width) {
			length = width;
			while (length > 0 && text[length] != ' ')
				length--;
		}
		snprintf(part, sizeof(part), "%.*s", length, text);
		if (frame)
			frame_put(frame, line + count, 1, -1, FRAME_TITLE, part);
		text += length + (text[length] == ' ');
	}
	return count;
}

/* The lines for the whole explanation of the column one stands on, where lists cut it; 0: none. */
static int chooser_explain_lines(const struct frame *frame)
{
	int most = 0;
	int longest = 0;

	for (int id = 0; id < MODEL_COLUMN_MAX; id++) {
		int count = chooser_wrap(model_columns[id].help, frame->columns - 2, NULL, 0);
		int length = CHOOSER_HELP_AT + (int)strlen(model_columns[id].help);

		most = count > most ? count : most;
		longest = length > longest ? length : longest;
	}
	return longest > frame->columns ? most : 0;
}

void chooser_render(const struct view *view, struct frame *frame)
{
	int explained = chooser_explain_lines(frame);
	int page = frame->rows - 2 - explained;
	int before = 0;
	int skip;
	int line = 1;

	for (int id = 0; id < view->chosen; id++)
		before += chooser_exists(view, id);
	skip = before >= page ? before - page + 1 : 0;
	frame_put(frame, 0, 0, -1, FRAME_HEADING, " Columns; v or ^ is sorted by");
	frame_paint(frame, 0, 0, FRAME_HEADING);
	for (int id = 0; id < MODEL_COLUMN_MAX && line <= page; id++) {
		if (chooser_exists(view, id) && skip-- <= 0)
			chooser_line(view, id, frame, line++);
	}
	if (explained)
		chooser_wrap(model_columns[view->chosen].help, frame->columns - 2, frame, 1 + page);
	frame_put_cut(frame, frame->rows - 1, 0, -1, FRAME_STATUS,
		      " Space: show  s: sort  r: reverse  Enter: done");
	frame_paint(frame, frame->rows - 1, 0, FRAME_STATUS);
}
