/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/frame.h"

#include "common/memory.h"
#include "common/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define FRAME_ELLIPSIS 0x2026

void frame_init(struct frame *frame, int rows, int columns)
{
	frame->rows = rows;
	frame->columns = columns;
	frame->cells = memory_zeroed((size_t)rows * (size_t)columns, sizeof(*frame->cells));
	frame_clear(frame);
}

void frame_fini(struct frame *frame)
{
	free(frame->cells);
	frame->cells = NULL;
}

void frame_clear(struct frame *frame)
{
	for (size_t i = 0; i < (size_t)frame->rows * (size_t)frame->columns; i++)
		frame->cells[i] = (struct frame_cell){' ', FRAME_NORMAL};
}

static struct frame_cell *frame_cell(struct frame *frame, int row, int column)
{
	return &frame->cells[(size_t)row * (size_t)frame->columns + (size_t)column];
}

void frame_paint(struct frame *frame, int row, int column, enum frame_attribute attribute)
{
	if (row < 0 || row >= frame->rows)
		return;
	for (int i = column < 0 ? 0 : column; i < frame->columns; i++)
		frame_cell(frame, row, i)->attribute = (uint8_t)attribute;
}

/* The next character of `text` and the columns it takes; returns its bytes. */
static size_t frame_next(const char *text, uint32_t *code, int *width)
{
	size_t bytes = text_decode(text, strlen(text), code);

	*width = bytes == 0     ? -1
		 : *code < 0x80 ? (*code >= 0x20 && *code < 0x7f ? 1 : -1)
				: wcwidth((wchar_t)*code);
	if (*width < 1) {
		*code = '?';
		*width = 1;
	}
	return bytes ? bytes : 1;
}

int frame_put(struct frame *frame, int row, int column, int width, enum frame_attribute attribute,
	      const char *text)
{
	int end = width < 0 || width > INT_MAX - column ? frame->columns : column + width;
	int at = column;

	if (row < 0 || row >= frame->rows || column < 0)
		return 0;
	if (end > frame->columns)
		end = frame->columns;
	while (*text) {
		uint32_t code;
		int wide;

		text += frame_next(text, &code, &wide);
		if (at + wide > end)
			break;
		*frame_cell(frame, row, at++) = (struct frame_cell){code, (uint8_t)attribute};
		if (wide == 2)
			*frame_cell(frame, row, at++) = (struct frame_cell){0, (uint8_t)attribute};
	}
	return at - column;
}

int frame_put_cut(struct frame *frame, int row, int column, int width,
		  enum frame_attribute attribute, const char *text)
{
	const char *mark = wcwidth(FRAME_ELLIPSIS) == 1 ? "\xe2\x80\xa6" : "~";
	int room = frame->columns - column;
	int put;

	if (width < 0 || width > room)
		width = room;
	if (width < 2 || frame_width(text) <= width)
		return frame_put(frame, row, column, width, attribute, text);
	put = frame_put(frame, row, column, width - 1, attribute, text);
	return put + frame_put(frame, row, column + put, 1, attribute, mark);
}

int frame_width(const char *text)
{
	int columns = 0;

	while (*text) {
		uint32_t code;
		int wide;

		text += frame_next(text, &code, &wide);
		columns += wide;
	}
	return columns;
}

void frame_write_line(const struct frame *frame, int row, FILE *out)
{
	const struct frame_cell *line = frame->cells + (size_t)row * (size_t)frame->columns;
	int end = frame->columns;
	char bytes[4];

	while (end > 0 && line[end - 1].code == ' ')
		end--;
	for (int i = 0; i < end; i++) {
		if (line[i].code)
			fwrite(bytes, 1, text_encode(line[i].code, bytes), out);
	}
	putc('\n', out);
}
