/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/detail.h"
#include "view/sessions.h"
#include "view/view.h"

#include <ctype.h>
#include <string.h>

enum keys_id {

#define VIEW_KEY(id, characters, special, label, help) KEYS_##id,
#include "view/keys.def"
	KEYS_MAX
};

static const struct {
	const char *characters;
	int special;
} keys_bindings[KEYS_MAX] = {

#define VIEW_KEY(id, characters, special, label, help) [KEYS_##id] = {characters, special},
#include "view/keys.def"
};

/* The key's id; KEYS_MAX: none. */
static enum keys_id keys_find(int key)
{
	for (int id = 0; id < KEYS_MAX; id++) {
		if (keys_bindings[id].special
			    ? keys_bindings[id].special == key
			    : key > 0 && key < 0x80 && strchr(keys_bindings[id].characters, key))
			return (enum keys_id)id;
	}
	return KEYS_MAX;
}

/* Moves the selection; the first press selects the first row on the screen. */
static int keys_move(struct view *view, long long by)
{
	long long count = (long long)model_row_count(view->model);
	long long at =
		view->has_selection ? (long long)view->selected_at + by : (long long)view->top;

	if (count == 0)
		return VIEW_NOTHING;
	at = at < 0 ? 0 : at >= count ? count - 1 : at;
	view->has_selection = true;
	view->selected = model_row(view->model, (size_t)at)->key;
	view->selected_at = (size_t)at;
	return VIEW_REDRAW;
}

static int keys_home(struct view *view)
{
	view->has_selection = false;
	view->top = 0;
	return VIEW_REDRAW;
}

static int keys_end(struct view *view)
{
	view->has_selection = true;
	view->selected_at = model_row_count(view->model);
	return keys_move(view, 0);
}

/* Widths, top and selection are of one level. Selects the row with `key`, or the first. */
static void keys_restart(struct view *view, const uint32_t *key)
{
	memset(&view->memory, 0, sizeof(view->memory));
	view->top = 0;
	view->selected_at = 0;
	view->has_selection = model_row_count(view->model) > 0;
	if (view->has_selection)
		view->selected = key ? *key : model_row(view->model, 0)->key;
}

/* One level deeper, into the selected row or the first on the screen. */
static int keys_enter(struct view *view)
{
	size_t at = view->has_selection ? view->selected_at : view->top;

	const struct model_row *row;
	char place[PLACE_SIZE];

	if (at >= model_row_count(view->model))
		return VIEW_NOTHING;
	row = model_row(view->model, at);
	detail_place(view, row, place);
	/* What is not known yet would stay so on the way. */
	if (model_enter(view->model, row->key, strstr(place, "...") ? row->place : place))
		return VIEW_NOTHING;
	keys_restart(view, NULL);
	/* Stacks are read only where they are looked at. */
	return model_wants(view->model) & ~model_snapshot(view->model)->wants ? VIEW_REFRESH
									      : VIEW_REDRAW;
}

/* One level up, to the row that was entered. */
static int keys_back(struct view *view)
{
	uint32_t key;

	if (model_leave(view->model, &key))
		return VIEW_NOTHING;
	keys_restart(view, &key);
	return VIEW_REDRAW;
}

static int keys_help(struct view *view, enum keys_id id)
{
	switch (id) {
	case KEYS_UP:
		view->help_top--;
		return VIEW_REDRAW;
	case KEYS_DOWN:
		view->help_top++;
		return VIEW_REDRAW;
	case KEYS_PAGE_UP:
		view->help_top -= 10;
		return VIEW_REDRAW;
	case KEYS_PAGE_DOWN:
		view->help_top += 10;
		return VIEW_REDRAW;
	case KEYS_HOME:
		view->help_top = 0;
		return VIEW_REDRAW;
	case KEYS_END:
		view->help_top = 1 << 20;
		return VIEW_REDRAW;
	case KEYS_HELP:
	case KEYS_ESCAPE:
		view->help = false;
		return VIEW_REDRAW;
	case KEYS_QUIT:
		return VIEW_QUIT;
	case KEYS_CHANGE:
	case KEYS_POOLS:
	case KEYS_TOTALS:
	case KEYS_HIGHLIGHT:
	case KEYS_SESSIONS:
	case KEYS_SESSION:
	case KEYS_SESSION_ID:
	case KEYS_REFRESH:
	case KEYS_ENTER:
	case KEYS_BACK:
	case KEYS_MAX:
		break;
	}
	return VIEW_NOTHING;
}

static int keys_act(struct view *view, enum keys_id id, int key)
{
	struct model_options *options = model_options(view->model);

	switch (id) {
	case KEYS_CHANGE:
		options->by_change = !options->by_change;
		return VIEW_REFRESH;
	case KEYS_POOLS:
		options->pools = (options->pools + 1) % MODEL_POOLS_MAX;
		return VIEW_REFRESH;
	case KEYS_TOTALS:
		view->totals = !view->totals;
		return VIEW_REFRESH;
	case KEYS_HIGHLIGHT:
		view->highlight = !view->highlight;
		return VIEW_REFRESH;
	case KEYS_SESSIONS:
		return sessions_toggle(view);
	case KEYS_SESSION:
		return sessions_choose(view, (uint32_t)(key - '0'));
	case KEYS_SESSION_ID:
		return sessions_ask(view);
	case KEYS_REFRESH:
		return VIEW_REFRESH;
	case KEYS_UP:
		return keys_move(view, -1);
	case KEYS_DOWN:
		return keys_move(view, 1);
	case KEYS_PAGE_UP:
		return keys_move(view, -view->page);
	case KEYS_PAGE_DOWN:
		return keys_move(view, view->page);
	case KEYS_HOME:
		return keys_home(view);
	case KEYS_END:
		return keys_end(view);
	case KEYS_ENTER:
		return keys_enter(view);
	case KEYS_BACK:
		return keys_back(view);
	case KEYS_HELP:
		view->help = true;
		view->help_top = 0;
		return VIEW_REDRAW;
	case KEYS_QUIT:
		return VIEW_QUIT;
	case KEYS_ESCAPE:
		return model_level_count(view->model) ? keys_back(view) : VIEW_QUIT;
	case KEYS_MAX:
		break;
	}
	return VIEW_NOTHING;
}

int view_key(struct view *view, int key)
{
	int lower = key > 0 && key < 0x80 ? tolower(key) : key;
	enum keys_id id = keys_find(lower);
	int column = lower < 0x80 ? model_column_by_key(lower) : -1;

	if (key == VIEW_CODE_RESIZE)
		return VIEW_REDRAW;
	if (view->prompt.label)
		return sessions_answer(view, prompt_key(&view->prompt, key));
	if (view->help)
		return keys_help(view, id);
	if (id != KEYS_MAX)
		return keys_act(view, id, lower);
	if (column < 0)
		return VIEW_NOTHING;
	model_options(view->model)->sort = (enum model_column_id)column;
	if (!view->has_selection)
		view->top = 0;
	return VIEW_REFRESH; /* as in PoolMon, which shows fresh figures after every key */
}
