/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/line.h"

#include "view/detail.h"
#include "view/graph.h"

#include <string.h>

static const char *line_heading_text(const struct model *model, enum model_column_id id)
{
	return id == MODEL_COLUMN_PLACE ? model_groups[model_settings(model)->group].heading
					: model_columns[id].heading;
}

/* As PoolMon's: changes have none, and a long one begins above the change before its column. */
void line_heading(const struct view *view, const struct layout *layout, struct frame *frame,
		  int line)
{
	for (int i = 0; i < layout->count; i++) {
		const struct layout_column *at = &layout->columns[i];
		const char *heading = line_heading_text(view->model, at->id);
		int start = at->at;

		if (model_columns[at->id].kind != MODEL_KIND_TEXT) {
			start += at->width - (int)strlen(heading);
			/* PoolMon's heading moves by one when Mapped_Driver stands behind it. */
			if (i + 1 < layout->count && at[1].id == MODEL_COLUMN_OWNER)
				start--;
		}
		frame_put(frame, line, start, (int)strlen(heading), FRAME_HEADING, heading);
	}
	frame_paint(frame, line, 0, FRAME_HEADING);
}

/* Of a sampled stack most figures are not known. */
static bool line_is_known(const struct model_row *row, enum model_column_id id)
{
	return !row->sampled || id == MODEL_COLUMN_ALLOCS || id == MODEL_COLUMN_ALLOCS_DELTA ||
	       id == MODEL_COLUMN_ALLOC_BYTES || model_columns[id].kind == MODEL_KIND_TEXT;
}

/* What is known of a total: sums of counters. */
static bool line_is_total(const struct model_row *row)
{
	return !row->process;
}

static void line_text(const struct view *view, enum model_column_id id, const struct model_row *row,
		      char *out, size_t size)
{
	char place[PLACE_SIZE];

	if (id == MODEL_COLUMN_TAG) {
		pooltag_tag_to_text(row->tag, out);
	} else if (id == MODEL_COLUMN_TYPE) {
		snprintf(out, size, "%s", model_pool_name(row->pool));
	} else if (id == MODEL_COLUMN_OWNER) {
		snprintf(out, size, "%s", row->owner);
	} else if (id == MODEL_COLUMN_STATE) {
		snprintf(out, size, "%s", line_is_total(row) ? "" : model_row_state(row));
	} else {
		detail_place(view, row, place);
		snprintf(out, size, "%*s%s%s", row->depth > 1 ? 2 * (row->depth - 1) : 0, "",
			 row->depth ? "`-" : "", place);
	}
}

static void line_fact(const struct layout_column *at, const struct model_row *row, char *out,
		      size_t size)
{
	char number[24];

	if (line_is_total(row)) {
		snprintf(out, size, "%*s", at->width, "");
		return;
	}
	snprintf(number, sizeof(number), "%s%lld",
		 row->estimated && at->id == MODEL_COLUMN_BLOCK_SIZE ? "~" : "",
		 (long long)row->value[at->id]);
	snprintf(out, size, "%*s", at->width, number);
}

static void line_cell(const struct view *view, const struct layout_column *at,
		      const struct model_row *row, char *out, size_t size)
{
	long long value = row->value[at->id];

	if (!line_is_known(row, at->id)) {
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
	case MODEL_KIND_FACT:
		line_fact(at, row, out, size);
		break;
	case MODEL_KIND_GRAPH:
		graph_line(view, row, at->width, out, size);
		break;
	case MODEL_KIND_TEXT:
		line_text(view, at->id, row, out, size);
		break;
	}
}

void line_row(const struct view *view, const struct layout *layout, const struct model_row *row,
	      enum frame_attribute attribute, struct frame *frame, int line)
{
	char text[PLACE_SIZE + 64];

	for (int i = 0; i < layout->count; i++) {
		const struct layout_column *at = &layout->columns[i];

		line_cell(view, at, row, text, sizeof(text));
		if (at->id == MODEL_COLUMN_PLACE)
			frame_put_cut(frame, line, at->at, at->width, attribute, text);
		else
			frame_put(frame, line, at->at, at->width, attribute, text);
	}
	frame_paint(frame, line, 0, attribute);
}

void line_total(const struct view *view, const struct layout *layout, enum pooltag_pool pool,
		struct frame *frame, int line)
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
	line_row(view, &columns, &total, FRAME_TOTAL, frame, line);
}
