/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/graph.h"

#include "common/text.h"
#include "view/detail.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define GRAPH_BLOCK   0x2581 /* LOWER ONE EIGHTH BLOCK, seven more follow */
#define GRAPH_BRAILLE 0x2800 /* no dot; eight bits of dots follow */
#define GRAPH_TWO     80     /* columns of a screen that has room for two graphs */

/* What is drawn. */
struct graph {
	size_t count; /* of values, 0: nothing is known */
	int64_t most;
	int64_t values[HISTORY_BUCKETS];
};

static void graph_measure(struct graph *graph)
{
	graph->most = 0;
	for (size_t i = 0; i < graph->count; i++) {
		if (graph->values[i] > graph->most)
			graph->most = graph->values[i];
	}
}

/* The most of those values that fall on place `at` of `width`. */
static int64_t graph_value(const struct graph *graph, int at, int width)
{
	size_t first = (size_t)at * graph->count / (size_t)width;
	size_t end = ((size_t)at + 1) * graph->count / (size_t)width;
	int64_t most = graph->values[first];

	for (size_t i = first + 1; i < end; i++) {
		if (graph->values[i] > most)
			most = graph->values[i];
	}
	return most;
}

/* That value as 0 to `steps`; what is more than nothing is at least 1. */
static int graph_height(const struct graph *graph, int at, int width, int steps)
{
	int64_t value = graph_value(graph, at, width);
	int height;

	if (value <= 0 || graph->most <= 0)
		return 0;
	height = (int)((double)value / (double)graph->most * steps + 0.5);
	return height > 0 ? height : 1;
}

void graph_line(const struct view *view, const struct model_row *row, int width, char *out,
		size_t size)
{
	static const char ascii[] = " .:-=+*#@";
	struct graph graph;
	size_t length = 0;

	graph.count = model_history(view->model, row, graph.values);
	graph_measure(&graph);
	for (int i = 0; graph.count && i < width && length + 4 < size; i++) {
		int height = graph_height(&graph, i, width, 8);

		if (view->plain || height == 0)
			out[length++] = ascii[height];
		else
			length += text_encode((uint32_t)(GRAPH_BLOCK + height - 1), out + length);
	}
	out[length] = '\0';
}

/* The character of a cell: two columns of four dots each, `left` and `right` of them set. */
static uint32_t graph_braille(int left, int right)
{
	static const uint8_t columns[2][5] = {{0, 0x40, 0x44, 0x46, 0x47},
					      {0, 0x80, 0xa0, 0xb0, 0xb8}};

	return GRAPH_BRAILLE + columns[0][left] + columns[1][right];
}

/* How much of a cell that begins at `from` a bar of `height` fills, at most `most`. */
static int graph_part(int height, int from, int most)
{
	return height <= from ? 0 : height - from < most ? height - from : most;
}

static void graph_draw(const struct view *view, const struct graph *graph, struct frame *frame,
		       int line, int lines, int column, int width)
{
	for (int row = 0; row < lines; row++) {
		int from = (lines - 1 - row) * 4;

		for (int i = 0; i < width; i++) {
			int left = graph_height(graph, 2 * i, 2 * width, 4 * lines);
			int right = graph_height(graph, 2 * i + 1, 2 * width, 4 * lines);
			char text[5] = {0};

			left = graph_part(left, from, 4);
			right = graph_part(right, from, 4);
			if (left + right == 0)
				continue;
			if (view->plain)
				text[0] = left + right > 4 ? '#' : '.';
			else
				text_encode(graph_braille(left, right), text);
			frame_put(frame, line + row, column + i, 1, FRAME_GRAPH, text);
		}
	}
}

/* Both pools. */
static void graph_of_pools(const struct view *view, struct graph *graph)
{
	int64_t values[HISTORY_BUCKETS];

	graph->count = model_history(view->model, model_total(view->model, POOLTAG_POOL_PAGED),
				     graph->values);
	model_history(view->model, model_total(view->model, POOLTAG_POOL_NONPAGED), values);
	for (size_t i = 0; i < graph->count; i++)
		graph->values[i] += values[i];
	graph_measure(graph);
}

/* Draws one with its heading: what it is, and what its upper edge stands for. */
static void graph_titled(const struct view *view, const struct graph *graph, const char *title,
			 struct frame *frame, int line, int lines, int column, int width)
{
	char text[PLACE_SIZE + 64];

	snprintf(text, sizeof(text), " to %" PRId64 "K: %s", graph->most / 1024, title);
	frame_put(frame, line, column, width, FRAME_HEADING, text);
	if (graph->count)
		graph_draw(view, graph, frame, line + 1, lines - 1, column + 1, width - 2);
}

static void graph_of_row(const struct view *view, const struct model_row *row, struct frame *frame,
			 int line, int lines, int column, int width)
{
	bool tagged =
		model_columns[MODEL_COLUMN_TAG].groups & 1u << model_settings(view->model)->group;
	char place[PLACE_SIZE];
	char title[PLACE_SIZE + 16];
	char tag[5] = "";
	struct graph graph;

	if (tagged)
		pooltag_tag_to_text(row->tag, tag);
	detail_place(view, row, place);
	snprintf(title, sizeof(title), "%s%s%s %s", tag, tagged ? " " : "",
		 model_pool_name(row->pool), place);
	graph.count = model_history(view->model, row, graph.values);
	graph_measure(&graph);
	graph_titled(view, &graph, title, frame, line, lines, column, width);
}

void graph_panel(const struct view *view, const struct model_row *row, struct frame *frame,
		 int line, int lines)
{
	int width = row && frame->columns >= GRAPH_TWO ? frame->columns / 2 : frame->columns;
	char title[64];
	char watched[24];
	struct graph graph;

	if (lines == 0)
		return;
	text_from_duration((uint64_t)(model_watched(view->model) * 1e9), watched, sizeof(watched));
	snprintf(title, sizeof(title), "both pools, last %s", watched);
	graph_of_pools(view, &graph);
	graph_titled(view, &graph, title, frame, line, lines, 0, width);
	if (width < frame->columns)
		graph_of_row(view, row, frame, line, lines, width, frame->columns - width);
	frame_paint(frame, line, 0, FRAME_HEADING);
}
