/* SPDX-License-Identifier: BSD-2-Clause */
#include "model/place.h"

#include "common/text.h"

#include <inttypes.h>
#include <stdio.h>
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

static const struct reader_module *place_find(const struct reader_process *process, size_t site)
{
	uint32_t module = process->tables->sites[site].module;

	return module == POOLTAG_NO_MODULE ? NULL : &process->tables->modules[module];
}

void place_module(const struct reader_process *process, size_t site, char out[PLACE_SIZE])
{
	const struct reader_site *at = &process->tables->sites[site];
	const struct reader_module *module = place_find(process, site);

	if (module && process->tables->strings[module->path])
		place_copy(text_base_name(process->tables->strings + module->path), out,
			   PLACE_SIZE / 2);
	else if (at->source == POOLTAG_SOURCE_NONE && site == POOLTAG_SITE_LOST)
		strcpy(out, "[sites lost: table full]");
	else if (at->source == POOLTAG_SOURCE_NONE)
		strcpy(out, "[pooltag's own start]");
	else
		strcpy(out, "[no module]");
}

void place_module_name(const struct reader_process *process, uint32_t module, char out[PLACE_SIZE])
{
	const struct reader_tables *tables = process->tables;

	place_copy(text_base_name(tables->strings + tables->modules[module].path), out,
		   PLACE_SIZE / 2);
}

void place_function(const struct reader_process *process, size_t site, char out[PLACE_SIZE])
{
	const struct reader_site *at = &process->tables->sites[site];

	place_copy(at->function ? process->tables->strings + at->function : "", out,
		   PLACE_SIZE / 2);
}

void place_of(const struct reader_process *process, size_t site, char out[PLACE_SIZE])
{
	size_t length;

	place_module(process, site, out);
	if (!process->tables->sites[site].function)
		return;
	length = strlen(out);
	out[length] = '!';
	place_copy(process->tables->strings + process->tables->sites[site].function,
		   out + length + 1, PLACE_SIZE / 2 - 32);
}

void place_exact(const struct reader_process *process, size_t site, char out[PLACE_SIZE])
{
	const struct reader_site *at = &process->tables->sites[site];
	const struct reader_module *module = place_find(process, site);
	size_t length;

	place_of(process, site, out);
	length = strlen(out);
	if (at->function)
		snprintf(out + length, PLACE_SIZE - length, "+0x%" PRIx32, at->function_offset);
	else if (at->address)
		snprintf(out + length, PLACE_SIZE - length, "+0x%" PRIx64,
			 at->address - (module ? module->load_address : 0));
}
