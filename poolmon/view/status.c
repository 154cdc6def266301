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
	snprintf(out, size, "%s%s%s%s%s%s%s%s%s", options->by_change ? " (change)" : "",
		 options->reverse ? " (reversed)" : "", pools[options->pools],
		 model_states[options->states].title, view->preset ? "  view " : "",
		 view->preset ? presets[view->preset].name : "", options->filter ? "  &" : "",
		 options->filter ? options->filter : "", interval);
}

void status_render(const struct view *view, struct frame *frame)
{
	const struct model_column *sort = &model_columns[model_settings(view->model)->sort];
	char special[PROMPT_SIZE + 128];
	char text[1024];
	int line = frame->rows - 1;
	int at;

	status_special(view, special, sizeof(special));
	snprintf(text, sizeof(text), " h Help  q Quit  by %s%s",
		 *sort->heading ? sort->heading : sort->json, special);
	if (*view->message)
		snprintf(text, sizeof(text), " %s", view->message);
	at = frame_put(frame, line, 0, -1, FRAME_STATUS, text);
	frame_paint(frame, line, 0, FRAME_STATUS);
	if (view->has_selection && view->selected_at < model_row_count(view->model)) {
		detail_place(view, model_row(view->model, view->selected_at), text);
		frame_put(frame, line, at + 2, -1, FRAME_STATUS, text);
	} else if (view_warning(view->model, text, sizeof(text))) {
		frame_put(frame, line, at + 2, -1, FRAME_WARNING, text);
	}
}

void status_memory(const struct view *view, struct frame *frame, int line)
{
	const struct ledger *ledger = model_ledger(view->model);
	char text[512];
	int length = snprintf(text, sizeof(text),
			      " Pools%7" PRIu64 "K Rss%7" PRIu64 "K Pss%7" PRIu64
			      "K Unattributed%7" PRId64 "K: anonymous %" PRId64 "K files %" PRIu64
			      "K shared %" PRIu64 "K",
			      ledger->pools / 1024, ledger->rss / 1024, ledger->pss / 1024,
			      ledger_unattributed(ledger) / 1024, ledger_anonymous(ledger) / 1024,
			      ledger->file / 1024, ledger->shared / 1024);

	if (ledger->unreadable)
		snprintf(text + length, sizeof(text) - (size_t)length,
			 "  (without %zu processes that are gone or not ours)", ledger->unreadable);
	frame_put(frame, line, 0, -1, FRAME_TOTAL, text);
	frame_paint(frame, line, 0, FRAME_TOTAL);
}
