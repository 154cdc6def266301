/* SPDX-License-Identifier: BSD-2-Clause */
#include "model/place.h"

#include "common/demangle.h"
#include "common/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Escapes `text` into `out`, shortened in the middle to less than `size` bytes. */
static void place_copy(const char *text, char *out, size_t size)
{
	char escaped[4 * 400 + 1];
	size_t length = strnlen(text, 400);
	size_t head;
	size_t tail;

	text_escape(text, length, escaped);
	length = strlen(escaped);
	if (length < size) {
		memcpy(out, escaped, length + 1);
		return;
	}
	head = size / 2 - 3;
	tail = length - (size / 2 - 3);
	while (head > 0 && (escaped[head] & 0xc0) == 0x80)
		head--;
	while ((escaped[tail] & 0xc0) == 0x80)
		tail++;
	snprintf(out, size, "%.*s...%s", (int)head, escaped, escaped + tail);
}

static const struct reader_module *place_find(const struct reader_process *process, uint32_t module)
{
	return module == POOLTAG_NO_MODULE ? NULL : &process->tables->modules[module];
}

/* Returns whether the module has a name. */
static bool place_module_name(const struct reader_process *process, uint32_t number,
			      char out[PLACE_SIZE])
{
	const struct reader_module *module = place_find(process, number);

	if (!module || !process->tables->strings[module->path])
		return false;
	place_copy(text_base_name(process->tables->strings + module->path), out, PLACE_SIZE / 2);
	return true;
}

void place_module(const struct reader_process *process, size_t site, char out[PLACE_SIZE])
{
	const struct reader_site *at = &process->tables->sites[site];

	if (place_module_name(process, at->module, out))
		return;
	if (at->source == POOLTAG_SOURCE_NONE && site == POOLTAG_SITE_LOST)
		strcpy(out, "[sites lost: table full]");
	else if (at->source == POOLTAG_SOURCE_NONE)
		strcpy(out, "[pooltag's own start]");
	else
		strcpy(out, "[no module]");
}

/* The function's name as it was written, in less than `size` bytes. */
static void place_name(const struct reader_process *process, uint32_t function, char *out,
		       size_t size)
{
	char *name = demangle_name(process->tables->strings + function);

	place_copy(name, out, size);
	free(name);
}

void place_function(const struct reader_process *process, size_t site, char out[PLACE_SIZE])
{
	uint32_t function = process->tables->sites[site].function;

	out[0] = '\0';
	if (function)
		place_name(process, function, out, PLACE_SIZE / 2);
}

void place_of(const struct reader_process *process, size_t site, char out[PLACE_SIZE])
{
	uint32_t function = process->tables->sites[site].function;
	size_t length;

	place_module(process, site, out);
	if (!function)
		return;
	length = strlen(out);
	out[length] = '!';
	place_name(process, function, out + length + 1, PLACE_SIZE / 2 - 32);
}

/* Adds "+0x" and the address, as it is in the file. */
static void place_add_address(const struct reader_process *process, uint32_t number,
			      uint64_t address, char out[PLACE_SIZE])
{
	const struct reader_module *module = place_find(process, number);
	size_t length = strlen(out);

	snprintf(out + length, PLACE_SIZE - length, "+0x%" PRIx64,
		 address - (module ? module->load_address : 0));
}

void place_exact(const struct reader_process *process, size_t site, char out[PLACE_SIZE])
{
	const struct reader_site *at = &process->tables->sites[site];
	size_t length;

	place_of(process, site, out);
	length = strlen(out);
	if (at->function)
		snprintf(out + length, PLACE_SIZE - length, "+0x%" PRIx32, at->function_offset);
	else if (at->address)
		place_add_address(process, at->module, at->address, out);
}

void place_frame(const struct reader_process *process, const struct reader_frame *frame,
		 char out[PLACE_SIZE])
{
	if (!place_module_name(process, frame->module, out))
		strcpy(out, "[no module]");
	place_add_address(process, frame->module, frame->address, out);
}

void place_thread(const struct reader_shard *shard, char out[PLACE_SIZE])
{
	char name[4 * sizeof(shard->name) + 1];
	size_t length = strnlen(shard->name, sizeof(shard->name));

	text_escape(shard->name, length, name);
	if (shard->flags & POOLTAG_SHARD_INHERITED)
		strcpy(out, "(inherited at the fork)");
	else if (shard->flags & POOLTAG_SHARD_SHARED)
		strcpy(out, "(threads without figures of their own)");
	else if (shard->threads > 1)
		snprintf(out, PLACE_SIZE, "%s (%" PRIu64 " threads)", name, shard->threads);
	else
		snprintf(out, PLACE_SIZE, "%s", *name ? name : "(no name)");
}
