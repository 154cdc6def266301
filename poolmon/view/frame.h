/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frame.h - a screen as an array of cells
 *
 * What the view draws into; curses, text output and tests read it. Drawing outside the frame is
 * clipped. Callers: view/, cmd/, tests. Allocates; no locks.
 */
#ifndef POOLMON_VIEW_FRAME_H
#define POOLMON_VIEW_FRAME_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What a cell means; the terminal decides how that looks. FRAME_LETTERS stands for them in tests.
 */
enum frame_attribute {
	FRAME_NORMAL,
	FRAME_TITLE,    /* the header lines */
	FRAME_HEADING,  /* of the columns */
	FRAME_CHANGED,  /* a row whose figures changed, with as many bytes as before */
	FRAME_ROSE,     /* a row with more bytes than before */
	FRAME_FELL,     /* with fewer */
	FRAME_NEW,      /* a row that was not there */
	FRAME_SELECTED, /* the row of the cursor */
	FRAME_TOTAL,
	FRAME_WARNING,
	FRAME_STATUS, /* the last line */
	FRAME_GRAPH,
	FRAME_ATTRIBUTE_MAX
};

#define FRAME_LETTERS ".thC+-NS=!_g"

struct frame_cell {
	uint32_t code; /* Unicode; 0: right half of the wide character before */
	uint8_t attribute;
};

struct frame {
	int rows;
	int columns;
	struct frame_cell *cells; /* rows * columns, line by line */
};

/* A frame of blanks. */
void frame_init(struct frame *frame, int rows, int columns);
void frame_fini(struct frame *frame);

/* Makes all cells blank and normal. */
void frame_clear(struct frame *frame);

/* Gives the cells of a line from `column` to the right edge an attribute. */
void frame_paint(struct frame *frame, int row, int column, enum frame_attribute attribute);

/*
 * Puts text at a position, clipped to `width` columns (-1: to the right edge). Bytes that are not
 * valid UTF-8 and characters this locale cannot show become '?'. Returns the columns it took.
 */
int frame_put(struct frame *frame, int row, int column, int width, enum frame_attribute attribute,
	      const char *text);

/* The same, but where the text is cut its last character is a mark that says so. */
int frame_put_cut(struct frame *frame, int row, int column, int width,
		  enum frame_attribute attribute, const char *text);

/* The columns `text` takes. */
int frame_width(const char *text);

/* Writes a line as UTF-8 with a newline, without the blanks at its end. */
void frame_write_line(const struct frame *frame, int row, FILE *out);

#endif
