/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * looks.h - how a terminal shows what cells mean, in words that no terminal library is needed for
 *
 * Callers: view/curses.c, tests. Constant tables; no function allocates.
 */
#ifndef POOLMON_VIEW_LOOKS_H
#define POOLMON_VIEW_LOOKS_H

#include "view/frame.h"
#include "view/view.h"

#include <stdint.h>

/* Numbered as terminals do. */
enum looks_colour {
	LOOKS_TERMINAL = -1, /* the terminal's own */
	LOOKS_RED = 1,
	LOOKS_GREEN,
	LOOKS_YELLOW,
	LOOKS_BLUE,
	LOOKS_MAGENTA,
	LOOKS_CYAN,
};

enum looks_style {
	LOOKS_PLAIN = 0,
	LOOKS_BOLD = 1 << 0,
	LOOKS_DIM = 1 << 1,
	LOOKS_UNDERLINE = 1 << 2,
	LOOKS_REVERSE = 1 << 3,
};

struct looks {
	int8_t colour; /* enum looks_colour, of the characters */
	uint8_t style; /* enum looks_style bits */
};

/* The look of cells with `attribute`; of the theme MONO it needs no colours. */
struct looks looks_of(enum frame_attribute attribute, enum view_theme theme);

#endif
