/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/search.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void search_select(struct view *view, size_t at)
{
	view->has_selection = true;
	view->selected_at = at;
	view->selected = model_row(view->model, at)->key;
}

/* Selects the first row that holds the words, from row `from` on and around. */
static int search_find(struct view *view, size_t from)
{
	size_t count = model_row_count(view->model);

	for (size_t i = 0; i < count; i++) {
		size_t at = (from + i) % count;

		if (model_holds(view->model, model_row(view->model, at), view->search)) {
			view->message[0] = '\0';
			search_select(view, at);
			return VIEW_REDRAW;
		}
	}
	view_say(view, "no line holds \"%s\"", view->search);
	return VIEW_REDRAW;
}

int search_ask(struct view *view, int key __attribute__((unused)))
{
	prompt_open(&view->prompt, "/", false, PROMPT_SIZE - 1);
	view->question = VIEW_ASK_SEARCH;
	return VIEW_REDRAW;
}

int search_answer(struct view *view, enum prompt_result result)
{
	if (result == PROMPT_CANCELLED || view->prompt.length == 0)
		return VIEW_REDRAW;
	memcpy(view->search, view->prompt.text, sizeof(view->search));
	return search_find(view, view->has_selection ? view->selected_at : view->top);
}

int search_next(struct view *view, int key __attribute__((unused)))
{
	if (!*view->search) {
		view_say(view, "nothing has been searched for: / begins a search");
		return VIEW_REDRAW;
	}
	return search_find(view, view->has_selection ? view->selected_at + 1 : view->top);
}

int search_ask_filter(struct view *view, int key __attribute__((unused)))
{
	prompt_open(&view->prompt, "&", false, PROMPT_SIZE - 1);
	view->question = VIEW_ASK_FILTER;
	return VIEW_REDRAW;
}

int search_answer_filter(struct view *view, enum prompt_result result)
{
	memcpy(view->filter, view->prompt.text, sizeof(view->filter));
	if (result == PROMPT_CANCELLED)
		view->filter[0] = '\0';
	model_options(view->model)->filter = *view->filter ? view->filter : NULL;
	model_arrange(view->model);
	view->top = 0;
	return VIEW_REDRAW;
}

int search_ask_file(struct view *view, int key __attribute__((unused)))
{
	time_t now = (time_t)(model_snapshot(view->model)->real_ns / 1000000000u);
	struct prompt *prompt = &view->prompt;
	struct tm local;

	prompt_open(prompt, "Save to (.txt .json .csv):", false, PROMPT_SIZE - 1);
	localtime_r(&now, &local);
	prompt->length =
		strftime(prompt->text, sizeof(prompt->text), "poolmon-%Y%m%d-%H%M%S.txt", &local);
	view->question = VIEW_ASK_FILE;
	return VIEW_REDRAW;
}

int search_answer_file(struct view *view, enum prompt_result result)
{
	if (result != PROMPT_DONE || view->prompt.length == 0)
		return VIEW_REDRAW;
	memcpy(view->file, view->prompt.text, sizeof(view->file));
	return VIEW_SAVE | VIEW_REDRAW;
}
