/* SPDX-License-Identifier: BSD-2-Clause */
#include "export/profile.h"

#include "common/memory.h"

#include <stdlib.h>
#include <string.h>

/* The figures of a site by kind of value. */
static void profile_measure(const struct pooltag_cell *cell, uint64_t ret_value[FORMAT_VALUE_MAX])
{
	/* A value without a `minus` subtracts this. */
	const struct {
		struct pooltag_cell now;
		uint64_t none;
	} of = {*cell, 0};

#define PROFILE_MINUS_none       of.none
#define PROFILE_MINUS_frees      of.now.frees
#define PROFILE_MINUS_free_bytes of.now.free_bytes
#define EXPORT_VALUE(id, name, unit, plus, minus, weight, help) \
	ret_value[FORMAT_VALUE_##id] = of.now.plus - PROFILE_MINUS_##minus;
#include "export/values.def"
}

static struct profile_stack *profile_add(struct profile *profile,
					 const struct reader_process *process, size_t site,
					 const struct reader_frame *frames, size_t frame_count)
{
	struct profile_stack *stack;

	memory_reserve(&profile->stacks, &profile->allocated, profile->count,
		       sizeof(*profile->stacks));
	stack = &profile->stacks[profile->count++];
	memset(stack, 0, sizeof(*stack));
	stack->process = process;
	stack->site = (uint32_t)site;
	stack->frames = frames;
	stack->frame_count = (uint32_t)frame_count;
	return stack;
}

/* Adds a site with its own frames, or as the one call it is. */
static void profile_add_site(struct profile *profile, const struct reader_process *process,
			     size_t site)
{
	const struct reader_site *at = &process->tables->sites[site];
	const struct reader_frame *frames =
		reader_frames(process, at->first_frame, at->frame_count);
	size_t count = at->frame_count;
	struct profile_stack *stack;

	if (!frames) {
		struct reader_frame *call = memory_zeroed(1, sizeof(*call));

		call->address = at->address;
		call->module = at->module;
		memory_reserve(&profile->calls, &profile->calls_allocated, profile->call_count,
			       sizeof(struct reader_frame *));
		profile->calls[profile->call_count++] = call;
		frames = call;
		count = 1;
	}
	stack = profile_add(profile, process, site, frames, count);
	profile_measure(&process->sums[site], stack->value);
}

__extension__ typedef unsigned __int128 profile_wide;

/* `total` * `part` / `whole`, rounded down, without overflow. */
static uint64_t profile_share(uint64_t total, uint64_t part, uint64_t whole)
{
	return (uint64_t)((profile_wide)total * part / whole);
}

/*
 * Divides the figures of a site among its samples [0, count). Each gets the difference of two
 * roundings of the running sum, so that all together get everything.
 */
static void profile_add_samples(struct profile *profile, const struct reader_process *process,
				const struct reader_sample *samples, size_t count)
{
	uint64_t total[FORMAT_VALUE_MAX];
	struct reader_sample whole = {0};
	struct reader_sample done = {0};

	profile_measure(&process->sums[samples->site], total);
	for (size_t i = 0; i < count; i++) {
		whole.blocks += samples[i].blocks;
		whole.bytes += samples[i].bytes;
		profile->sources.samples += samples[i].samples;
	}
	profile->sources.sampled_bytes += whole.bytes;
	for (size_t i = 0; i < count; i++) {
		struct profile_stack *stack = profile_add(
			profile, process, samples[i].site,
			reader_frames(process, samples[i].first_frame, samples[i].frame_count),
			samples[i].frame_count);
		struct reader_sample before = done;

		done.blocks += samples[i].blocks;
		done.bytes += samples[i].bytes;
#define EXPORT_VALUE(id, name, unit, plus, minus, weight, help)                      \
	stack->value[FORMAT_VALUE_##id] =                                            \
		profile_share(total[FORMAT_VALUE_##id], done.weight, whole.weight) - \
		profile_share(total[FORMAT_VALUE_##id], before.weight, whole.weight);
#include "export/values.def"
	}
}

/*
 * The length of the run of samples of one site that begins at `samples`; 0: they weigh nothing, or
 * more than any process can have allocated.
 */
static size_t profile_run(const struct reader_sample *samples, size_t left)
{
	uint64_t blocks = 0;
	uint64_t bytes = 0;
	size_t count = 0;

	while (count < left && samples[count].site == samples[0].site) {
		if (__builtin_add_overflow(blocks, samples[count].blocks, &blocks) ||
		    __builtin_add_overflow(bytes, samples[count].bytes, &bytes))
			return 0;
		count++;
	}
	return blocks && bytes ? count : 0;
}

/* Whether a process's sites have stacks of their own. */
static bool profile_is_exact(const struct reader_process *process)
{
	const struct reader_tables *tables = process->tables;

	for (size_t i = 0; i < tables->site_count; i++) {
		if (reader_frames(process, tables->sites[i].first_frame,
				  tables->sites[i].frame_count))
			return true;
	}
	return false;
}

static int profile_compare_samples(const void *left, const void *right)
{
	const struct reader_sample *a = left;
	const struct reader_sample *b = right;

	if (a->site != b->site)
		return a->site < b->site ? -1 : 1;
	return a->first_frame < b->first_frame ? -1 : a->first_frame > b->first_frame;
}

/* The samples of a process by site; the caller frees them. */
static struct reader_sample *profile_samples(const struct reader_process *process,
					     size_t *ret_count)
{
	struct reader_sample *samples = memory_zeroed(process->sample_count, sizeof(*samples));
	size_t count = 0;

	for (size_t i = 0; i < process->sample_count; i++) {
		const struct reader_sample *sample = &process->samples[i];

		if (reader_frames(process, sample->first_frame, sample->frame_count))
			samples[count++] = *sample;
	}
	qsort(samples, count, sizeof(*samples), profile_compare_samples);
	*ret_count = count;
	return samples;
}

/* Adds a process, divided by its samples as far as there are any. */
static void profile_add_process(struct profile *profile, const struct model *model,
				const struct reader_process *process,
				const struct reader_sample *samples, size_t count)
{
	size_t at = 0;

	for (size_t site = 0; site < process->tables->site_count; site++) {
		size_t run = 0;

		while (at < count && samples[at].site < site)
			at++;
		if (process->sums[site].allocs == 0 ||
		    !model_passes(model, &process->tables->sites[site]))
			continue;
		if (at < count && samples[at].site == site)
			run = profile_run(samples + at, count - at);
		if (run)
			profile_add_samples(profile, process, samples + at, run);
		else
			profile_add_site(profile, process, site);
	}
}

void profile_init(struct profile *profile, const struct model *model, enum format_stacks wanted)
{
	const struct reader_snapshot *snapshot = model_snapshot(model);

	memset(profile, 0, sizeof(*profile));
	for (size_t i = 0; i < snapshot->process_count; i++) {
		const struct reader_process *process = &snapshot->processes[i];
		struct reader_sample *samples;
		size_t count;
		bool exact;

		if (!model_selects(model, process))
			continue;
		exact = profile_is_exact(process);
		samples = profile_samples(process, &count);
		if (wanted == FORMAT_STACKS_EXACT || (wanted == FORMAT_STACKS_BEST && exact))
			count = 0;
		profile->sources.sampled += count > 0;
		profile->sources.exact += count == 0 && exact;
		profile->sources.bare += count == 0 && !exact;
		profile_add_process(profile, model, process, samples, count);
		free(samples);
	}
}

void profile_fini(struct profile *profile)
{
	for (size_t i = 0; i < profile->call_count; i++)
		free(profile->calls[i]);
	free(profile->calls);
	free(profile->stacks);
	memset(profile, 0, sizeof(*profile));
}

const char *profile_function(const struct profile_stack *stack, size_t frame)
{
	const struct reader_tables *tables = stack->process->tables;
	const struct reader_site *site = &tables->sites[stack->site];

	/* The segment names the function of the charged call only. */
	if (stack->frames[frame].address != site->address || !site->function)
		return NULL;
	return tables->strings + site->function;
}

char *profile_describe(const struct profile *profile)
{
	const struct profile_sources *from = &profile->sources;

	return memory_printed("processes with stacks by site (stack=N): %zu, with sampled stacks: "
			      "%zu, with one call per site: %zu",
			      from->exact, from->sampled, from->bare);
}
