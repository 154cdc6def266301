/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/actions.h"

#include "view/chooser.h"
#include "view/moves.h"

#include <string.h>

static const char *const actions_themes[VIEW_THEME_MAX] = {

#define VIEW_THEME(id, name, help) [VIEW_THEME_##id] = help,
#include "view/themes.def"
};

/* Sorts by the next column that is shown and can be sorted by. */
int actions_sort_beside(struct view *view, int key)
{
	int step = key == '<' || key == ',' ? -1 : 1;
	struct model_options *options = model_options(view->model);
	enum model_column_id ids[MODEL_COLUMN_MAX];
	int count = (int)layout_columns(&view->choice, options->group, ids);
	int at = 0;

	while (at < count && ids[at] != options->sort)
		at++;
	do
		at += step;
	while (at >= 0 && at < count &&
	       (model_columns[ids[at]].kind == MODEL_KIND_DELTA ||
		model_columns[ids[at]].kind == MODEL_KIND_GRAPH));
	if (at < 0 || at >= count)
		return VIEW_NOTHING;
	options->sort = ids[at];
	return VIEW_REFRESH;
}

/* Rows of another kind: nothing is selected, and widths begin anew. */
static int actions_regroup(struct view *view)
{
	model_regroup(view->model);
	moves_restart(view, NULL);
	view->has_selection = false;
	return VIEW_REFRESH;
}

int actions_preset(struct view *view, int key __attribute__((unused)))
{
	struct model_options *options = model_options(view->model);
	enum model_group group = options->group;

	view->preset = (view->preset + 1) % PRESETS_MAX;
	/* A group that a view brought goes with it. */
	if (view->preset_group)
		options->group = view->group_before;
	view->group_before = options->group;
	presets_apply(view->preset, &view->choice, options);
	view->preset_group = options->group != view->group_before;
	view_say(view, "%s: %s", presets[view->preset].name, presets[view->preset].help);
	if (options->group != group)
		return actions_regroup(view);
	memset(&view->memory, 0, sizeof(view->memory));
	return VIEW_REFRESH;
}

int actions_group(struct view *view, int key __attribute__((unused)))
{
	struct model_options *options = model_options(view->model);

	options->group = (options->group + 1) % MODEL_GROUP_MAX;
	view->preset_group = false;
	view_say(view, "%s", model_groups[options->group].help);
	return actions_regroup(view);
}

int actions_mark(struct view *view, int key __attribute__((unused)))
{
	if (model_is_marked(view->model)) {
		model_unmark(view->model);
		view_say(view, "all there is");
	} else {
		model_mark(view->model);
		view_say(view, "marked: from here on only the difference");
	}
	return VIEW_REDRAW;
}

int actions_states(struct view *view, int key __attribute__((unused)))
{
	struct model_options *options = model_options(view->model);

	options->states = (options->states + 1) % MODEL_STATES_MAX;
	view_say(view, "%s", model_states[options->states].help);
	model_regroup(view->model);
	return VIEW_REFRESH;
}

/* To the next of the usual intervals. */
int actions_interval(struct view *view, int key)
{
	int step = key == '-' ? -1 : 1;
	static const double steps[] = {0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300};
	const int count = sizeof(steps) / sizeof(steps[0]);
	int at = step > 0 ? 0 : count - 1;

	while (at >= 0 && at < count &&
	       (step > 0 ? steps[at] <= view->interval : steps[at] >= view->interval))
		at += step;
	if (at >= 0 && at < count)
		view->interval = steps[at];
	return VIEW_REDRAW;
}

int actions_change(struct view *view, int key __attribute__((unused)))
{
	struct model_options *options = model_options(view->model);

	options->by_change = !options->by_change;
	return VIEW_REFRESH;
}

int actions_pools(struct view *view, int key __attribute__((unused)))
{
	struct model_options *options = model_options(view->model);

	options->pools = (options->pools + 1) % MODEL_POOLS_MAX;
	return VIEW_REFRESH;
}

int actions_totals(struct view *view, int key __attribute__((unused)))
{
	view->totals = !view->totals;
	return VIEW_REFRESH;
}

int actions_highlight(struct view *view, int key __attribute__((unused)))
{
	view->highlight = !view->highlight;
	return VIEW_REFRESH;
}

int actions_reverse(struct view *view, int key __attribute__((unused)))
{
	struct model_options *options = model_options(view->model);

	options->reverse = !options->reverse;
	return VIEW_REFRESH;
}

int actions_columns(struct view *view, int key __attribute__((unused)))
{
	chooser_open(view);
	return VIEW_REDRAW;
}

int actions_graphs(struct view *view, int key __attribute__((unused)))
{
	view->graphs = !view->graphs;
	return VIEW_REDRAW;
}

int actions_memory(struct view *view, int key __attribute__((unused)))
{
	struct model_options *options = model_options(view->model);

	options->memory = !options->memory;
	return VIEW_REFRESH;
}

int actions_pause(struct view *view, int key __attribute__((unused)))
{
	view->paused = !view->paused;
	return VIEW_REDRAW;
}

int actions_theme(struct view *view, int key __attribute__((unused)))
{
	view->theme = (view->theme + 1) % VIEW_THEME_MAX;
	view_say(view, "%s", actions_themes[view->theme]);
	return VIEW_REDRAW;
}

int actions_copy(struct view *view, int key __attribute__((unused)))
{
	(void)view;
	return VIEW_COPY | VIEW_REDRAW;
}

int actions_refresh(struct view *view, int key __attribute__((unused)))
{
	(void)view;
	return VIEW_REFRESH;
}

int actions_help(struct view *view, int key __attribute__((unused)))
{
	view->help = true;
	view->help_top = 0;
	return VIEW_REDRAW;
}

int actions_quit(struct view *view, int key __attribute__((unused)))
{
	(void)view;
	return VIEW_QUIT;
}
