/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/view.h"

#include "view/chooser.h"
#include "view/detail.h"
#include "view/graph.h"
#include "view/header.h"
#include "view/largest.h"
#include "view/line.h"
#include "view/status.h"

#define RENDER_DETAIL_LEAST 16  /* lines of a screen that has room for frames */
#define RENDER_PLACE_WIDTH  200 /* of a place that may become long when more is known */
#define RENDER_GRAPHS_LEAST 12  /* lines of a screen that has room for graphs */
#define RENDER_GRAPHS_MOST  9   /* lines of theirs, the heading included */

/* Why no row is shown although there are processes. */
static const char *render_no_rows(const struct model *model)
{
	const struct model_options *options = model_settings(model);

	if (options->filter)
		return "No rows: what was typed after & leaves none.";
	if (options->suspects)
		return "No leak suspects, as far as has been watched.";
	if (model_baseline(model))
		return "No rows: nothing has changed since the baseline was marked.";
	return "No rows: the tag patterns or the pool chosen leave none.";
}

int view_render_nothing(const struct view *view, struct frame *frame)
{
	const struct model_counts *counts = model_counts(view->model);
	int line = HEADER_LINES;
	char text[512];

	/* As PoolMon: the headings alone where a session has no pools. */
	if (model_settings(view->model)->sessions != MODEL_SESSIONS_SYSTEM)
		return line;
	if (counts->shown > 0) {
		frame_put_cut(frame, line, 1, -1, FRAME_NORMAL, render_no_rows(view->model));
		return line + 1;
	}
	frame_put(frame, line++, 1, -1, FRAME_WARNING, "No process runs under pooltag.");
	frame_put(frame, line++, 1, -1, FRAME_NORMAL, "Start one:");
	frame_put(frame, line++, 1, -1, FRAME_NORMAL, "  poolmon run -- COMMAND");
	snprintf(text, sizeof(text), "  LD_PRELOAD=%s COMMAND", view->library);
	frame_put_cut(frame, line++, 1, -1, FRAME_NORMAL, text);
	if (!counts->crashed)
		return line;
	snprintf(text, sizeof(text), "%zu crashed. See them:", counts->crashed);
	frame_put(frame, line++, 1, -1, FRAME_WARNING, text);
	frame_put(frame, line++, 1, -1, FRAME_NORMAL, "  poolmon list    poolmon --pid PID");
	return line;
}

/*
 * Finds the selected row again and keeps it on the screen: on the line it stood on, while it moves
 * among the others.
 */
static void render_follow(struct view *view)
{
	size_t count = model_row_count(view->model);
	size_t page = (size_t)view->page;

	if (view->has_selection) {
		size_t at = 0;

		while (at < count && model_row(view->model, at)->key != view->selected)
			at++;
		if (at == count && count > 0) {
			at = view->selected_at < count ? view->selected_at : count - 1;
			view->selected = model_row(view->model, at)->key;
		}
		view->top =
			view->top + at > view->selected_at ? view->top + at - view->selected_at : 0;
		view->selected_at = at;
		if (at < view->top)
			view->top = at;
		if (page && at >= view->top + page)
			view->top = at - page + 1;
	}
	if (view->top + page > count)
		view->top = count > page ? count - page : 0;
}

static void render_too_small(struct frame *frame)
{
	char text[64];

	snprintf(text, sizeof(text), "poolmon needs %dx%d", VIEW_COLUMNS_LEAST, VIEW_ROWS_LEAST);
	frame_put(frame, 0, 0, -1, FRAME_WARNING, text);
}

/* The row whose frames are shown: the selected one, or the first on the screen. */
static const struct model_row *render_detailed(const struct view *view)
{
	size_t at = view->has_selection ? view->selected_at : view->top;

	return at < model_row_count(view->model) ? model_row(view->model, at) : NULL;
}

/* How many lines at the bottom are for frames, their heading included. */
static int render_detail_lines(const struct view *view, const struct frame *frame)
{
	const struct model_row *row = render_detailed(view);
	int lines;

	if (!row || !detail_exists(view) || frame->rows < RENDER_DETAIL_LEAST)
		return 0;
	lines = detail_lines(view, row, view->page / 2 - 1);
	return lines ? lines + 1 : 0;
}

static void render_detail(const struct view *view, struct frame *frame, int line, int count)
{
	const struct model_row *row = render_detailed(view);
	const char *heading = " Call";

	if (!row || count == 0)
		return;
	if (model_frames(row))
		heading = model_settings(view->model)->group == MODEL_GROUP_SITE
				  ? " Stack with the most bytes, innermost call first"
				  : " Stack, innermost call first";
	frame_put(frame, line, 0, -1, FRAME_HEADING, heading);
	frame_paint(frame, line, 0, FRAME_HEADING);
	detail_render(view, row, frame, line + 1, count - 1);
}

static void render_rows(struct view *view, const struct layout *layout, struct frame *frame)
{
	static const enum frame_attribute trends[] = {
		[MODEL_TREND_NONE] = FRAME_NORMAL, [MODEL_TREND_CHANGED] = FRAME_CHANGED,
		[MODEL_TREND_ROSE] = FRAME_ROSE,   [MODEL_TREND_FELL] = FRAME_FELL,
		[MODEL_TREND_NEW] = FRAME_NEW,
	};

	size_t count = model_row_count(view->model);

	for (size_t i = 0; i < (size_t)view->page && view->top + i < count; i++) {
		const struct model_row *row = model_row(view->model, view->top + i);
		enum frame_attribute attribute = FRAME_NORMAL;

		if (view->highlight)
			attribute = trends[row->trend];
		if (view->has_selection && row->key == view->selected)
			attribute = FRAME_SELECTED;
		line_row(view, layout, row, attribute, frame, HEADER_LINES + (int)i);
	}
}

static int render_graph_lines(const struct view *view, const struct frame *frame)
{
	int lines = frame->rows / 4;

	if (!view->graphs || frame->rows < RENDER_GRAPHS_LEAST)
		return 0;
	return lines < RENDER_GRAPHS_MOST ? lines : RENDER_GRAPHS_MOST;
}

/* The lines below the rows, from the bottom up. */
struct render_parts {
	int totals;
	int memory;
	int graphs;
	int detail;
};

static void render_below(const struct view *view, const struct layout *layout,
			 const struct render_parts *parts, struct frame *frame)
{
	int line = HEADER_LINES + view->page;

	render_detail(view, frame, line, parts->detail);
	line += parts->detail;
	graph_panel(view, render_detailed(view), frame, line, parts->graphs);
	line += parts->graphs;
	if (parts->totals) {
		line_total(view, layout, POOLTAG_POOL_NONPAGED, frame, line);
		line_total(view, layout, POOLTAG_POOL_PAGED, frame, line + 1);
	}
	line += parts->totals;
	if (parts->memory)
		status_memory(view, frame, line);
	if (view->prompt.label)
		prompt_render(&view->prompt, view->message, frame);
	else
		status_render(view, frame);
}

static void render_table(struct view *view, struct frame *frame)
{
	struct render_parts parts = {
		.totals = view->totals && frame->rows >= HEADER_LINES + 5 ? 2 : 0,
		.memory = model_settings(view->model)->memory && frame->rows >= HEADER_LINES + 5,
		.graphs = render_graph_lines(view, frame),
	};
	struct layout layout;

	view->page = frame->rows - HEADER_LINES - parts.totals - parts.memory - parts.graphs - 1;
	layout_compute(&layout, &view->memory, view->model, &view->choice, frame->columns,
		       detail_exists(view) ? RENDER_PLACE_WIDTH : 0);
	render_follow(view);
	parts.detail = render_detail_lines(view, frame);
	view->page -= parts.detail;
	render_follow(view);
	header_render(view, frame);
	line_heading(view, &layout, frame, HEADER_LINES - 2);
	render_rows(view, &layout, frame);
	if (model_row_count(view->model) == 0)
		view_render_nothing(view, frame);
	render_below(view, &layout, &parts, frame);
}

void view_render(struct view *view, struct frame *frame)
{
	frame_clear(frame);
	if (frame->rows < VIEW_ROWS_LEAST || frame->columns < VIEW_COLUMNS_LEAST)
		render_too_small(frame);
	else if (view->help)
		view_render_help(view, frame);
	else if (view->choosing)
		chooser_render(view, frame);
	else if (view->largest.open)
		largest_render(view, frame);
	else
		render_table(view, frame);
}
