/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/status.h"

#include "view/detail.h"

#include <inttypes.h>
#include <string.h>

int view_warning(const struct model *model, char *out, size_t size)
{
	const struct reader_snapshot *snapshot = model_snapshot(model);

	for (size_t i = 0; i < snapshot->process_count; i++) {
		const struct reader_process *process = &snapshot->processes[i];

		if (!model_selects(model, process) || (!process->dropped && !process->clamped))
			continue;
		snprintf(out, size,
			 process->clamped ? "%.100s (%u): figures are damaged"
					  : "%.100s (%u): a table of its segment is full, some "
					    "figures are missing",
			 reader_process_name(process), process->pid);
		return 1;
	}
	if (snapshot->refusal_count == 0)
		return 0;
	snprintf(out, size, "%zu file%s not readable: poolmon list says why",
		 snapshot->refusal_count, snapshot->refusal_count == 1 ? "" : "s");
	return 1;
}

/* That figures are differences, or why they are none. */
static const char *status_mark(const struct model *model)
{
	if (!model_is_marked(model))
		return "";
	return model_baseline(model) ? "  since the mark" : "  not marked: stacks and threads";
}

/* What is not as it usually is. */
static void status_special(const struct view *view, char *out, size_t size)
{
	static const char *const pools[MODEL_POOLS_MAX] = {
		[MODEL_POOLS_BOTH] = "",
		[MODEL_POOLS_NONPAGED] = "  Nonp only",
		[MODEL_POOLS_PAGED] = "  Paged only",
	};
	const struct model_options *options = model_settings(view->model);
	char interval[32] = "  PAUSED";

	if (!view->paused)
		snprintf(interval, sizeof(interval), "  every %gs", view->interval);
	snprintf(out, size, "%s%s%s%s%s%s%s%s%s%s", options->by_change ? " (change)" : "",
		 options->reverse ? " (reversed)" : "", pools[options->pools],
		 model_states[options->states].title, status_mark(view->model),
		 view->preset ? "  view " : "", view->preset ? presets[view->preset].name : "",
		 options->filter ? "  &" : "", options->filter ? options->filter : "", interval);
}

/* What was said last, or where one is and the keys that lead on. */
static void status_left(const struct view *view, char *out, size_t size)
{
	const struct model_column *sort = &model_columns[model_settings(view->model)->sort];
	char special[PROMPT_SIZE + 128];

	status_special(view, special, sizeof(special));
	if (*view->message)
		snprintf(out, size, " %s", view->message);
	else
		snprintf(out, size, " h Help  q Quit  by %s%s",
			 *sort->heading ? sort->heading : sort->json, special);
}

void status_render(const struct view *view, struct frame *frame)
{
	enum frame_attribute attribute = FRAME_STATUS;
	int line = frame->rows - 1;
	char right[PLACE_SIZE] = "";
	char left[1024];
	int at;

	status_left(view, left, sizeof(left));
	if (view->has_selection && view->selected_at < model_row_count(view->model)) {
		detail_place(view, model_row(view->model, view->selected_at), right);
	} else if (view_warning(view->model, right, sizeof(right))) {
		attribute = FRAME_WARNING;
		/* It matters more than what one has chosen oneself. */
		if (!*view->message && frame_width(left) + 2 + frame_width(right) > frame->columns)
			strcpy(left, " h Help");
	}
	at = frame_put_cut(frame, line, 0, -1, FRAME_STATUS, left) + 2;
	frame_paint(frame, line, 0, FRAME_STATUS);
	if (at + 1 < frame->columns)
		frame_put_cut(frame, line, at, -1, attribute, right);
}

/* Processes whose memory is missing in the sums. */
static void status_unreadable(const struct ledger *ledger, char *out, size_t size)
{
	out[0] = '\0';
	if (ledger->unreadable)
		snprintf(out, size, "  (%zu process%s not readable)", ledger->unreadable,
			 ledger->unreadable == 1 ? "" : "es");
}

/* As much as there is room for; what no pool accounts for is always there. */
void status_memory(const struct view *view, struct frame *frame, int line)
{
	const struct ledger *ledger = model_ledger(view->model);
	uint64_t pools = ledger->pools / 1024;
	int64_t unattributed = ledger_unattributed(ledger) / 1024;
	char without[64];
	char text[512];
	int length;

	status_unreadable(ledger, without, sizeof(without));
	length = snprintf(text, sizeof(text),
			  " Pools%7" PRIu64 "K Rss%7" PRIu64 "K Pss%7" PRIu64 "K Swap%7" PRIu64
			  "K Unattributed%7" PRId64 "K",
			  pools, ledger->rss / 1024, ledger->pss / 1024, ledger->swap / 1024,
			  unattributed);
	snprintf(text + length, sizeof(text) - (size_t)length,
		 ": anonymous %" PRId64 "K files %" PRIu64 "K shared %" PRIu64 "K%s",
		 ledger_anonymous(ledger) / 1024, ledger->file / 1024, ledger->shared / 1024,
		 without);
	if (frame_width(text) > frame->columns)
		snprintf(text + length, sizeof(text) - (size_t)length, "%s", without);
	if (frame_width(text) > frame->columns)
		snprintf(text, sizeof(text), " Pools %" PRIu64 "K Unattributed %" PRId64 "K%s",
			 pools, unattributed, without);
	frame_put_cut(frame, line, 0, -1, FRAME_TOTAL, text);
	frame_paint(frame, line, 0, FRAME_TOTAL);
}
