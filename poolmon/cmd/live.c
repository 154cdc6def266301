/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live.c - the live view: fresh figures every interval, keys in between
 */
#include "cmd/cmd.h"
#include "cmd/session.h"
#include "cmd/usage.h"
#include "common/memory.h"
#include "export/csv.h"
#include "export/json.h"
#include "view/curses.h"
#include "view/largest.h"
#include "view/signals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LIVE_PAUSE_NS   1000000000000u /* paused, nothing happens but keys */
#define LIVE_ANSWER_NS  2000000000u    /* how long a process may take to answer */
#define LIVE_SYMBOLS_NS 50000000u      /* how soon what is found out is drawn */

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

	curses_theme(session->view.theme);
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

/* Saves the table as the ending of the name says; an old file stays. */
static void live_save(struct session *session)
{
	const char *path = session->view.file;
	const char *ending = strrchr(path, '.');
	FILE *out = fopen(path, "wxe");
	int error = 0;

	if (!out) {
		view_say(&session->view, "%s: %s", path, strerror(errno));
		return;
	}
	errno = 0;
	if (ending && strcmp(ending, ".json") == 0)
		error = json_write(session->model, &session->view.host, session->symbols, true,
				   out);
	else if (ending && strcmp(ending, ".csv") == 0)
		error = csv_write(session->model, &(struct format_options){.first = true}, out);
	else
		view_write(&session->view, out);
	if (error == 0 && ferror(out))
		error = errno ? -errno : -EIO;
	if (fclose(out) == EOF && error == 0)
		error = -errno;
	view_say(&session->view, "%s: %s", path, error ? strerror(-error) : "saved");
}

/* Hands the table to the terminal, which may keep it in the clipboard. */
static void live_copy(struct session *session)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		memory_exhausted();
	view_write(&session->view, out);
	fclose(out);
	if (curses_copy(text, size))
		view_say(&session->view,
			 "the table is too long for a clipboard (%zu bytes): w saves it", size);
	else
		view_say(&session->view, "copied: %zu bytes, if the terminal allows it", size);
	free(text);
}

/* Takes new figures. Returns 0 or a negative errno. */
static int live_refresh(struct session *session, uint64_t *ret_due)
{
	int error = session_refresh(session);

	*ret_due = live_now() + (uint64_t)(session->view.interval * 1e9);
	return error;
}

/* Asks a process for its largest blocks; the screen says so while one waits. */
static void live_largest(struct session *session)
{
	struct view_largest *largest = &session->view.largest;
	const struct reader_snapshot *snapshot = session->snapshot;
	struct blocks blocks;
	int error = -ESRCH;

	live_draw(session);
	for (size_t i = 0; error == -ESRCH && i < snapshot->process_count; i++) {
		const struct reader_process *process = &snapshot->processes[i];

		if (process->pid == largest->pid && process->start_ticks == largest->start_ticks &&
		    reader_state_runs(process->state))
			error = blocks_ask(&blocks, process, &largest->question, LIVE_ANSWER_NS);
	}
	session->view.message[0] = '\0';
	if (error)
		view_say(&session->view, "process %u: %s", largest->pid, blocks_reason(error));
	else
		largest_show(&session->view, &blocks);
}

/* Does what a key asks for outside the view. */
static void live_act(struct session *session, int reaction)
{
	if (reaction & VIEW_SAVE)
		live_save(session);
	if (reaction & VIEW_COPY)
		live_copy(session);
	if (reaction & VIEW_LARGEST)
		live_largest(session);
}

/* How long to wait for a key: until the next refresh, or until something is known. */
static uint64_t live_patience(const struct session *session, uint64_t due)
{
	uint64_t now = live_now();

	return live_timeout(session, session->view.paused ? LIVE_PAUSE_NS
				     : due > now          ? due - now
							  : 0);
}

/* Draws and waits for keys until somebody wants to end. Returns 0 or a negative errno. */
static int live_loop(struct session *session)
{
	double interval = session->view.interval;
	uint64_t due = live_now() + (uint64_t)(interval * 1e9);
	uint64_t progress = 0;
	int reaction = VIEW_REDRAW;

	while (!(reaction & VIEW_QUIT)) {
		int key;

		if (reaction & VIEW_REFRESH || (!session->view.paused && live_now() >= due)) {
			int error = live_refresh(session, &due);

			if (error)
				return error;
			reaction |= VIEW_REDRAW;
		}
		if (reaction & VIEW_REDRAW)
			live_draw(session);
		key = curses_wait(live_patience(session, due));
		if (key == CURSES_ENDED)
			break;
		reaction = key == VIEW_CODE_NONE ? VIEW_NOTHING : view_key(&session->view, key);
		live_act(session, reaction);
		if (interval != session->view.interval) {
			interval = session->view.interval;
			due = live_now() + (uint64_t)(interval * 1e9);
		}
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
	session.wants = 0; /* a screen has few columns, and many refreshes */
	session.view.help_options = help;
	status = session_take(&session);
	if (status == 0 && curses_begin())
		status = ARGUMENTS_USAGE_STATUS;
	else if (status == 0)
		error = live_loop(&session);
	curses_end();
	if (error)
		status = session_tell(&session, error);
	session_fini(&session);
	free(help);
	signals_die();
	return status;
}
