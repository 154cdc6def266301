/* SPDX-License-Identifier: BSD-2-Clause */
#include "check/frames.h"

#include "common/memory.h"
#include "model/place.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct check_frame *frames_append(struct check_finding *finding,
					 const struct reader_frame *from)
{
	const struct reader_tables *tables = finding->process->tables;
	const struct reader_module *module =
		from->module == POOLTAG_NO_MODULE ? NULL : &tables->modules[from->module];
	struct check_frame *frame;

	finding->frames = memory_resized(finding->frames, finding->frame_count + 1, sizeof(*frame));
	frame = &finding->frames[finding->frame_count++];
	memset(frame, 0, sizeof(*frame));
	frame->module = memory_escaped(module ? tables->strings + module->path : "");
	frame->offset = from->address - (module ? module->load_address : 0);
	return frame;
}

/* Appends what stands at one return address: a function and what was inlined into it. */
static void frames_add(struct check_finding *finding, const struct reader_frame *from,
		       const char *function, struct symbols *symbols)
{
	const struct symbols_answer *answer =
		from->module == POOLTAG_NO_MODULE || !symbols
			? NULL
			: symbols_find(symbols, finding->process, from->module, from->address);
	size_t count = answer ? answer->count : 0;

	for (size_t i = 0; i < count; i++) {
		const struct symbols_place *place = &answer->places[i];
		struct check_frame *frame = frames_append(finding, from);
		bool last = i + 1 == count;

		frame->function = memory_text(place->function ? place->function
					      : last          ? function
							      : "");
		frame->file = place->file ? memory_text(place->file) : NULL;
		frame->line = place->line;
	}
	if (count == 0)
		frames_append(finding, from)->function = memory_text(function);
}

/* Fills in the frames; `symbols` NULL: as far as they are known without. */
static void frames_fill(struct check_finding *finding, struct symbols *symbols)
{
	const struct reader_process *process = finding->process;
	const struct reader_site *at = &process->tables->sites[finding->site];
	struct reader_frame alone = {.address = at->address, .module = at->module};
	const struct reader_frame *frames =
		reader_frames(process, at->first_frame, at->frame_count);
	size_t count = frames ? at->frame_count : at->address != 0;

	for (size_t i = 0; i < count; i++)
		frames_add(finding, frames ? &frames[i] : &alone, i == 0 ? finding->function : "",
			   symbols);
}

void frames_make(struct check_finding *finding)
{
	frames_fill(finding, NULL);
}

void frames_fini(struct check_finding *finding)
{
	for (size_t i = 0; i < finding->frame_count; i++) {
		free(finding->frames[i].module);
		free(finding->frames[i].function);
		free(finding->frames[i].file);
	}
	free(finding->frames);
	finding->frames = NULL;
	finding->frame_count = 0;
}

void frames_name(const struct check *check, struct check_finding *finding)
{
	if (finding->named)
		return;
	finding->named = true;
	frames_fini(finding);
	frames_fill(finding, check->symbols);
	if (!*finding->function && finding->frame_count) {
		free(finding->function);
		finding->function = memory_text(finding->frames[0].function);
	}
}

void frames_name_function(const struct check *check, struct check_finding *finding)
{
	if (!*finding->function)
		frames_name(check, finding);
}

/* The path relative to the current directory, NULL when it does not lie below it. */
static char *frames_relative(const char *file, const char *here)
{
	size_t length = strlen(here);
	char *real;
	char *relative = NULL;

	/* Relative names are to the directory of the compiler, often a folder of the tree. */
	while (strncmp(file, "../", 3) == 0 || strncmp(file, "./", 2) == 0)
		file = strchr(file, '/') + 1;
	real = realpath(file, NULL);
	if (real && strncmp(real, here, length) == 0 && real[length] == '/')
		relative = memory_text(real + length + 1);
	free(real);
	return relative;
}

const struct check_frame *frames_source(const struct check_finding *finding, char **ret_path)
{
	char *here = getcwd(NULL, 0);
	const struct check_frame *found = NULL;

	*ret_path = NULL;
	for (size_t i = 0; here && !*ret_path && i < finding->frame_count; i++) {
		const struct check_frame *frame = &finding->frames[i];

		if (!frame->file || !frame->line)
			continue;
		*ret_path = frames_relative(frame->file, here);
		if (*ret_path || !found)
			found = frame;
	}
	free(here);
	if (found && !*ret_path)
		*ret_path = memory_text(found->file);
	return found;
}
