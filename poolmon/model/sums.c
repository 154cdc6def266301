/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/memory.h"
#include "common/number.h"
#include "model/state.h"

#include <stdlib.h>
#include <string.h>

enum model_group model_level_group(const struct model *model, size_t level)
{
	return (enum model_group)model->keys.keys[model->levels[level].key].group;
}

static bool model_shows(const struct model *model, enum model_group group)
{
	bool shows = model->options.group == group;

	for (size_t i = 0; i < model->level_count; i++)
		shows |= model_level_group(model, i) == group;
	return shows;
}

/* The key of a site's row; KEYS_NONE: it has none at this level. Threads have keys of their own. */
static uint32_t model_key_of(struct model *model, const struct reader_process *process, size_t site)
{
	if (!model_tag_passes(&model->options, process->tables->sites[site].tag))
		return KEYS_NONE;
	for (size_t i = 0; i < model->level_count; i++) {
		enum model_group group = model_level_group(model, i);

		if (group != MODEL_GROUP_THREAD &&
		    keys_of_site(&model->keys, group, process, site) != model->levels[i].key)
			return KEYS_NONE;
	}
	if (model->options.group == MODEL_GROUP_THREAD)
		return 0;
	return keys_of_site(&model->keys, model->options.group, process, site);
}

/* The binding of `process`, moved to place `index` so that bindings follow the snapshot's order. */
static struct model_binding *model_bind(struct model *model, const struct reader_process *process,
					size_t index)
{
	struct model_binding found = {.serial = process->tables->serial};
	size_t at = index;

	while (at < model->binding_count && model->bindings[at].serial != found.serial)
		at++;
	if (at < model->binding_count) {
		found = model->bindings[at];
		model->bindings[at] = model->bindings[index];
	} else {
		memory_reserve(&model->bindings, &model->bindings_allocated, model->binding_count,
			       sizeof(*model->bindings));
		model->bindings[model->binding_count++] = model->bindings[index];
	}
	if (model_shows(model, MODEL_GROUP_SIZE))
		found.site_count = 0; /* sizes change */
	if (found.site_count != process->tables->site_count)
		found.sums = 0;
	found.keys = memory_resized(found.keys, process->tables->site_count, sizeof(*found.keys));
	for (size_t i = found.site_count; i < process->tables->site_count; i++)
		found.keys[i] = model_key_of(model, process, i);
	found.site_count = process->tables->site_count;
	model->bindings[index] = found;
	return &model->bindings[index];
}

/* `old` records of `size` bytes become as many as there are keys, the new ones zero. */
static void *model_longer(const struct model *model, void *records, size_t old, size_t size)
{
	char *longer = memory_resized(records, model->sums_allocated, size);

	memset(longer + old * size, 0, (model->sums_allocated - old) * size);
	return longer;
}

static void model_reserve_sums(struct model *model)
{
	size_t old = model->sums_allocated;

	if (model->keys.count <= old)
		return;
	model->sums_allocated = model->keys.allocated;
	model->now = model_longer(model, model->now, old, sizeof(*model->now));
	model->before = model_longer(model, model->before, old, sizeof(*model->before));
	model->base = model_longer(model, model->base, old, sizeof(*model->base));
	model->places = model_longer(model, model->places, old, sizeof(*model->places));
	model->histories = model_longer(model, model->histories, old, sizeof(*model->histories));
	model->peaks = model_longer(model, model->peaks, old, sizeof(*model->peaks));
}

static int64_t model_in_use(const struct pooltag_cell *cell)
{
	return (int64_t)(cell->alloc_charge - cell->free_charge);
}

/*
 * Adds `cell` to a row; `bytes` are of its biggest site. Returns
 * whether it is the row's biggest, whose source becomes the row's.
 */
static bool model_add(struct model_sum *sum, const struct pooltag_cell *cell, int64_t bytes,
		      uint32_t process, uint32_t site)
{
	if (cell->allocs == 0 && cell->frees == 0)
		return false;
	reader_add_cell(&sum->cell, cell);
	if (sum->present && bytes <= sum->most_bytes)
		return false;
	sum->present = true;
	sum->most_bytes = bytes;
	sum->process = process;
	sum->site = site;
	return true;
}

/* Sums a process up by key. `places` has room for all keys and is left as it was: all zero. */
static void model_make_parts(struct model_binding *binding, const struct reader_process *process,
			     uint32_t *places)
{
	binding->part_count = 0;
	binding->parts =
		memory_resized(binding->parts, binding->site_count, sizeof(*binding->parts));
	for (size_t i = 0; i < binding->site_count; i++) {
		const struct pooltag_cell *cell = &process->sums[i];
		int64_t bytes = model_in_use(cell);
		uint32_t key = binding->keys[i];
		struct model_part *part;

		if (key == KEYS_NONE || (cell->allocs == 0 && cell->frees == 0))
			continue;
		if (places[key] == 0) {
			places[key] = (uint32_t)++binding->part_count;
			binding->parts[binding->part_count - 1] =
				(struct model_part){.key = key, .most_bytes = INT64_MIN};
		}
		part = &binding->parts[places[key] - 1];
		reader_add_cell(&part->cell, cell);
		if (bytes > part->most_bytes) {
			part->most_bytes = bytes;
			part->site = (uint32_t)i;
		}
	}
	for (size_t i = 0; i < binding->part_count; i++)
		places[binding->parts[i].key] = 0;
	binding->parts =
		memory_resized(binding->parts, binding->part_count, sizeof(*binding->parts));
	binding->sums = process->shared->serial;
}

/* Changes one part by what has become of a site. Returns -1 when that does not suffice. */
static int model_change_part(struct model_part *part, const struct pooltag_cell *before,
			     const struct pooltag_cell *now, uint32_t site)
{
	int64_t bytes = model_in_use(now);
	reader_vector sum;
	reader_vector old;

	if (site == part->site && bytes < part->most_bytes)
		return -1; /* another one may have the most now */
	memcpy(&sum, &part->cell, sizeof(sum));
	memcpy(&old, before, sizeof(old));
	sum -= old;
	memcpy(&part->cell, &sum, sizeof(sum));
	reader_add_cell(&part->cell, now);
	if (bytes > part->most_bytes || (bytes == part->most_bytes && site < part->site)) {
		part->most_bytes = bytes;
		part->site = site;
	}
	return 0;
}

/* Brings parts from the refresh before up to date. Returns -1 when they have to be made anew. */
static int model_change_parts(struct model_binding *binding, const struct reader_process *process,
			      uint32_t *places)
{
	const struct reader_sums *sums = process->shared;
	int error = binding->sums && sums->from == binding->sums ? 0 : -1;

	for (size_t i = 0; error == 0 && i < binding->part_count; i++)
		places[binding->parts[i].key] = (uint32_t)i + 1;
	for (size_t i = 0; error == 0 && i < sums->change_count; i++) {
		const struct reader_change *change = &sums->changes[i];
		uint32_t key = binding->keys[change->site];

		if (key == KEYS_NONE)
			continue;
		error = places[key] ? model_change_part(&binding->parts[places[key] - 1],
							&change->before, &sums->cells[change->site],
							change->site)
				    : -1;
	}
	for (size_t i = 0; i < binding->part_count; i++)
		places[binding->parts[i].key] = 0;
	if (error == 0)
		binding->sums = sums->serial;
	return error;
}

static void model_add_sites(struct model *model, const struct reader_process *process,
			    struct model_binding *binding, size_t index)
{
	if (binding->sums != process->shared->serial &&
	    model_change_parts(binding, process, model->places))
		model_make_parts(binding, process, model->places);
	for (size_t i = 0; i < binding->part_count; i++) {
		const struct model_part *part = &binding->parts[i];

		model_add(&model->now[part->key], &part->cell, part->most_bytes, (uint32_t)index,
			  part->site);
	}
}

/* Whether a level leaves the shard out. */
static bool model_shard_passes(struct model *model, const struct reader_process *process,
			       uint32_t shard, unsigned pool)
{
	for (size_t i = 0; i < model->level_count; i++) {
		if (model_level_group(model, i) == MODEL_GROUP_THREAD &&
		    keys_of_shard(&model->keys, process, shard, pool) != model->levels[i].key)
			return false;
	}
	return true;
}

static void model_add_chunk(struct model *model, const struct reader_process *process,
			    const struct model_binding *binding, size_t index, size_t number)
{
	const struct pooltag_chunk *chunk = &process->by_shard.chunks[number];
	const struct pooltag_cell *cells = process->by_shard.cells + number * POOLTAG_CHUNK_CELLS;
	uint32_t keys[POOLTAG_POOL_MAX];
	bool passes[POOLTAG_POOL_MAX];

	for (unsigned pool = 0; pool < POOLTAG_POOL_MAX; pool++) {
		passes[pool] = model_shard_passes(model, process, chunk->shard, pool);
		keys[pool] = model->options.group == MODEL_GROUP_THREAD
				     ? keys_of_shard(&model->keys, process, chunk->shard, pool)
				     : KEYS_NONE;
	}
	model_reserve_sums(model);
	for (size_t i = 0; i < POOLTAG_CHUNK_CELLS; i++) {
		size_t site = (size_t)chunk->first_site + i;
		unsigned pool;
		uint32_t key;

		if (site >= binding->site_count)
			return;
		pool = process->tables->sites[site].pool;
		if (binding->keys[site] == KEYS_NONE || !passes[pool])
			continue;
		key = keys[pool] == KEYS_NONE ? binding->keys[site] : keys[pool];
		if (model_add(&model->now[key], &cells[i], model_in_use(&cells[i]), (uint32_t)index,
			      (uint32_t)site))
			model->now[key].shard = chunk->shard;
	}
}

/* Stacks of sites that are not told apart by their stacks. */
static void model_add_samples(struct model *model, const struct reader_process *process,
			      const struct model_binding *binding, size_t index)
{
	for (size_t i = 0; i < process->sample_count; i++) {
		const struct reader_sample *sample = &process->samples[i];
		struct pooltag_cell cell = {.allocs = sample->blocks, .alloc_bytes = sample->bytes};
		uint32_t key;

		if (sample->site >= binding->site_count ||
		    binding->keys[sample->site] == KEYS_NONE ||
		    process->tables->sites[sample->site].frame_count ||
		    !reader_frames(process, sample->first_frame, sample->frame_count))
			continue;
		key = keys_of_sample(&model->keys, process, sample);
		model_reserve_sums(model);
		if (!model_add(&model->now[key], &cell, model_in_use(&cell), (uint32_t)index,
			       sample->site))
			continue;
		model->now[key].first_frame = sample->first_frame;
		model->now[key].frame_count = sample->frame_count;
	}
}

static void model_add_process(struct model *model, const struct reader_process *process,
			      struct model_binding *binding, size_t index)
{
	if (model_shows(model, MODEL_GROUP_THREAD)) {
		for (size_t i = 0; i < process->by_shard.chunk_count; i++)
			model_add_chunk(model, process, binding, index, i);
		return;
	}
	model_add_sites(model, process, binding, index);
	if (model->options.group == MODEL_GROUP_STACK)
		model_add_samples(model, process, binding, index);
}

static void model_add_peaks(struct model *model, const struct reader_process *process,
			    const struct model_binding *binding)
{
	for (size_t i = 0; i < binding->site_count; i++) {
		const struct pooltag_cell *cell = &process->sums[i];
		struct model_peak *peak;
		uint64_t most;

		if (binding->keys[i] == KEYS_NONE || cell->allocs == 0)
			continue;
		peak = &model->peaks[binding->keys[i]];
		if (!process->peaks) {
			peak->unknown = true;
			continue;
		}
		most = process->peaks[i].most;
		if (most > cell->alloc_charge)
			most = cell->alloc_charge;
		if (process->peaks[i].found > peak->found)
			peak->found = process->peaks[i].found;
		peak->most = number_sum(peak->most, most);
	}
}

unsigned model_wants(const struct model *model)
{
	enum model_group group = model->options.group;

	return (model_shows(model, MODEL_GROUP_THREAD) ? READER_WANT_SHARDS : 0u) |
	       (group == MODEL_GROUP_STACK || group == MODEL_GROUP_SITE ? READER_WANT_STACKS : 0u);
}

static void model_binding_fini(struct model_binding *binding)
{
	free(binding->keys);
	free(binding->parts);
}

void model_drop_bindings(struct model *model, size_t keep)
{
	while (model->binding_count > keep)
		model_binding_fini(&model->bindings[--model->binding_count]);
}

void model_sum_up(struct model *model, const struct reader_snapshot *snapshot)
{
	size_t bound = 0;

	memset(model->pool_bytes, 0, sizeof(model->pool_bytes));
	model_reserve_sums(model);
	if (model->now)
		memset(model->now, 0, model->sums_allocated * sizeof(*model->now));
	/* Of a single thread none are known. */
	model->has_peaks = (snapshot->wants & READER_WANT_PEAKS) != 0 &&
			   !model_shows(model, MODEL_GROUP_THREAD);
	if (model->has_peaks && model->peaks)
		memset(model->peaks, 0, model->sums_allocated * sizeof(*model->peaks));
	for (size_t i = 0; i < snapshot->process_count; i++) {
		const struct reader_process *process = &snapshot->processes[i];
		struct model_binding *binding;

		if (!model_selects(model, process))
			continue;
		binding = model_bind(model, process, bound++);
		model_reserve_sums(model);
		model_add_process(model, process, binding, i);
		if (model->has_peaks)
			model_add_peaks(model, process, binding);
		for (unsigned pool = 0; pool < POOLTAG_POOL_MAX; pool++)
			model->pool_bytes[pool] += process->bytes[pool];
	}
	model_drop_bindings(model, bound);
	model_reserve_sums(model);
}

void model_swap(struct model *model)
{
	struct model_sum *recycled = model->before;

	model->before = model->now;
	model->now = recycled;
}

uint32_t model_selection(const struct model_options *options)
{
	uint32_t session = options->sessions == MODEL_SESSIONS_ONE ? options->session : 0;

	return (uint32_t)options->states +
	       MODEL_STATES_MAX * ((uint32_t)options->sessions + 3 * session);
}

uint32_t model_context(const struct model *model)
{
	const struct model_options *options = &model->options;
	uint32_t context = (uint32_t)options->group + MODEL_GROUP_MAX * model_selection(options);

	for (size_t i = 0; i < model->level_count; i++)
		context = (context ^ (model->levels[i].key + 1)) * 0x9e3779b1u;
	return context;
}

struct pooltag_cell model_cell(const struct model *model, uint32_t key, bool before)
{
	const struct model_sum *sums = before ? model->before : model->now;
	struct pooltag_cell difference;
	reader_vector cell;
	reader_vector base;

	memcpy(&cell, &sums[key].cell, sizeof(cell));
	memcpy(&base, &model->base[key].cell, sizeof(base));
	if (model->has_base)
		cell -= base;
	memcpy(&difference, &cell, sizeof(difference));
	return difference;
}
