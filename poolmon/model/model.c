/* SPDX-License-Identifier: BSD-2-Clause */
#include "model/model.h"

#include "common/memory.h"
#include "common/text.h"
#include "model/keys.h"
#include "model/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODEL_HEADER_BYTES 8 /* of the pool header of a block that has one */

/* What is summed per key in one update. */
struct model_sum {
	struct pooltag_cell cell;
	int64_t most_bytes; /* of a single site */
	uint32_t process;   /* index in the snapshot of that site's process */
	uint32_t site;
	uint32_t shard;
	uint32_t first_frame;
	uint32_t frame_count;
	bool present;
};

/* A row that was entered. */
struct model_level {
	uint32_t key; /* its group is keys.keys[key].group */
	char *name;
};

/* The keys of one process's sites, computed once. */
struct model_binding {
	uint64_t serial; /* of the tables */
	size_t site_count;
	uint32_t *keys;
};

struct model {
	struct model_options options;
	const struct reader_snapshot *snapshot;
	struct reader_snapshot *held;     /* the same, as a reference */
	struct reader_snapshot *previous; /* a reference, or NULL */
	struct keys keys;
	size_t level_count;
	size_t levels_allocated;
	struct model_level *levels;
	size_t sums_allocated;
	struct model_sum *now;
	struct model_sum *before;
	bool has_before;
	size_t binding_count;
	size_t bindings_allocated;
	struct model_binding *bindings; /* in the order of the snapshot */
	size_t row_count;
	size_t rows_allocated;
	struct model_row *rows;
	size_t order_count;
	const struct model_row **order;
	struct model_row totals[POOLTAG_POOL_MAX];
	uint64_t pool_bytes[POOLTAG_POOL_MAX];
	uint64_t sampled_bytes; /* of the rows' sampled stacks */
	struct model_counts counts;
};

struct model *model_create(const struct model_options *options)
{
	struct model *model = memory_zeroed(1, sizeof(*model));

	model->options = *options;
	keys_init(&model->keys);
	return model;
}

void model_destroy(struct model *model)
{
	if (!model)
		return;
	for (size_t i = 0; i < model->binding_count; i++)
		free(model->bindings[i].keys);
	for (size_t i = 0; i < model->level_count; i++)
		free(model->levels[i].name);
	reader_snapshot_drop(model->held);
	reader_snapshot_drop(model->previous);
	keys_fini(&model->keys);
	free(model->levels);
	free(model->bindings);
	free(model->now);
	free(model->before);
	free(model->rows);
	free(model->order);
	free(model);
}

const struct model_options *model_settings(const struct model *model)
{
	return &model->options;
}

struct model_options *model_options(struct model *model)
{
	return &model->options;
}

/* Whether the tag filters let the row pass. */
static bool model_tag_passes(const struct model_options *options, pooltag_tag tag)
{
	char text[sizeof(tag)];
	bool passes = options->include_count == 0;

	memcpy(text, &tag, sizeof(text));
	for (size_t i = 0; !passes && i < options->include_count; i++)
		passes = text_matches(options->includes[i], text, sizeof(text));
	for (size_t i = 0; passes && i < options->exclude_count; i++)
		passes = !text_matches(options->excludes[i], text, sizeof(text));
	return passes;
}

static enum model_group model_level_group(const struct model *model, size_t level)
{
	return (enum model_group)model->keys.keys[model->levels[level].key].group;
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
	found.keys = memory_resized(found.keys, process->tables->site_count, sizeof(*found.keys));
	for (size_t i = found.site_count; i < process->tables->site_count; i++)
		found.keys[i] = model_key_of(model, process, i);
	found.site_count = process->tables->site_count;
	model->bindings[index] = found;
	return &model->bindings[index];
}

static void model_reserve_sums(struct model *model)
{
	size_t old = model->sums_allocated;

	if (model->keys.count <= old)
		return;
	model->sums_allocated = model->keys.allocated;
	model->now = memory_resized(model->now, model->sums_allocated, sizeof(*model->now));
	model->before =
		memory_resized(model->before, model->sums_allocated, sizeof(*model->before));
	memset(model->now + old, 0, (model->sums_allocated - old) * sizeof(*model->now));
	memset(model->before + old, 0, (model->sums_allocated - old) * sizeof(*model->before));
}

/* Adds `cell` to a row; `from` says whose it is. */
static void model_add(struct model *model, uint32_t key, const struct pooltag_cell *cell,
		      const struct model_sum *from)
{
	int64_t bytes = (int64_t)(cell->alloc_charge - cell->free_charge);
	struct pooltag_cell total;
	struct model_sum *sum;

	if (cell->allocs == 0 && cell->frees == 0)
		return;
	model_reserve_sums(model);
	sum = &model->now[key];
	reader_add_cell(&sum->cell, cell);
	if (!sum->present || bytes > sum->most_bytes) {
		total = sum->cell;
		*sum = *from;
		sum->cell = total;
		sum->most_bytes = bytes;
	}
	sum->present = true;
}

static void model_add_sites(struct model *model, const struct reader_process *process,
			    const struct model_binding *binding, size_t index)
{
	for (size_t i = 0; i < binding->site_count; i++) {
		const struct reader_site *site = &process->tables->sites[i];
		struct model_sum from = {.process = (uint32_t)index,
					 .site = (uint32_t)i,
					 .first_frame = site->first_frame,
					 .frame_count = site->frame_count};

		if (binding->keys[i] != KEYS_NONE)
			model_add(model, binding->keys[i], &process->sums[i], &from);
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
	struct model_sum from = {.process = (uint32_t)index, .shard = chunk->shard};
	uint32_t keys[POOLTAG_POOL_MAX];
	bool passes[POOLTAG_POOL_MAX];

	for (unsigned pool = 0; pool < POOLTAG_POOL_MAX; pool++) {
		passes[pool] = model_shard_passes(model, process, chunk->shard, pool);
		keys[pool] = model->options.group == MODEL_GROUP_THREAD
				     ? keys_of_shard(&model->keys, process, chunk->shard, pool)
				     : KEYS_NONE;
	}
	for (size_t i = 0; i < POOLTAG_CHUNK_CELLS; i++) {
		size_t site = (size_t)chunk->first_site + i;
		unsigned pool;

		if (site >= binding->site_count)
			return;
		pool = process->tables->sites[site].pool;
		if (binding->keys[site] == KEYS_NONE || !passes[pool])
			continue;
		from.site = (uint32_t)site;
		from.first_frame = process->tables->sites[site].first_frame;
		from.frame_count = process->tables->sites[site].frame_count;
		model_add(model, keys[pool] == KEYS_NONE ? binding->keys[site] : keys[pool],
			  &cells[i], &from);
	}
}

/* Stacks of sites that are not told apart by their stacks. */
static void model_add_samples(struct model *model, const struct reader_process *process,
			      const struct model_binding *binding, size_t index)
{
	for (size_t i = 0; i < process->sample_count; i++) {
		const struct reader_sample *sample = &process->samples[i];
		struct pooltag_cell cell = {.allocs = sample->blocks, .alloc_bytes = sample->bytes};
		struct model_sum from = {.process = (uint32_t)index,
					 .site = sample->site,
					 .first_frame = sample->first_frame,
					 .frame_count = sample->frame_count};

		if (sample->site >= binding->site_count ||
		    binding->keys[sample->site] == KEYS_NONE ||
		    process->tables->sites[sample->site].frame_count ||
		    !reader_frames(process, sample->first_frame, sample->frame_count))
			continue;
		model_add(model, keys_of_sample(&model->keys, process, sample), &cell, &from);
	}
}

/* Whether figures are needed by thread. */
static bool model_by_thread(const struct model *model)
{
	bool by_thread = model->options.group == MODEL_GROUP_THREAD;

	for (size_t i = 0; i < model->level_count; i++)
		by_thread |= model_level_group(model, i) == MODEL_GROUP_THREAD;
	return by_thread;
}

static void model_add_process(struct model *model, const struct reader_process *process,
			      const struct model_binding *binding, size_t index)
{
	if (model_by_thread(model)) {
		for (size_t i = 0; i < process->by_shard.chunk_count; i++)
			model_add_chunk(model, process, binding, index, i);
		return;
	}
	model_add_sites(model, process, binding, index);
	if (model->options.group == MODEL_GROUP_STACK)
		model_add_samples(model, process, binding, index);
}

unsigned model_wants(const struct model *model)
{
	enum model_group group = model->options.group;

	return (model_by_thread(model) ? READER_WANT_SHARDS : 0u) |
	       (group == MODEL_GROUP_STACK || group == MODEL_GROUP_SITE ? READER_WANT_STACKS : 0u);
}

bool model_selects(const struct model *model, const struct reader_process *process)
{
	const struct model_options *options = &model->options;

	if (options->run_id)
		return process->run_id == options->run_id;
	if (options->pid_count == 0)
		return reader_state_runs(process->state);
	for (size_t i = 0; i < options->pid_count; i++) {
		if (options->pids[i] == process->pid)
			return true;
	}
	return false;
}

/* What the columns say of a sum. `before` NULL: there are no changes. */
static void model_fill(struct model_row *row, const struct pooltag_cell *now,
		       const struct pooltag_cell *before)
{
	int64_t *value = row->value;
	uint64_t headed = now->allocs - now->big_allocs - (now->frees - now->big_frees);
	int64_t bytes = (int64_t)(now->alloc_charge - now->free_charge);
	int64_t diff = (int64_t)(now->allocs - now->frees);

	value[MODEL_COLUMN_ALLOCS] = (int64_t)now->allocs;
	value[MODEL_COLUMN_FREES] = (int64_t)now->frees;
	value[MODEL_COLUMN_DIFF] = diff;
	value[MODEL_COLUMN_BYTES] = bytes;
	value[MODEL_COLUMN_PER_ALLOC] = diff > 0 ? bytes / diff : 0;
	value[MODEL_COLUMN_REQUESTED] = (int64_t)(now->alloc_bytes - now->free_bytes);
	value[MODEL_COLUMN_HEADER] = (int64_t)(MODEL_HEADER_BYTES * headed);
	value[MODEL_COLUMN_WASTE] =
		(int64_t)((uint64_t)bytes - (uint64_t)value[MODEL_COLUMN_REQUESTED] -
			  (uint64_t)value[MODEL_COLUMN_HEADER]);
	value[MODEL_COLUMN_WASTE_PERCENT] =
		bytes > 0 ? (int64_t)((double)value[MODEL_COLUMN_WASTE] * 100 / (double)bytes) : 0;
	value[MODEL_COLUMN_ALLOC_BYTES] = (int64_t)now->alloc_bytes;
	value[MODEL_COLUMN_FREE_BYTES] = (int64_t)now->free_bytes;
	if (!before)
		return;
	value[MODEL_COLUMN_ALLOCS_DELTA] = (int64_t)(now->allocs - before->allocs);
	value[MODEL_COLUMN_FREES_DELTA] = (int64_t)(now->frees - before->frees);
	value[MODEL_COLUMN_DIFF_DELTA] =
		(int64_t)((uint64_t)diff - (before->allocs - before->frees));
	value[MODEL_COLUMN_BYTES_DELTA] =
		(int64_t)((uint64_t)bytes - (before->alloc_charge - before->free_charge));
	diff = (int64_t)(before->allocs - before->frees);
	bytes = (int64_t)(before->alloc_charge - before->free_charge);
	value[MODEL_COLUMN_PER_ALLOC_DELTA] =
		value[MODEL_COLUMN_PER_ALLOC] - (diff > 0 ? bytes / diff : 0);
	row->changed = memcmp(now, before, sizeof(*now)) != 0;
}

/* Of a sampled stack only what was sampled is known. */
static void model_fill_sampled(struct model_row *row, const struct model *model)
{
	for (int id = 0; id < MODEL_COLUMN_MAX; id++) {
		if (id != MODEL_COLUMN_ALLOCS && id != MODEL_COLUMN_ALLOCS_DELTA &&
		    id != MODEL_COLUMN_ALLOC_BYTES)
			row->value[id] = 0;
	}
	row->sampled = true;
	if (model->sampled_bytes)
		row->share = (int)((double)row->value[MODEL_COLUMN_ALLOC_BYTES] * 100 /
				   (double)model->sampled_bytes);
}

/* Innermost first, until there is no more room. */
static void model_place_stack(const struct model_row *row, char out[PLACE_SIZE])
{
	const struct reader_frame *frames = model_frames(row);
	size_t length = 0;

	if (!frames) {
		place_exact(row->process, row->site, out);
		return;
	}
	for (uint32_t i = 0; i < row->frame_count; i++) {
		char frame[PLACE_SIZE];

		place_frame(row->process, &frames[i], frame);
		if (length + strlen(frame) + sizeof(" < ...") >= PLACE_SIZE) {
			strcpy(out + length, "...");
			return;
		}
		memcpy(out + length, frame, strlen(frame) + 1);
		length += strlen(frame);
		if (i + 1 < row->frame_count) {
			strcpy(out + length, " < ");
			length += strlen(" < ");
		}
	}
}

/* What names the row. Keys have names that never change; others are made anew each time. */
static const char *model_place(struct model *model, const struct model_row *row,
			       const struct keys_key *key)
{
	char place[PLACE_SIZE];

	switch (model->options.group) {
	case MODEL_GROUP_TAG:
		place_of(row->process, row->site, place);
		break;
	case MODEL_GROUP_THREAD:
		place_thread(&row->process->by_shard.shards[row->shard], place);
		break;
	case MODEL_GROUP_STACK:
		model_place_stack(row, place);
		break;
	case MODEL_GROUP_MODULE:
	case MODEL_GROUP_FUNCTION:
	case MODEL_GROUP_SITE:
	case MODEL_GROUP_PROCESS:
	case MODEL_GROUP_MAX:
		return model->keys.names.texts[key->name];
	}
	return names_kept(&model->keys.names, place);
}

static void model_fill_row(struct model *model, struct model_row *row, uint32_t number)
{
	const struct keys_key *key = &model->keys.keys[number];
	const struct model_sum *sum = &model->now[number];
	const struct reader_process *process = &model->snapshot->processes[sum->process];

	memset(row, 0, sizeof(*row));
	row->key = number;
	row->tag = key->tag;
	row->pool = (uint8_t)key->pool;
	row->process = process;
	row->site = sum->site;
	row->shard = sum->shard;
	if (key->group == MODEL_GROUP_STACK || key->group == MODEL_GROUP_SITE) {
		row->first_frame = sum->first_frame;
		row->frame_count = sum->frame_count;
	}
	row->value[MODEL_COLUMN_PID] = process->pid;
	model_fill(row, &sum->cell, model->has_before ? &model->before[number].cell : NULL);
	if (key->sampled)
		model_fill_sampled(row, model);
	row->place = model_place(model, row, key);
}

static void model_fill_rows(struct model *model)
{
	model->row_count = 0;
	model->sampled_bytes = 0;
	for (uint32_t number = 0; number < model->keys.count; number++) {
		if (model->now[number].present && model->keys.keys[number].sampled)
			model->sampled_bytes += model->now[number].cell.alloc_bytes;
	}
	for (uint32_t number = 0; number < model->keys.count; number++) {
		if (!model->now[number].present)
			continue;
		memory_reserve(&model->rows, &model->rows_allocated, model->row_count,
			       sizeof(*model->rows));
		model_fill_row(model, &model->rows[model->row_count++], number);
	}
}

static void model_count(struct model *model)
{
	struct model_counts *counts = &model->counts;

	memset(counts, 0, sizeof(*counts));
	for (size_t i = 0; i < model->snapshot->process_count; i++) {
		const struct reader_process *process = &model->snapshot->processes[i];

		counts->shown += model_selects(model, process);
		if (reader_state_runs(process->state))
			counts->running++;
		else if (process->state == READER_CRASHED)
			counts->crashed++;
		else
			counts->gone++;
	}
}

static void model_drop_bindings(struct model *model, size_t keep)
{
	while (model->binding_count > keep)
		free(model->bindings[--model->binding_count].keys);
}

/* Sums a snapshot up in model->now. */
static void model_sum_up(struct model *model, const struct reader_snapshot *snapshot)
{
	size_t bound = 0;

	memset(model->pool_bytes, 0, sizeof(model->pool_bytes));
	model_reserve_sums(model);
	if (model->now)
		memset(model->now, 0, model->sums_allocated * sizeof(*model->now));
	for (size_t i = 0; i < snapshot->process_count; i++) {
		const struct reader_process *process = &snapshot->processes[i];
		const struct model_binding *binding;

		if (!model_selects(model, process))
			continue;
		binding = model_bind(model, process, bound++);
		model_add_process(model, process, binding, i);
		for (unsigned pool = 0; pool < POOLTAG_POOL_MAX; pool++)
			model->pool_bytes[pool] += process->bytes[pool];
	}
	model_drop_bindings(model, bound);
	model_reserve_sums(model);
}

static void model_swap(struct model *model)
{
	struct model_sum *recycled = model->before;

	model->before = model->now;
	model->now = recycled;
}

/* Sums the present snapshot up, and fills the rows; model->before is ready. */
static void model_refill(struct model *model)
{
	const struct reader_snapshot *previous = model->previous;
	unsigned needs = model_wants(model);

	model_sum_up(model, model->snapshot);
	/* Of a site only its stack needs frames, not its figures. */
	if (model->options.group == MODEL_GROUP_SITE)
		needs &= ~(unsigned)READER_WANT_STACKS;
	model->has_before = previous && (needs & ~previous->wants) == 0;
	model_count(model);
	model_fill_rows(model);
	model_arrange(model);
}

/* Sums everything up anew: rows are of another kind now. */
static void model_rebuild(struct model *model)
{
	model_drop_bindings(model, 0);
	if (model->previous)
		model_sum_up(model, model->previous);
	/* Stacks have other keys when their frames are there. */
	if (model->previous && model->previous->wants != model->snapshot->wants)
		model_drop_bindings(model, 0);
	model_swap(model);
	model_refill(model);
}

void model_update(struct model *model, const struct reader_snapshot *snapshot)
{
	bool alike = model->snapshot && model->snapshot->wants == snapshot->wants;

	reader_snapshot_drop(model->previous);
	model->previous = model->held;
	model->held = reader_snapshot_hold(snapshot);
	model->snapshot = snapshot;
	if (!alike) {
		model_rebuild(model);
		return;
	}
	model_swap(model);
	model_refill(model);
}

static const struct model_row *model_find(const struct model *model, uint32_t key)
{
	for (size_t i = 0; i < model->row_count; i++) {
		if (model->rows[i].key == key)
			return &model->rows[i];
	}
	return NULL;
}

int model_enter(struct model *model, uint32_t key, const char *name)
{
	enum model_group next = model_groups[model->options.group].next;
	const struct model_row *row = model_find(model, key);
	struct model_level *level;
	char tag[5];

	if (!row || next == model->options.group)
		return -1;
	memory_reserve(&model->levels, &model->levels_allocated, model->level_count,
		       sizeof(*model->levels));
	level = &model->levels[model->level_count++];
	pooltag_tag_to_text(row->tag, tag);
	level->key = key;
	level->name = model->options.group == MODEL_GROUP_TAG
			      ? memory_printed("%s %s", tag, model_pool_name(row->pool))
			      : memory_text(name);
	model->options.group = next;
	model_rebuild(model);
	return 0;
}

int model_leave(struct model *model, uint32_t *ret_key)
{
	struct model_level *level;

	if (model->level_count == 0)
		return -1;
	level = &model->levels[model->level_count - 1];
	*ret_key = level->key;
	model->options.group = model_level_group(model, model->level_count - 1);
	free(level->name);
	model->level_count--;
	model_rebuild(model);
	return 0;
}

size_t model_level_count(const struct model *model)
{
	return model->level_count;
}

const char *model_level_name(const struct model *model, size_t level)
{
	return model->levels[level].name;
}

const struct reader_frame *model_frames(const struct model_row *row)
{
	return reader_frames(row->process, row->first_frame, row->frame_count);
}

static bool model_pool_passes(const struct model_options *options, unsigned pool)
{
	return options->pools == MODEL_POOLS_BOTH ||
	       (options->pools == MODEL_POOLS_NONPAGED) == (pool == POOLTAG_POOL_NONPAGED);
}

bool model_passes(const struct model *model, const struct reader_site *site)
{
	return model_pool_passes(&model->options, site->pool) &&
	       model_tag_passes(&model->options, site->tag);
}

void model_measure(const struct pooltag_cell *cell, int64_t ret_value[MODEL_COLUMN_MAX])
{
	struct model_row row = {0};

	model_fill(&row, cell, NULL);
	memcpy(ret_value, row.value, sizeof(row.value));
}

/* Tags in the order of their characters, as they are read. */
static uint32_t model_tag_order(pooltag_tag tag)
{
	return __builtin_bswap32(tag);
}

/* Total, so that equal rows keep their places from one refresh to the next. */
static int model_compare_identity(const struct model_options *options, const struct model_row *a,
				  const struct model_row *b)
{
	int order;

	if (a->tag != b->tag)
		return model_tag_order(a->tag) < model_tag_order(b->tag) ? -1 : 1;
	if (options->group == MODEL_GROUP_TAG)
		return (a->pool < b->pool) - (a->pool > b->pool);
	order = strcmp(a->place, b->place);
	if (a->value[MODEL_COLUMN_PID] != b->value[MODEL_COLUMN_PID] && order == 0)
		order = a->value[MODEL_COLUMN_PID] < b->value[MODEL_COLUMN_PID] ? -1 : 1;
	if (order == 0 && a->pool != b->pool)
		return a->pool > b->pool ? -1 : 1;
	return order ? order : a->key < b->key ? -1 : a->key > b->key;
}

static int model_compare(const void *left, const void *right, void *context)
{
	const struct model_row *a = *(const struct model_row *const *)left;
	const struct model_row *b = *(const struct model_row *const *)right;
	const struct model_options *options = context;
	enum model_column_id by = options->sort;
	int order = 0;

	if (options->by_change)
		by = model_columns[by].change;
	if (by == MODEL_COLUMN_TYPE)
		order = (a->pool < b->pool) - (a->pool > b->pool);
	else if (by == MODEL_COLUMN_PLACE)
		order = strcmp(a->place, b->place);
	else if (model_columns[by].kind != MODEL_KIND_TEXT)
		order = (a->value[by] < b->value[by]) - (a->value[by] > b->value[by]);
	/* Of sampled stacks most figures are not known. */
	if (order == 0 && a->sampled && b->sampled)
		order = (a->value[MODEL_COLUMN_ALLOC_BYTES] < b->value[MODEL_COLUMN_ALLOC_BYTES]) -
			(a->value[MODEL_COLUMN_ALLOC_BYTES] > b->value[MODEL_COLUMN_ALLOC_BYTES]);
	return order ? order : model_compare_identity(options, a, b);
}

static void model_add_total(struct model *model, const struct model_row *row)
{
	struct model_row *total = &model->totals[row->pool];
	int64_t *value = total->value;

	for (int i = 0; i < MODEL_COLUMN_MAX; i++)
		value[i] = (int64_t)((uint64_t)value[i] + (uint64_t)row->value[i]);
	value[MODEL_COLUMN_PER_ALLOC] =
		value[MODEL_COLUMN_DIFF] > 0 ? value[MODEL_COLUMN_BYTES] / value[MODEL_COLUMN_DIFF]
					     : 0;
	value[MODEL_COLUMN_WASTE_PERCENT] =
		value[MODEL_COLUMN_BYTES] > 0 ? (int64_t)((double)value[MODEL_COLUMN_WASTE] * 100 /
							  (double)value[MODEL_COLUMN_BYTES])
					      : 0;
}

void model_arrange(struct model *model)
{
	memset(model->totals, 0, sizeof(model->totals));
	for (unsigned pool = 0; pool < POOLTAG_POOL_MAX; pool++) {
		model->totals[pool].pool = (uint8_t)pool;
		model->totals[pool].place = "";
	}
	model->order_count = 0;
	model->order = memory_resized(model->order, model->row_count, sizeof(*model->order));
	for (size_t i = 0; i < model->row_count; i++) {
		const struct model_row *row = &model->rows[i];

		if (!row->sampled)
			model_add_total(model, row);
		if (model_pool_passes(&model->options, row->pool))
			model->order[model->order_count++] = row;
	}
	if (model->order_count)
		qsort_r(model->order, model->order_count, sizeof(*model->order), model_compare,
			&model->options);
}

size_t model_row_count(const struct model *model)
{
	return model->order_count;
}

const struct model_row *model_row(const struct model *model, size_t index)
{
	return model->order[index];
}

const struct model_row *model_total(const struct model *model, enum pooltag_pool pool)
{
	return &model->totals[pool];
}

const struct model_counts *model_counts(const struct model *model)
{
	return &model->counts;
}

const struct reader_snapshot *model_snapshot(const struct model *model)
{
	return model->snapshot;
}

const char *model_pool_name(unsigned pool)
{
	return pool == POOLTAG_POOL_NONPAGED ? "Nonp" : "Paged";
}

uint64_t model_pool_bytes(const struct model *model, enum pooltag_pool pool)
{
	return model->pool_bytes[pool];
}
