/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/prompt.h"

#include "common/text.h"
#include "view/view.h"

#include <ctype.h>
#include <string.h>

void prompt_open(struct prompt *prompt, const char *label, bool digits, size_t most)
{
	*prompt = (struct prompt){.label = label, .digits = digits, .most = most};
}

/* Takes the last character back. */
static void prompt_shorten(struct prompt *prompt)
{
	while (prompt->length > 0 && (prompt->text[--prompt->length] & 0xc0) == 0x80)
		continue;
	prompt->text[prompt->length] = '\0';
}

static void prompt_add(struct prompt *prompt, int key)
{
	char bytes[4];
	size_t count;

	if (key < ' ' || key == 0x7f || key >= VIEW_CODE_UP ||
	    (prompt->digits && !(key < 0x80 && isdigit(key))))
		return;
	count = text_encode((uint32_t)key, bytes);
	if (prompt->length + count > prompt->most)
		return;
	memcpy(prompt->text + prompt->length, bytes, count);
	prompt->length += count;
	prompt->text[prompt->length] = '\0';
}

enum prompt_result prompt_key(struct prompt *prompt, int key)
{
	switch (key) {
	case VIEW_CODE_ENTER:
		prompt->label = NULL;
		return PROMPT_DONE;
	case VIEW_CODE_ESCAPE:
		prompt->label = NULL;
		return PROMPT_CANCELLED;
	case VIEW_CODE_BACK:
		prompt_shorten(prompt);
		return PROMPT_OPEN;
	default:
		prompt_add(prompt, key);
		return PROMPT_OPEN;
	}
}

/* What is typed matters more than the label, and its end more than its beginning. */
void prompt_render(const struct prompt *prompt, const char *said, struct frame *frame)
{
	int line = frame->rows - 1;
	const char *text = prompt->text;
	int room;
	int at = 1;

	while (*text && frame_width(text) + 3 > frame->columns) {
		text++;
		while ((*text & 0xc0) == 0x80)
			text++;
	}
	room = frame->columns - frame_width(text) - 3;
	if (room > 0)
		at += 1 + frame_put(frame, line, at, room, FRAME_STATUS, prompt->label);
	at += frame_put(frame, line, at, -1, FRAME_STATUS, text);
	at += frame_put(frame, line, at, -1, FRAME_STATUS, "_") + 2;
	if (at + frame_width(said) <= frame->columns)
		frame_put(frame, line, at, -1, FRAME_STATUS, said);
	frame_paint(frame, line, 0, FRAME_STATUS);
}
