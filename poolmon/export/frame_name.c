/* SPDX-License-Identifier: BSD-2-Clause */
#include "export/frame_name.h"

#include <inttypes.h>
#include <stdio.h>

void frame_name(const struct profile_stack *stack, size_t frame, char out[PLACE_SIZE])
{
	const struct pooltag_frame *at = &stack->frames[frame];
	const struct reader_tables *tables = stack->process->tables;
	size_t length;

	if (profile_function(stack, frame) || at->address == 0) {
		place_of(stack->process, stack->site, out);
		return;
	}
	if (at->module == POOLTAG_NO_MODULE) {
		snprintf(out, PLACE_SIZE, "0x%" PRIx64, at->address);
		return;
	}
	place_module_name(stack->process, at->module, out);
	length = strlen(out);
	snprintf(out + length, PLACE_SIZE - length, "+0x%" PRIx64,
		 at->address - tables->modules[at->module].load_address);
}
