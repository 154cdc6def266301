/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/detail.h"
#include "view/header.h"
#include "view/line.h"
#include "view/status.h"
#include "view/view.h"

static int page_width(const struct layout *layout)
{
	const struct layout_column *last = &layout->columns[layout->count - 1];

	return layout->count ? last->at + last->width : 0;
}

/* The width of the longest place, with all that is known; 0: that of the rows' own. */
static int page_place_width(const struct view *view)
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
		       page_place_width(view));
	width = page_width(&layout);
	frame_init(&frame, HEADER_LINES + 6, width < 160 ? 160 : width);
	header_render(view, &frame);
	line_heading(view, &layout, &frame, HEADER_LINES - 2);
	for (int line = 0; line < HEADER_LINES; line++)
		frame_write_line(&frame, line, out);
	if (model_row_count(view->model) == 0) {
		int end = view_render_nothing(view, &frame);

		for (int line = HEADER_LINES; line < end; line++)
			frame_write_line(&frame, line, out);
	}
	for (size_t i = 0; i < model_row_count(view->model); i++) {
		frame_clear(&frame);
		line_row(view, &layout, model_row(view->model, i), FRAME_NORMAL, &frame, 0);
		frame_write_line(&frame, 0, out);
	}
	if (view->totals) {
		frame_clear(&frame);
		line_total(view, &layout, POOLTAG_POOL_NONPAGED, &frame, 1);
		line_total(view, &layout, POOLTAG_POOL_PAGED, &frame, 2);
		for (int line = 0; line < 3; line++)
			frame_write_line(&frame, line, out);
	}
	if (model_settings(view->model)->memory) {
		frame_clear(&frame);
		status_memory(view, &frame, 0);
		frame_write_line(&frame, 0, out);
	}
	frame_fini(&frame);
}
