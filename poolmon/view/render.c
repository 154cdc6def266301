/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/view.h"

#include "common/memory.h"
#include "view/detail.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define RENDER_HEAD_LINES   5   /* two of the machine, title, heading, blank */
#define RENDER_DETAIL_LEAST 16  /* lines of a screen that has room for frames */
#define RENDER_PLACE_WIDTH  200 /* of a place that may become long when more is known */
#define RENDER_COUNTS_AT    68 /* where the title line says how many processes, when there is room */

/* Puts fields one after the other; one that does not fit is left out with all that follow. */
static void render_fields(struct frame *frame, int row, char fields[][48], int count)
{
	int at = 0;

	for (int i = 0; i < count; i++) {
		if (at + (int)strlen(fields[i]) > frame->columns)
			return;
		at += frame_put(frame, row, at, -1, FRAME_TITLE, fields[i]);
	}
}

/* PoolMon's two lines, figure for figure; figures that need more room push the rest to the right.
 */
static void render_host(const struct host_figures *host, struct frame *frame)
{
	char fields[5][48];

	snprintf(fields[0], sizeof(fields[0]), " Memory:%8" PRIu64 "K", host->memory);
	snprintf(fields[1], sizeof(fields[1]), " Avail:%8" PRIu64 "K", host->available);
	snprintf(fields[2], sizeof(fields[2]), "  PageFlts:%6" PRIu64, host->page_faults);
	snprintf(fields[3], sizeof(fields[3]), "   InRam Krnl:%5" PRIu64 "K", host->kernel);
	snprintf(fields[4], sizeof(fields[4]), " P:%5" PRIu64 "K", host->paged_resident);
	render_fields(frame, 0, fields, 5);
	snprintf(fields[0], sizeof(fields[0]), " Commit:%7" PRIu64 "K", host->commit);
	snprintf(fields[1], sizeof(fields[1]), " Limit:%7" PRIu64 "K", host->limit);
	snprintf(fields[2], sizeof(fields[2]), " Peak:%7" PRIu64 "K", host->peak);
	snprintf(fields[3], sizeof(fields[3]), "            Pool N:%5" PRIu64 "K", host->nonpaged);
	snprintf(fields[4], sizeof(fields[4]), " P:%5" PRIu64 "K", host->paged);
	render_fields(frame, 1, fields, 5);
}

/* How many processes there are; nothing when there is just one, as on Windows. */
static void render_counts(const struct model *model, char *out, size_t size)
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

static const struct reader_process *render_only_process(const struct model *model)
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
static void render_path(const struct model *model, struct frame *frame)
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

static void render_title(const struct model *model, struct frame *frame)
{
	const struct model_options *options = model_settings(model);
	const struct reader_process *only = render_only_process(model);
	char counts[64];
	char title[256] = " System pool information";
	int at;

	render_counts(model, counts, sizeof(counts));
	if (model_level_count(model)) {
		render_path(model, frame);
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
		frame_put(frame, 2, 0, -1, FRAME_TITLE, title);
		return;
	}
	if (*counts && (int)(strlen(title) + 2 + strlen(counts)) > frame->columns) {
		/* What runs and what crashed matters more than the words everybody knows. */
		frame_put(frame, 2, 1, -1, FRAME_TITLE, counts);
		return;
	}
	frame_put(frame, 2, 0, -1, FRAME_TITLE, title);
	at = frame->columns - (int)strlen(counts) - 1;
	frame_put(frame, 2, at < RENDER_COUNTS_AT ? at : RENDER_COUNTS_AT, -1, FRAME_TITLE, counts);
}

static const char *render_heading_text(const struct model *model, enum model_column_id id)
{
	return id == MODEL_COLUMN_PLACE ? model_groups[model_settings(model)->group].heading
					: model_columns[id].heading;
}

/* As PoolMon's: changes have none, and a long one begins above the change before its column. */
static void render_heading(const struct layout *layout, const struct model *model,
			   struct frame *frame)
{
	for (int i = 0; i < layout->count; i++) {
		const struct layout_column *at = &layout->columns[i];
		const char *heading = render_heading_text(model, at->id);
		int start = at->at;

		if (model_columns[at->id].kind != MODEL_KIND_TEXT)
			start += at->width - (int)strlen(heading);
		frame_put(frame, 3, start, (int)strlen(heading), FRAME_HEADING, heading);
	}
	frame_paint(frame, 3, 0, FRAME_HEADING);
}

/* Of a sampled stack most figures are not known. */
static bool render_is_known(const struct model_row *row, enum model_column_id id)
{
	return !row->sampled || id == MODEL_COLUMN_ALLOCS || id == MODEL_COLUMN_ALLOCS_DELTA ||
	       id == MODEL_COLUMN_ALLOC_BYTES || model_columns[id].kind == MODEL_KIND_TEXT;
}

static void render_cell(const struct view *view, const struct layout_column *at,
			const struct model_row *row, char *out, size_t size)
{
	long long value = row->value[at->id];

	if (!render_is_known(row, at->id)) {
		snprintf(out, size, "%*s", at->width,
			 model_columns[at->id].kind == MODEL_KIND_DELTA ? "" : "-");
		return;
	}
	switch (model_columns[at->id].kind) {
	case MODEL_KIND_NUMBER:
		snprintf(out, size, "%*lld", at->width, value);
		break;
	case MODEL_KIND_DELTA:
		snprintf(out, size, "(%*lld)", at->width - 2, value);
		break;
	case MODEL_KIND_PERCENT:
		snprintf(out, size, "%*lld%%", at->width - 1, value);
		break;
	case MODEL_KIND_TEXT:
		if (at->id == MODEL_COLUMN_TAG)
			pooltag_tag_to_text(row->tag, out);
		else if (at->id == MODEL_COLUMN_TYPE)
			snprintf(out, size, "%s", model_pool_name(row->pool));
		else
			detail_place(view, row, out);
		break;
	}
}

static void render_row(const struct view *view, const struct layout *layout,
		       const struct model_row *row, enum frame_attribute attribute,
		       struct frame *frame, int line)
{
	char text[PLACE_SIZE];

	for (int i = 0; i < layout->count; i++) {
		render_cell(view, &layout->columns[i], row, text, sizeof(text));
		frame_put(frame, line, layout->columns[i].at, layout->columns[i].width, attribute,
			  text);
	}
	frame_paint(frame, line, 0, attribute);
}

/* The sum of a pool: "Totl" where rows have their tag. */
static void render_total(const struct view *view, const struct layout *layout,
			 enum pooltag_pool pool, struct frame *frame, int line)
{
	struct model_row total = *model_total(view->model, pool);
	struct layout columns = *layout;
	int kept = 0;

	total.tag = POOLTAG_TAG('T', 'o', 't', 'l');
	total.place = "(total)";
	for (int i = 0; i < columns.count; i++) {
		if (columns.columns[i].id != MODEL_COLUMN_PID)
			columns.columns[kept++] = columns.columns[i];
	}
	columns.count = kept;
	render_row(view, &columns, &total, FRAME_TOTAL, frame, line);
}

/* Says what to do when there is nothing to see; returns the line after it. */
static int render_nothing(const struct view *view, struct frame *frame)
{
	const struct model_counts *counts = model_counts(view->model);
	int line = RENDER_HEAD_LINES;
	char text[512];

	/* As PoolMon: the headings alone where a session has no pools. */
	if (model_settings(view->model)->sessions != MODEL_SESSIONS_SYSTEM)
		return line;
	if (counts->shown > 0) {
		frame_put(frame, line, 1, -1, FRAME_NORMAL,
			  "No rows: the tag patterns or the pool chosen leave none.");
		return line + 1;
	}
	frame_put(frame, line++, 1, -1, FRAME_WARNING, "No process runs under pooltag.");
	frame_put(frame, line++, 1, -1, FRAME_NORMAL, "Start one:");
	frame_put(frame, line++, 1, -1, FRAME_NORMAL, "  poolmon run -- COMMAND");
	snprintf(text, sizeof(text), "  LD_PRELOAD=%s COMMAND", view->library);
	frame_put(frame, line++, 1, -1, FRAME_NORMAL, text);
	if (!counts->crashed)
		return line;
	snprintf(text, sizeof(text), "%zu crashed. See them:", counts->crashed);
	frame_put(frame, line++, 1, -1, FRAME_WARNING, text);
	frame_put(frame, line++, 1, -1, FRAME_NORMAL, "  poolmon list    poolmon --pid PID");
	return line;
}

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

/* The last line: how it is sorted, where one is, what the selected row is. */
static void render_status(const struct view *view, struct frame *frame)
{
	static const char *const pools[MODEL_POOLS_MAX] = {
		[MODEL_POOLS_BOTH] = "",
		[MODEL_POOLS_NONPAGED] = "  Nonp only",
		[MODEL_POOLS_PAGED] = "  Paged only",
	};
	const struct model_options *options = model_settings(view->model);
	const struct model_column *sort = &model_columns[options->sort];
	char text[1024];
	int line = frame->rows - 1;
	int at;

	snprintf(text, sizeof(text), " h Help  q Quit  by %s%s%s  every %gs",
		 *sort->heading ? sort->heading : sort->json, options->by_change ? " (change)" : "",
		 pools[options->pools], view->interval);
	at = frame_put(frame, line, 0, -1, FRAME_STATUS, text);
	frame_paint(frame, line, 0, FRAME_STATUS);
	if (view->has_selection && view->selected_at < model_row_count(view->model)) {
		detail_place(view, model_row(view->model, view->selected_at), text);
		frame_put(frame, line, at + 2, -1, FRAME_STATUS, text);
	} else if (view_warning(view->model, text, sizeof(text))) {
		frame_put(frame, line, at + 2, -1, FRAME_WARNING, text);
	}
}

/* Finds the selected row again and keeps it on the screen. */
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
	size_t count = model_row_count(view->model);

	for (size_t i = 0; i < (size_t)view->page && view->top + i < count; i++) {
		const struct model_row *row = model_row(view->model, view->top + i);
		enum frame_attribute attribute = FRAME_NORMAL;

		if (view->highlight && row->changed)
			attribute = FRAME_CHANGED;
		if (view->has_selection && row->key == view->selected)
			attribute = FRAME_SELECTED;
		render_row(view, layout, row, attribute, frame, RENDER_HEAD_LINES + (int)i);
	}
}

void view_render(struct view *view, struct frame *frame)
{
	struct layout layout;
	int totals = view->totals && frame->rows >= RENDER_HEAD_LINES + 5 ? 2 : 0;
	int detail;

	frame_clear(frame);
	if (frame->rows < VIEW_ROWS_LEAST || frame->columns < VIEW_COLUMNS_LEAST) {
		render_too_small(frame);
		return;
	}
	if (view->help) {
		view_render_help(view, frame);
		return;
	}
	view->page = frame->rows - RENDER_HEAD_LINES - totals - 1;
	layout_compute(&layout, &view->memory, view->model, &view->choice, frame->columns,
		       detail_exists(view) ? RENDER_PLACE_WIDTH : 0);
	render_follow(view);
	detail = render_detail_lines(view, frame);
	view->page -= detail;
	render_follow(view);
	render_host(&view->host, frame);
	render_title(view->model, frame);
	render_heading(&layout, view->model, frame);
	render_rows(view, &layout, frame);
	if (model_row_count(view->model) == 0)
		render_nothing(view, frame);
	render_detail(view, frame, RENDER_HEAD_LINES + view->page, detail);
	if (totals) {
		render_total(view, &layout, POOLTAG_POOL_NONPAGED, frame, frame->rows - 3);
		render_total(view, &layout, POOLTAG_POOL_PAGED, frame, frame->rows - 2);
	}
	if (view->prompt.label)
		prompt_render(&view->prompt, frame);
	else
		render_status(view, frame);
}

static int render_layout_width(const struct layout *layout)
{
	const struct layout_column *last = &layout->columns[layout->count - 1];

	return layout->count ? last->at + last->width : 0;
}

/* The width of the longest place, with all that is known; 0: that of the rows' own. */
static int render_place_width(const struct view *view)
{
	int widest = 0;

	for (size_t i = 0; detail_exists(view) && i < model_row_count(view->model); i++) {
		char place[PLACE_SIZE];
		int width;

		detail_place(view, model_row(view->model, i), place);
		width = frame_width(place);
		if (width > widest)
			widest = width;
	}
	return widest;
}

void view_write(struct view *view, FILE *out)
{
	struct layout layout;
	struct frame frame;
	int width;

	layout_compute(&layout, &view->memory, view->model, &view->choice, LAYOUT_UNLIMITED,
		       render_place_width(view));
	width = render_layout_width(&layout);
	frame_init(&frame, RENDER_HEAD_LINES + 6, width < 160 ? 160 : width);
	render_host(&view->host, &frame);
	render_title(view->model, &frame);
	render_heading(&layout, view->model, &frame);
	for (int line = 0; line < RENDER_HEAD_LINES; line++)
		frame_write_line(&frame, line, out);
	if (model_row_count(view->model) == 0) {
		int end = render_nothing(view, &frame);

		for (int line = RENDER_HEAD_LINES; line < end; line++)
			frame_write_line(&frame, line, out);
	}
	for (size_t i = 0; i < model_row_count(view->model); i++) {
		frame_clear(&frame);
		render_row(view, &layout, model_row(view->model, i), FRAME_NORMAL, &frame, 0);
		frame_write_line(&frame, 0, out);
	}
	if (view->totals) {
		frame_clear(&frame);
		render_total(view, &layout, POOLTAG_POOL_NONPAGED, &frame, 1);
		render_total(view, &layout, POOLTAG_POOL_PAGED, &frame, 2);
		for (int line = 0; line < 3; line++)
			frame_write_line(&frame, line, out);
	}
	frame_fini(&frame);
}
