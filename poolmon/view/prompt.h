/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prompt.h - a line that is being typed, at the bottom of the screen
 *
 * Callers: view/. Allocates nothing; no locks. While it is open, all keys are the prompt's.
 */
#ifndef POOLMON_VIEW_PROMPT_H
#define POOLMON_VIEW_PROMPT_H

#include "view/frame.h"

#include <stdbool.h>

#define PROMPT_SIZE 256

/* Zero-initialised, it is closed. */
struct prompt {
	const char *label; /* NULL: closed */
	bool digits;       /* takes nothing else */
	size_t most;       /* bytes of text, less than PROMPT_SIZE */
	size_t length;
	char text[PROMPT_SIZE]; /* UTF-8 */
};

enum prompt_result { PROMPT_OPEN, PROMPT_DONE, PROMPT_CANCELLED };

/* Opens it. `label` stays the caller's. */
void prompt_open(struct prompt *prompt, const char *label, bool digits, size_t most);

/* Acts on a key. When the result is not OPEN, the prompt is closed and its text is complete. */
enum prompt_result prompt_key(struct prompt *prompt, int key);

/* Draws it as the last line, and behind it what is to be said of it, if there is room. */
void prompt_render(const struct prompt *prompt, const char *said, struct frame *frame);

#endif
