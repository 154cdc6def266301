/* SPDX-License-Identifier: BSD-2-Clause */
#include "export/frame_name.h"

#include <stdio.h>
#include <string.h>

/* The function that contains the call, others inlined into it or not. NULL: not known. */
static const char *frame_name_function(const struct profile_stack *stack,
				       const struct reader_frame *frame, struct symbols *symbols)
{
	const struct symbols_answer *answer;

	if (!symbols || frame->module == POOLTAG_NO_MODULE)
		return NULL;
	answer = symbols_find(symbols, stack->process, frame->module, frame->address);
	return answer->count ? answer->places[answer->count - 1].function : NULL;
}

void frame_name(const struct profile_stack *stack, size_t frame, struct symbols *symbols,
		char out[PLACE_SIZE])
{
	const char *function;
	size_t length;

	const struct reader_frame *at = &stack->frames[frame];

	if (profile_function(stack, frame) || at->address == 0) {
		place_of(stack->process, stack->site, out);
		return;
	}
	place_frame(stack->process, at, out);
	function = frame_name_function(stack, at, symbols);
	if (!function)
		return;
	length = (size_t)(strrchr(out, '+') - out);
	snprintf(out + length, PLACE_SIZE - length, "!%s", function);
}
