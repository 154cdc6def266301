/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walker.h - what the readers of linker names share: a place, a stack of goals, and what is written
 *
 * Purpose: a linker name nests as deeply as whoever made it liked, and the reader runs on whatever
 * stack the host has; so what is expected next stands on a stack of a fixed size, and a name that
 * needs more has no readable form. A goal is a number of the reader's own; WALKER_UNMUTE is
 * everybody's.
 * Callers: itanium.c, rust_v0.c, rust_legacy.c. Locking: none. Context: never allocates; linear in
 * the name.
 */
#ifndef LIB_SITES_WALKER_H
#define LIB_SITES_WALKER_H

#include "lib/base/text.h"

/* Deepest nesting of names in real programs is a tenth of it. */
#define WALKER_STACK  1024

#define WALKER_UNMUTE 0 /* the goal at the end of something that is only skipped */

struct walker {
	const char *at;
	struct base_text *out;
	size_t start;     /* where our name starts in `out` */
	const char *last; /* the component written last */
	size_t last_length;
	uint32_t mute; /* > 0: inside what is only skipped */
	uint32_t top;
	int failed;
	uint8_t stack[WALKER_STACK];
};

/* Not an initialiser: the stack need not be cleared. */
BASE_INLINE void walker_start(struct walker *w, const char *at, struct base_text *out)
{
	w->at = at;
	w->out = out;
	w->start = out->length;
	w->last = NULL;
	w->last_length = 0;
	w->mute = 0;
	w->top = 0;
	w->failed = 0;
}

/* Expects `goal` next. */
BASE_INLINE void walker_push(struct walker *w, int goal)
{
	if (w->top == WALKER_STACK)
		w->failed = 1;
	else
		w->stack[w->top++] = (uint8_t)goal;
}

/* Expects `goal` next, without writing anything for it. */
BASE_INLINE void walker_skip(struct walker *w, int goal)
{
	walker_push(w, WALKER_UNMUTE);
	w->mute++;
	walker_push(w, goal);
}

BASE_INLINE int walker_accept(struct walker *w, char c)
{
	if (*w->at != c)
		return 0;
	w->at++;
	return 1;
}

BASE_INLINE void walker_expect(struct walker *w, char c)
{
	if (!walker_accept(w, c))
		w->failed = 1;
}

/* "::" between components. */
BASE_INLINE void walker_separate(struct base_text *out, size_t start)
{
	if (out->length > start)
		base_text_add(out, "::");
}

/* Writes a component, unless it is skipped. */
BASE_INLINE void walker_emit(struct walker *w, const char *text, size_t length)
{
	if (w->mute > 0)
		return;
	w->last = text;
	w->last_length = length;
	walker_separate(w->out, w->start);
	for (size_t i = 0; i < length; i++)
		base_text_char(w->out, text[i]);
}

BASE_INLINE void walker_emit_text(struct walker *w, const char *text)
{
	walker_emit(w, text, base_string_length(text));
}

/* One step per goal, until none is left: 0, or -1 when the name is none of its kind. */
typedef void walker_step(struct walker *w);

BASE_INLINE int walker_run(struct walker *w, walker_step *const steps[])
{
	while (w->top > 0 && !w->failed) {
		uint8_t goal = w->stack[--w->top];

		if (goal == WALKER_UNMUTE)
			w->mute--;
		else
			steps[goal](w);
	}
	return w->failed || w->out->length == w->start ? -1 : 0;
}

BASE_INLINE int walker_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

BASE_INLINE int walker_is_hex(char c)
{
	return walker_is_digit(c) || (c >= 'a' && c <= 'f');
}

#endif
