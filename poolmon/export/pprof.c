/* SPDX-License-Identifier: BSD-2-Clause */
#include "export/pprof.h"

#include "common/memory.h"
#include "export/elf_text.h"
#include "export/gzip.h"
#include "export/profile.h"
#include "export/protobuf.h"
#include "export/tag_text.h"
#include "model/names.h"

#include <stdlib.h>
#include <string.h>

/* Field numbers of profile.proto. */
enum pprof_field {
	PPROF_SAMPLE_TYPE = 1,
	PPROF_SAMPLE = 2,
	PPROF_MAPPING = 3,
	PPROF_LOCATION = 4,
	PPROF_FUNCTION = 5,
	PPROF_STRING = 6,
	PPROF_TIME_NANOS = 9,
	PPROF_PERIOD_TYPE = 11,
	PPROF_PERIOD = 12,
	PPROF_COMMENT = 13,
	PPROF_DEFAULT_SAMPLE_TYPE = 14,
	PPROF_TYPE_TYPE = 1,
	PPROF_TYPE_UNIT = 2,
	PPROF_SAMPLE_LOCATION = 1,
	PPROF_SAMPLE_VALUE = 2,
	PPROF_SAMPLE_LABEL = 3,
	PPROF_LABEL_KEY = 1,
	PPROF_LABEL_STRING = 2,
	PPROF_LABEL_NUMBER = 3,
	PPROF_MAPPING_ID = 1,
	PPROF_MAPPING_START = 2,
	PPROF_MAPPING_LIMIT = 3,
	PPROF_MAPPING_OFFSET = 4,
	PPROF_MAPPING_FILE = 5,
	PPROF_MAPPING_BUILD_ID = 6,
	PPROF_LOCATION_ID = 1,
	PPROF_LOCATION_MAPPING = 2,
	PPROF_LOCATION_ADDRESS = 3,
	PPROF_LOCATION_LINE = 4,
	PPROF_LINE_FUNCTION = 1,
	PPROF_FUNCTION_ID = 1,
	PPROF_FUNCTION_NAME = 2,
	PPROF_FUNCTION_SYSTEM_NAME = 3,
};

/* A place in the code that stacks refer to; its id is its index + 1. */
struct pprof_location {
	const struct reader_process *process;
	uint64_t address;
	uint32_t module;
	uint32_t function; /* string, 0: not known */
};

struct pprof {
	const struct profile *profile;
	struct protobuf message;
	struct protobuf part; /* of the message, being built */
	struct protobuf inner;
	struct names strings;
	struct names functions; /* numbers are ids; 0 is "", no function */
	size_t location_count;
	struct pprof_location *locations; /* sorted */
	uint64_t *ids;                    /* of one stack's locations */
};

/* The number of a text, which a profile wants to be UTF-8. */
static uint64_t pprof_string(struct pprof *pprof, const char *text)
{
	char *escaped = memory_escaped(text);
	uint64_t number;

	number = names_number(&pprof->strings, escaped);
	free(escaped);
	return number;
}

static int pprof_compare(const void *left, const void *right)
{
	const struct pprof_location *a = left;
	const struct pprof_location *b = right;

	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	if (a->module != b->module)
		return a->module < b->module ? -1 : 1;
	return (a->function > b->function) - (a->function < b->function);
}

static struct pprof_location pprof_location(struct pprof *pprof, const struct profile_stack *stack,
					    size_t frame)
{
	const struct reader_frame *at = &stack->frames[frame];
	const char *function = profile_function(stack, frame);

	return (struct pprof_location){
		.process = stack->process,
		.address = at->address,
		.module = at->module,
		.function = function ? names_number(&pprof->functions, function) : 0,
	};
}

/* Collects the places of all stacks, each once. */
static void pprof_locate(struct pprof *pprof)
{
	const struct profile *profile = pprof->profile;
	size_t deepest = 0;
	size_t count = 0;
	size_t kept = 0;

	for (size_t i = 0; i < profile->count; i++) {
		count += profile->stacks[i].frame_count;
		if (deepest < profile->stacks[i].frame_count)
			deepest = profile->stacks[i].frame_count;
	}
	pprof->ids = memory_zeroed(deepest, sizeof(*pprof->ids));
	pprof->locations = memory_zeroed(count, sizeof(*pprof->locations));
	for (size_t i = 0; i < profile->count; i++) {
		for (size_t k = 0; k < profile->stacks[i].frame_count; k++)
			pprof->locations[kept++] = pprof_location(pprof, &profile->stacks[i], k);
	}
	qsort(pprof->locations, count, sizeof(*pprof->locations), pprof_compare);
	kept = 0;
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 ||
		    pprof_compare(&pprof->locations[kept - 1], &pprof->locations[i]) != 0)
			pprof->locations[kept++] = pprof->locations[i];
	}
	pprof->location_count = kept;
}

static uint64_t pprof_location_id(struct pprof *pprof, const struct profile_stack *stack,
				  size_t frame)
{
	struct pprof_location key = pprof_location(pprof, stack, frame);
	const struct pprof_location *found =
		bsearch(&key, pprof->locations, pprof->location_count, sizeof(key), pprof_compare);

	return (uint64_t)(found - pprof->locations) + 1;
}

/* Ends the part: adds it to the message as `field`. */
static void pprof_put_part(struct pprof *pprof, unsigned field)
{
	protobuf_put_message(&pprof->message, field, &pprof->part);
	protobuf_clear(&pprof->part);
}

static void pprof_put_type(struct pprof *pprof, unsigned field, const char *type, const char *unit)
{
	protobuf_put_number(&pprof->part, PPROF_TYPE_TYPE, pprof_string(pprof, type));
	protobuf_put_number(&pprof->part, PPROF_TYPE_UNIT, pprof_string(pprof, unit));
	pprof_put_part(pprof, field);
}

static void pprof_put_label(struct pprof *pprof, const char *key, const char *text, uint64_t number)
{
	protobuf_clear(&pprof->inner);
	protobuf_put_number(&pprof->inner, PPROF_LABEL_KEY, pprof_string(pprof, key));
	if (text)
		protobuf_put_number(&pprof->inner, PPROF_LABEL_STRING, pprof_string(pprof, text));
	else
		protobuf_put_number(&pprof->inner, PPROF_LABEL_NUMBER, number);
	protobuf_put_message(&pprof->part, PPROF_SAMPLE_LABEL, &pprof->inner);
}

static void pprof_put_sample(struct pprof *pprof, const struct profile_stack *stack)
{
	const struct reader_site *site = &stack->process->tables->sites[stack->site];
	char tag[TAG_TEXT_SIZE];

	for (size_t i = 0; i < stack->frame_count; i++)
		pprof->ids[i] = pprof_location_id(pprof, stack, i);
	tag_text(site->tag, tag);
	protobuf_put_numbers(&pprof->part, PPROF_SAMPLE_LOCATION, pprof->ids, stack->frame_count);
	protobuf_put_numbers(&pprof->part, PPROF_SAMPLE_VALUE, stack->value, FORMAT_VALUE_MAX);
	pprof_put_label(pprof, "tag", tag, 0);
	pprof_put_label(pprof, "pool", model_pool_name(site->pool), 0);
	pprof_put_label(pprof, "program", reader_process_name(stack->process), 0);
	pprof_put_label(pprof, "pid", NULL, stack->process->pid);
	pprof_put_part(pprof, PPROF_SAMPLE);
}

/* Where a module's code is mapped; all of the module when its file does not say or does not fit. */
static void pprof_map(const struct reader_process *process, const struct reader_module *module,
		      uint64_t address, struct reader_module *ret_range, uint64_t *ret_offset)
{
	struct elf_text text;
	uint64_t start;

	*ret_range = *module;
	*ret_offset = 0;
	if (elf_text_find(process->tables->strings + module->path, &text) < 0)
		return;
	start = module->load_address + text.address;
	if (start < module->start || start >= module->end || text.size > module->end - start ||
	    address < start || address - start >= text.size)
		return;
	ret_range->start = start;
	ret_range->end = start + text.size;
	*ret_offset = text.offset;
}

/* A mapping of a process's module, in which `address` lies; `id` is its own. */
static void pprof_put_mapping(struct pprof *pprof, const struct reader_process *process,
			      const struct reader_module *module, uint64_t address, uint64_t id)
{
	struct reader_module range;
	uint64_t offset;
	char build_id[2 * sizeof(module->build_id) + 1] = "";
	struct protobuf *part = &pprof->part;

	for (uint32_t i = 0; i < module->build_id_size; i++)
		snprintf(build_id + 2 * (size_t)i, 3, "%02x", module->build_id[i]);
	protobuf_put_number(part, PPROF_MAPPING_ID, id);
	pprof_map(process, module, address, &range, &offset);
	protobuf_put_number(part, PPROF_MAPPING_START, range.start);
	protobuf_put_number(part, PPROF_MAPPING_LIMIT, range.end);
	protobuf_put_number(part, PPROF_MAPPING_OFFSET, offset);
	protobuf_put_number(part, PPROF_MAPPING_FILE,
			    pprof_string(pprof, process->tables->strings + module->path));
	protobuf_put_number(part, PPROF_MAPPING_BUILD_ID, pprof_string(pprof, build_id));
	pprof_put_part(pprof, PPROF_MAPPING);
}

/*
 * All addresses are return addresses. One less lies inside the call, whatever follows it: that is
 * what pprof wants to look up, of the innermost frame, too.
 */
static void pprof_put_location(struct pprof *pprof, size_t index, uint64_t mapping)
{
	const struct pprof_location *location = &pprof->locations[index];
	struct protobuf *part = &pprof->part;

	protobuf_put_number(part, PPROF_LOCATION_ID, index + 1);
	protobuf_put_number(part, PPROF_LOCATION_MAPPING, mapping);
	protobuf_put_number(part, PPROF_LOCATION_ADDRESS,
			    location->address ? location->address - 1 : 0);
	if (location->function) {
		protobuf_clear(&pprof->inner);
		protobuf_put_number(&pprof->inner, PPROF_LINE_FUNCTION, location->function);
		protobuf_put_message(part, PPROF_LOCATION_LINE, &pprof->inner);
	}
	pprof_put_part(pprof, PPROF_LOCATION);
}

/* Locations are sorted by process, so that a process's mappings follow one another. */
static void pprof_put_locations(struct pprof *pprof)
{
	const struct reader_process *process = NULL;
	uint64_t *mappings = NULL; /* ids by module of `process`, 0: not yet written */
	uint64_t next = 0;

	for (size_t i = 0; i < pprof->location_count; i++) {
		const struct pprof_location *location = &pprof->locations[i];
		uint64_t mapping = 0;

		if (location->process != process) {
			process = location->process;
			free(mappings);
			mappings = memory_zeroed(process->tables->module_count, sizeof(*mappings));
		}
		if (location->module != POOLTAG_NO_MODULE) {
			if (!mappings[location->module]) {
				mappings[location->module] = ++next;
				pprof_put_mapping(pprof, process,
						  &process->tables->modules[location->module],
						  location->address - 1, next);
			}
			mapping = mappings[location->module];
		}
		pprof_put_location(pprof, i, mapping);
	}
	free(mappings);
}

static void pprof_put_functions(struct pprof *pprof)
{
	for (size_t id = 1; id < pprof->functions.count; id++) {
		uint64_t name = pprof_string(pprof, pprof->functions.texts[id]);

		protobuf_put_number(&pprof->part, PPROF_FUNCTION_ID, id);
		protobuf_put_number(&pprof->part, PPROF_FUNCTION_NAME, name);
		protobuf_put_number(&pprof->part, PPROF_FUNCTION_SYSTEM_NAME, name);
		pprof_put_part(pprof, PPROF_FUNCTION);
	}
}

/* Period and comments: how the stacks were come by. */
static void pprof_put_origin(struct pprof *pprof)
{
	const struct profile_sources *sources = &pprof->profile->sources;
	char *text = profile_describe(pprof->profile);
	uint64_t comments[2];
	size_t count = 0;

	comments[count++] = pprof_string(pprof, text);
	if (sources->sampled)
		comments[count++] = pprof_string(
			pprof, "sampled: the exact figures of each site, divided among "
			       "its sampled stacks; in use, too, in the proportion "
			       "of what was allocated");
	protobuf_put_numbers(&pprof->message, PPROF_COMMENT, comments, count);
	pprof_put_type(pprof, PPROF_PERIOD_TYPE, "space", "bytes");
	protobuf_put_number(&pprof->message, PPROF_PERIOD,
			    sources->samples ? sources->sampled_bytes / sources->samples : 1);
	free(text);
}

static void pprof_build(struct pprof *pprof, uint64_t time_ns)
{
	for (int i = 0; i < FORMAT_VALUE_MAX; i++)
		pprof_put_type(pprof, PPROF_SAMPLE_TYPE, format_values[i].name,
			       format_values[i].unit);
	pprof_locate(pprof);
	for (size_t i = 0; i < pprof->profile->count; i++)
		pprof_put_sample(pprof, &pprof->profile->stacks[i]);
	pprof_put_locations(pprof);
	pprof_put_functions(pprof);
	protobuf_put_number(&pprof->message, PPROF_TIME_NANOS, time_ns);
	pprof_put_origin(pprof);
	protobuf_put_number(&pprof->message, PPROF_DEFAULT_SAMPLE_TYPE,
			    pprof_string(pprof, format_values[FORMAT_VALUE_INUSE_SPACE].name));
	for (size_t i = 0; i < pprof->strings.count; i++)
		protobuf_put_bytes(&pprof->message, PPROF_STRING, pprof->strings.texts[i],
				   strlen(pprof->strings.texts[i]));
}

int pprof_write(const struct model *model, const struct format_options *options, FILE *out)
{
	struct profile profile;
	struct pprof pprof = {.profile = &profile};
	int error;

	profile_init(&profile, model, options->stacks);
	names_init(&pprof.strings);
	names_init(&pprof.functions);
	pprof_build(&pprof, model_snapshot(model)->real_ns);
	error = gzip_write(pprof.message.bytes, pprof.message.size, out);
	names_fini(&pprof.strings);
	names_fini(&pprof.functions);
	protobuf_fini(&pprof.message);
	protobuf_fini(&pprof.part);
	protobuf_fini(&pprof.inner);
	free(pprof.locations);
	free(pprof.ids);
	profile_fini(&profile);
	return error;
}
