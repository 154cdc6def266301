/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/largest.h"

#define LARGEST_HEADING_LINES 2
#define LARGEST_PAGE          10 /* lines a page key moves by */

/* What a row is about: its tag, its call site, or its pool. */
static struct blocks_question largest_question(const struct view *view, const struct model_row *row)
{
	struct blocks_question question = {.pooled = true, .pool = row->pool, .site = row->site};

	switch (model_settings(view->model)->group) {
	case MODEL_GROUP_TAG:
	case MODEL_GROUP_SIZE:
		question.tagged = true;
		question.tag = row->tag;
		break;
	case MODEL_GROUP_PROCESS:
	case MODEL_GROUP_THREAD:
		break;
	case MODEL_GROUP_MODULE:
	case MODEL_GROUP_FUNCTION:
	case MODEL_GROUP_SITE:
	case MODEL_GROUP_STACK:
	case MODEL_GROUP_MAX:
		question.sited = true; /* that with the most bytes, where there are several */
		break;
	}
	return question;
}

int largest_ask(struct view *view, int key __attribute__((unused)))
{
	size_t at = view->has_selection ? view->selected_at : view->top;
	const struct model_row *row;

	if (at >= model_row_count(view->model))
		return VIEW_NOTHING;
	row = model_row(view->model, at);
	if (row->ended || !reader_state_runs(row->process->state)) {
		view_say(view, "%.60s (%u) has ended: only a process that runs can be asked",
			 reader_process_name(row->process), row->process->pid);
		return VIEW_REDRAW;
	}
	view->largest.pid = row->process->pid;
	view->largest.start_ticks = row->process->start_ticks;
	view->largest.question = largest_question(view, row);
	view_say(view, "asking %.60s (%u) ...", reader_process_name(row->process),
		 row->process->pid);
	return VIEW_LARGEST | VIEW_REDRAW;
}

void largest_show(struct view *view, const struct blocks *blocks)
{
	blocks_fini(&view->largest.blocks);
	view->largest.blocks = *blocks;
	view->largest.open = true;
	view->largest.top = 0;
}

static int largest_scroll(struct view *view, int by)
{
	view->largest.top += by;
	return VIEW_REDRAW;
}

int largest_key(struct view *view, int key)
{
	switch (key) {
	case VIEW_CODE_UP:
		return largest_scroll(view, -1);
	case VIEW_CODE_DOWN:
		return largest_scroll(view, 1);
	case VIEW_CODE_PAGE_UP:
		return largest_scroll(view, -LARGEST_PAGE);
	case VIEW_CODE_PAGE_DOWN:
		return largest_scroll(view, LARGEST_PAGE);
	case VIEW_CODE_HOME:
		return largest_scroll(view, -view->largest.top);
	case VIEW_CODE_END:
		return largest_scroll(view, POOLTAG_BLOCKS_MAX);
	case VIEW_CODE_ESCAPE:
	case VIEW_CODE_BACK:
		view->largest.open = false;
		return VIEW_REDRAW;
	case '#':
		return VIEW_LARGEST | VIEW_REDRAW;
	case 'q':
		return VIEW_QUIT;
	default:
		return VIEW_NOTHING;
	}
}

void largest_render(struct view *view, struct frame *frame)
{
	const struct blocks *blocks = &view->largest.blocks;
	int page = frame->rows - LARGEST_HEADING_LINES - 1;
	int last = (int)blocks->listed > page ? (int)blocks->listed - page : 0;
	char line[BLOCKS_LINE_SIZE];

	if (view->largest.top > last)
		view->largest.top = last;
	if (view->largest.top < 0)
		view->largest.top = 0;
	blocks_title(blocks, line, sizeof(line));
	frame_put_cut(frame, 0, 0, -1, FRAME_TITLE, line);
	frame_put(frame, 1, 0, -1, FRAME_HEADING, blocks_heading);
	frame_paint(frame, 1, 0, FRAME_HEADING);
	for (int i = 0; i < page && view->largest.top + i < (int)blocks->listed; i++) {
		blocks_line(&blocks->entries[view->largest.top + i], line, sizeof(line));
		frame_put_cut(frame, LARGEST_HEADING_LINES + i, 0, -1, FRAME_NORMAL, line);
	}
	snprintf(line, sizeof(line), " Esc closes  # asks again%s", last ? "  Up Down: more" : "");
	if (*view->message)
		snprintf(line, sizeof(line), " %.*s", PROMPT_SIZE, view->message);
	frame_put_cut(frame, frame->rows - 1, 0, -1, FRAME_STATUS, line);
	frame_paint(frame, frame->rows - 1, 0, FRAME_STATUS);
}
