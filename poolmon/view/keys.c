/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/actions.h"
#include "view/chooser.h"
#include "view/largest.h"
#include "view/moves.h"
#include "view/search.h"
#include "view/sessions.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum keys_id {

#define VIEW_KEY(id, characters, special, label, help, act) KEYS_##id,
#include "view/keys.def"
	KEYS_MAX
};

static const struct {
	const char *characters;
	int special;
	int (*act)(struct view *view, int key);
} keys_bindings[KEYS_MAX] = {

#define VIEW_KEY(id, characters, special, label, help, act) \
	[KEYS_##id] = {characters, special, act},
#include "view/keys.def"
};

/* The key's id; KEYS_MAX: none. */
static enum keys_id keys_find(int key)
{
	for (int id = 0; id < KEYS_MAX; id++) {
		if ((keys_bindings[id].special && keys_bindings[id].special == key) ||
		    (key > 0 && key < 0x80 && strchr(keys_bindings[id].characters, key)))
			return (enum keys_id)id;
	}
	return KEYS_MAX;
}

static int keys_help_scroll(struct view *view, int by)
{
	view->help_top += by;
	return VIEW_REDRAW;
}

static int keys_help(struct view *view, int key)
{
	switch (key) {
	case VIEW_CODE_UP:
		return keys_help_scroll(view, -1);
	case VIEW_CODE_DOWN:
		return keys_help_scroll(view, 1);
	case VIEW_CODE_PAGE_UP:
		return keys_help_scroll(view, -10);
	case VIEW_CODE_PAGE_DOWN:
		return keys_help_scroll(view, 10);
	case VIEW_CODE_HOME:
		view->help_top = 0;
		return VIEW_REDRAW;
	case VIEW_CODE_END:
		return keys_help_scroll(view, 1 << 20);
	case VIEW_CODE_ESCAPE:
	case 'h':
	case '?':
		view->help = false;
		return VIEW_REDRAW;
	case 'q':
		return VIEW_QUIT;
	default:
		return VIEW_NOTHING;
	}
}

static int keys_answer(struct view *view, enum prompt_result result)
{
	switch (view->question) {
	case VIEW_ASK_SEARCH:
		return search_answer(view, result);
	case VIEW_ASK_FILTER:
		return search_answer_filter(view, result);
	case VIEW_ASK_FILE:
		return search_answer_file(view, result);
	case VIEW_ASK_SESSION:
		break;
	}
	return sessions_answer(view, result);
}

static int keys_sort(struct view *view, enum model_column_id column)
{
	model_options(view->model)->sort = column;
	if (!view->has_selection)
		view->top = 0;
	return VIEW_REFRESH; /* as in PoolMon, which shows fresh figures after every key */
}

/* A key that is not typed into anything. */
static int keys_pressed(struct view *view, enum keys_id id, int key)
{
	int column = key < 0x80 ? model_column_by_key(key) : -1;
	int reaction = id != KEYS_MAX ? keys_bindings[id].act(view, key)
		       : column >= 0  ? keys_sort(view, (enum model_column_id)column)
				      : VIEW_NOTHING;
	bool needs = id == KEYS_REFRESH ||
		     model_wants(view->model) & ~model_snapshot(view->model)->wants;

	if (view->paused && reaction & VIEW_REFRESH && !needs) {
		model_arrange(view->model);
		reaction = (reaction & ~VIEW_REFRESH) | VIEW_REDRAW;
	}
	return reaction;
}

int view_key(struct view *view, int key)
{
	int lower = key > 0 && key < 0x80 ? tolower(key) : key;
	enum keys_id id = keys_find(lower);
	bool said = *view->message;
	int reaction;

	if (key == VIEW_CODE_RESIZE)
		return VIEW_REDRAW;
	view->message[0] = '\0';
	if (view->prompt.label)
		reaction = keys_answer(view, prompt_key(&view->prompt, key));
	else if (view->help)
		reaction = keys_help(view, lower);
	else if (view->choosing)
		reaction = chooser_key(view, key);
	else if (view->largest.open)
		reaction = largest_key(view, lower);
	else
		reaction = keys_pressed(view, id, lower);
	return said ? reaction | VIEW_REDRAW : reaction;
}

void view_say(struct view *view, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(view->message, sizeof(view->message), format, list);
	va_end(list);
}
