/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live.c - the live view: fresh figures every interval, keys in between
 */
#include "cmd/cmd.h"
#include "cmd/session.h"
#include "cmd/usage.h"
#include "common/memory.h"
#include "view/curses.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define LIVE_SYMBOLS_NS 50000000u /* how soon what is found out is drawn */

static uint64_t live_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void live_draw(struct session *session)
{
	struct frame frame;
	int rows;
	int columns;

	curses_size(&rows, &columns);
	frame_init(&frame, rows, columns);
	view_render(&session->view, &frame);
	curses_show(&frame);
	frame_fini(&frame);
}

/* While lines of the source are being looked up, one does not wait long for keys. */
static uint64_t live_timeout(const struct session *session, uint64_t timeout)
{
	return symbols_busy(session->symbols) && timeout > LIVE_SYMBOLS_NS ? LIVE_SYMBOLS_NS
									   : timeout;
}

/* Draws and waits for keys until somebody wants to end. Returns 0 or a negative errno. */
static int live_loop(struct session *session)
{
	uint64_t interval = (uint64_t)(session->arguments->interval * 1e9);
	uint64_t due = live_now() + interval;
	uint64_t progress = 0;
	int reaction = VIEW_REDRAW;

	while (!(reaction & VIEW_QUIT)) {
		uint64_t now = live_now();
		int key;

		if (now >= due || reaction & VIEW_REFRESH) {
			int error = session_refresh(session);

			if (error)
				return error;
			now = live_now();
			due = now + interval;
			reaction |= VIEW_REDRAW;
		}
		if (reaction & VIEW_REDRAW)
			live_draw(session);
		key = curses_wait(live_timeout(session, due > now ? due - now : 0));
		if (key == CURSES_ENDED)
			break;
		reaction = key == VIEW_CODE_NONE ? VIEW_NOTHING : view_key(&session->view, key);
		if (progress != symbols_progress(session->symbols)) {
			progress = symbols_progress(session->symbols);
			reaction |= VIEW_REDRAW;
		}
	}
	return 0;
}

static char *live_help(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return memory_text("");
	usage_print(out);
	fclose(out);
	return text;
}

int cmd_live(const struct arguments *arguments)
{
	struct session session;
	char *help = live_help();
	int error = 0;
	int status;

	session_init(&session, arguments, &arguments->model, arguments->dir, false);
	session.view.help_options = help;
	status = session_tell(&session, session_refresh(&session));
	if (status == 0)
		status = session_check_pids(&session);
	if (status == 0 && curses_begin())
		status = ARGUMENTS_USAGE_STATUS;
	else if (status == 0)
		error = live_loop(&session);
	curses_end();
	if (error)
		status = session_tell(&session, error);
	session_fini(&session);
	free(help);
	curses_die_of_signal();
	return status;
}
