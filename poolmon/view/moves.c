/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/moves.h"

#include "view/detail.h"

#include <string.h>

/* Moves the selection; the first press selects the first row on the screen. */
static int moves_by(struct view *view, long long by)
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

int moves_home(struct view *view, int key __attribute__((unused)))
{
	view->has_selection = false;
	view->top = 0;
	return VIEW_REDRAW;
}

int moves_end(struct view *view, int key __attribute__((unused)))
{
	view->has_selection = true;
	view->selected_at = model_row_count(view->model);
	return moves_by(view, 0);
}

/* Widths, top and selection are of one level. Selects the row with `row`, or the first. */
void moves_restart(struct view *view, const uint32_t *row)
{
	memset(&view->memory, 0, sizeof(view->memory));
	view->top = 0;
	view->selected_at = 0;
	view->has_selection = model_row_count(view->model) > 0;
	if (view->has_selection)
		view->selected = row ? *row : model_row(view->model, 0)->key;
}

/* One level deeper, into the selected row or the first on the screen. */
int moves_enter(struct view *view, int key __attribute__((unused)))
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
	moves_restart(view, NULL);
	/* Stacks are read only where they are looked at. */
	return model_wants(view->model) & ~model_snapshot(view->model)->wants ? VIEW_REFRESH
									      : VIEW_REDRAW;
}

/* One level up, to the row that was entered. */
int moves_back(struct view *view, int key __attribute__((unused)))
{
	uint32_t entered;

	if (model_leave(view->model, &entered))
		return VIEW_NOTHING;
	moves_restart(view, &entered);
	return VIEW_REDRAW;
}

int moves_step(struct view *view, int key)
{
	switch (key) {
	case VIEW_CODE_UP:
		return moves_by(view, -1);
	case VIEW_CODE_PAGE_UP:
		return moves_by(view, -view->page);
	case VIEW_CODE_PAGE_DOWN:
		return moves_by(view, view->page);
	default:
		return moves_by(view, 1);
	}
}

int moves_out(struct view *view, int key)
{
	return model_level_count(view->model) ? moves_back(view, key) : VIEW_QUIT;
}
