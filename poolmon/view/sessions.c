/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/sessions.h"

#include "common/text.h"

#define SESSIONS_DIGITS 9 /* fit the kernel's 32-bit numbers */

static int sessions_show(struct view *view, enum model_sessions sessions)
{
	model_choose_session(view->model, sessions, view->session);
	view->has_selection = false;
	view->top = 0;
	return VIEW_REFRESH;
}

int sessions_toggle(struct view *view, int key __attribute__((unused)))
{
	if (model_settings(view->model)->sessions != MODEL_SESSIONS_SYSTEM)
		return sessions_show(view, MODEL_SESSIONS_SYSTEM);
	return sessions_show(view, view->session_chosen ? MODEL_SESSIONS_ONE : MODEL_SESSIONS_ALL);
}

static int sessions_show_one(struct view *view, uint32_t session)
{
	view->session_chosen = true;
	view->session = session;
	return sessions_show(view, MODEL_SESSIONS_ONE);
}

int sessions_choose(struct view *view, int key)
{
	return sessions_show_one(view, (uint32_t)(key - '0'));
}

int sessions_ask(struct view *view, int key __attribute__((unused)))
{
	prompt_open(&view->prompt, "Session ID (Enter alone: all login sessions):", true,
		    SESSIONS_DIGITS);
	view->question = VIEW_ASK_SESSION;
	return VIEW_REDRAW;
}

int sessions_answer(struct view *view, enum prompt_result result)
{
	uint64_t number = 0;

	if (result != PROMPT_DONE)
		return VIEW_REDRAW;
	if (view->prompt.length && text_to_number(view->prompt.text, UINT32_MAX, &number) == 0)
		return sessions_show_one(view, (uint32_t)number);
	view->session_chosen = false;
	return sessions_show(view, MODEL_SESSIONS_ALL);
}
