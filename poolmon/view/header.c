/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/header.h"

#include <string.h>

#define HEADER_COUNTS_AT 68 /* where the title says how many processes, when there is room */

/* A field that does not fit is left out with all that follow. */
static void header_host(const struct host_figures *host, struct frame *frame)
{
	for (int line = 0; line < HOST_LINES; line++) {
		char fields[HOST_FIELDS][HOST_FIELD_SIZE];
		int at = 0;

		host_line(host, line, fields);
		for (int i = 0; i < HOST_FIELDS; i++) {
			if (at + (int)strlen(fields[i]) > frame->columns)
				break;
			at += frame_put(frame, line, at, -1, FRAME_TITLE, fields[i]);
		}
	}
}

/* How many processes there are; nothing when there is just one, as on Windows. */
static void header_counts(const struct model *model, char *out, size_t size)
{
	const struct model_counts *counts = model_counts(model);
	int length = 0;

	out[0] = '\0';
	if (counts->running != 1 || counts->crashed)
		length = snprintf(out, size, "%zu process%s", counts->running,
				  counts->running == 1 ? "" : "es");
	if (counts->crashed)
		snprintf(out + length, size - (size_t)length, ", %zu crashed", counts->crashed);
}

static const struct reader_process *header_only_process(const struct model *model)
{
	const struct reader_snapshot *snapshot = model_snapshot(model);

	for (size_t i = 0; i < snapshot->process_count; i++) {
		if (model_selects(model, &snapshot->processes[i]))
			return &snapshot->processes[i];
	}
	return NULL;
}

/*
 * The rows that were entered, instead of the title: "dict Paged > redis-server!dictAddRaw". What
 * does not fit goes at the left, where it is known best.
 */
static void header_path(const struct model *model, struct frame *frame)
{
	size_t count = model_level_count(model);
	size_t first = 0;
	int at = 1;

	for (first = 0; first + 1 < count; first++) {
		int width = first ? 7 : 1;

		for (size_t i = first; i < count; i++)
			width += frame_width(model_level_name(model, i)) + 3;
		if (width <= frame->columns)
			break;
	}
	if (first)
		at += frame_put(frame, 2, at, -1, FRAME_TITLE, "... > ");
	for (size_t i = first; i < count; i++) {
		if (i > first)
			at += frame_put(frame, 2, at, -1, FRAME_TITLE, " > ");
		at += frame_put(frame, 2, at, -1, FRAME_TITLE, model_level_name(model, i));
	}
}

static void header_title(const struct model *model, struct frame *frame)
{
	const struct model_options *options = model_settings(model);
	const struct reader_process *only = header_only_process(model);
	char counts[64];
	char title[256] = " System pool information";
	int at;

	header_counts(model, counts, sizeof(counts));
	if (model_level_count(model)) {
		header_path(model, frame);
		return;
	}
	if (options->pid_count == 1 && only)
		snprintf(title, sizeof(title), " Process %u pool information: %.100s (%s)",
			 only->pid, reader_process_name(only), reader_state_name(only->state));
	else if (options->pid_count)
		snprintf(title, sizeof(title), " Pool information of %zu processes",
			 model_counts(model)->shown);
	else if (options->sessions == MODEL_SESSIONS_ALL)
		snprintf(title, sizeof(title), " All sessions pool information");
	else if (options->sessions == MODEL_SESSIONS_ONE)
		snprintf(title, sizeof(title), " Session %u pool information", options->session);
	else if (options->run_id)
		snprintf(title, sizeof(title), " Pool information of %zu process%s of this run",
			 model_counts(model)->shown, model_counts(model)->shown == 1 ? "" : "es");
	if (options->pid_count || options->run_id || options->sessions != MODEL_SESSIONS_SYSTEM) {
		frame_put_cut(frame, 2, 0, -1, FRAME_TITLE, title);
		return;
	}
	if (*counts && (int)(strlen(title) + 2 + strlen(counts)) > frame->columns) {
		/* What runs and what crashed matters more than the words everybody knows. */
		frame_put(frame, 2, 1, -1, FRAME_TITLE, counts);
		return;
	}
	frame_put(frame, 2, 0, -1, FRAME_TITLE, title);
	at = frame->columns - (int)strlen(counts) - 1;
	frame_put(frame, 2, at < HEADER_COUNTS_AT ? at : HEADER_COUNTS_AT, -1, FRAME_TITLE, counts);
}

void header_render(const struct view *view, struct frame *frame)
{
	header_host(&view->host, frame);
	header_title(view->model, frame);
}
