/* SPDX-License-Identifier: BSD-2-Clause */
#include "model/model.h"

#include "common/memory.h"
#include "common/text.h"
#include "model/names.h"
#include "model/place.h"

#include <stdlib.h>
#include <string.h>

#define MODEL_HEADER_BYTES 8           /* of the pool header of a block that has one */
#define MODEL_NO_KEY       0xffffffffu /* the site's tag is filtered out */

/* What makes a row the same row. */
struct model_key {
	pooltag_tag tag;
	uint32_t pool;
	uint32_t name;    /* of the group's place */
	uint32_t process; /* serial of the tables, for rows per process */
};

/* What is summed per key in one update. */
struct model_sum {
	struct pooltag_cell cell;
	uint64_t most_bytes; /* of a single site */
	uint32_t process;    /* index in the snapshot of that site's process */
	uint32_t site;
	bool present;
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
	struct names names;
	size_t key_count;
	size_t keys_allocated;
	struct model_key *keys;
	size_t slot_count; /* a power of two */
	uint32_t *slots;   /* key + 1 */
	size_t sums_allocated;
	struct model_sum *now;
	struct model_sum *before;
	size_t before_count; /* keys that existed at the previous update */
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
	struct model_counts counts;
};

struct model *model_create(const struct model_options *options)
{
	struct model *model = memory_zeroed(1, sizeof(*model));

	model->options = *options;
	names_init(&model->names);
	model->slot_count = 256;
	model->slots = memory_zeroed(model->slot_count, sizeof(*model->slots));
	return model;
}

void model_destroy(struct model *model)
{
	if (!model)
		return;
	for (size_t i = 0; i < model->binding_count; i++)
		free(model->bindings[i].keys);
	names_fini(&model->names);
	free(model->bindings);
	free(model->keys);
	free(model->slots);
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

static uint64_t model_hash(const struct model_key *key)
{
	uint64_t hash = (uint64_t)key->tag << 32 | key->name;

	hash = (hash ^ (uint64_t)key->process << 1 ^ key->pool) * 0x9e3779b97f4a7c15u;
	hash ^= hash >> 32;
	return hash * 0x9e3779b97f4a7c15u >> 20;
}

static uint32_t *model_slot(const struct model *model, const struct model_key *key)
{
	size_t at = model_hash(key) & (model->slot_count - 1);

	while (model->slots[at] &&
	       memcmp(&model->keys[model->slots[at] - 1], key, sizeof(*key)) != 0)
		at = (at + 1) & (model->slot_count - 1);
	return &model->slots[at];
}

static uint32_t model_key_number(struct model *model, const struct model_key *key)
{
	uint32_t *slot = model_slot(model, key);

	if (*slot)
		return *slot - 1;
	memory_reserve(&model->keys, &model->keys_allocated, model->key_count,
		       sizeof(*model->keys));
	model->keys[model->key_count++] = *key;
	*slot = (uint32_t)model->key_count;
	if (2 * model->key_count > model->slot_count) {
		free(model->slots);
		model->slot_count *= 2;
		model->slots = memory_zeroed(model->slot_count, sizeof(*model->slots));
		for (size_t i = 0; i < model->key_count; i++)
			*model_slot(model, &model->keys[i]) = (uint32_t)i + 1;
	}
	return (uint32_t)model->key_count - 1;
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

static uint32_t model_key_of(struct model *model, const struct reader_process *process, size_t site)
{
	const struct reader_site *at = &process->tables->sites[site];
	struct model_key key = {.pool = at->pool};
	char place[PLACE_SIZE];

	if (!model_tag_passes(&model->options, at->tag))
		return MODEL_NO_KEY;
	switch (model->options.group) {
	case MODEL_GROUP_TAG:
		key.tag = at->tag;
		break;
	case MODEL_GROUP_MODULE:
		place_module(process, site, place);
		key.name = names_number(&model->names, place);
		break;
	case MODEL_GROUP_FUNCTION:
		place_of(process, site, place);
		key.name = names_number(&model->names, place);
		break;
	case MODEL_GROUP_SITE:
		place_exact(process, site, place);
		key.tag = at->tag;
		key.name = names_number(&model->names, place);
		break;
	case MODEL_GROUP_PROCESS:
		key.name = names_number(&model->names, reader_process_name(process));
		key.process = (uint32_t)process->tables->serial;
		break;
	case MODEL_GROUP_MAX:
		break;
	}
	return model_key_number(model, &key);
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

	if (model->key_count <= old)
		return;
	model->sums_allocated = model->keys_allocated;
	model->now = memory_resized(model->now, model->sums_allocated, sizeof(*model->now));
	model->before =
		memory_resized(model->before, model->sums_allocated, sizeof(*model->before));
	memset(model->now + old, 0, (model->sums_allocated - old) * sizeof(*model->now));
	memset(model->before + old, 0, (model->sums_allocated - old) * sizeof(*model->before));
}

static void model_add_process(struct model *model, const struct reader_process *process,
			      const struct model_binding *binding, size_t index)
{
	for (size_t i = 0; i < binding->site_count; i++) {
		const struct pooltag_cell *cell = &process->sums[i];
		uint64_t bytes = cell->alloc_charge - cell->free_charge;
		struct model_sum *sum;

		if (cell->allocs == 0)
			continue;
		if (binding->keys[i] == MODEL_NO_KEY)
			continue;
		sum = &model->now[binding->keys[i]];
		reader_add_cell(&sum->cell, cell);
		if (!sum->present || bytes > sum->most_bytes) {
			sum->most_bytes = bytes;
			sum->process = (uint32_t)index;
			sum->site = (uint32_t)i;
		}
		sum->present = true;
	}
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

static void model_fill_row(struct model *model, struct model_row *row, uint32_t number)
{
	const struct model_key *key = &model->keys[number];
	const struct model_sum *sum = &model->now[number];
	const struct reader_process *process = &model->snapshot->processes[sum->process];
	char place[PLACE_SIZE];

	memset(row, 0, sizeof(*row));
	row->key = number;
	row->tag = key->tag;
	row->pool = (uint8_t)key->pool;
	row->process = process;
	row->site = sum->site;
	row->value[MODEL_COLUMN_PID] = process->pid;
	model_fill(row, &sum->cell, model->has_before ? &model->before[number].cell : NULL);
	if (model->options.group == MODEL_GROUP_TAG) {
		place_of(process, sum->site, place);
		row->place = names_kept(&model->names, place);
	} else {
		row->place = model->names.texts[key->name];
	}
}

static void model_fill_rows(struct model *model)
{
	model->row_count = 0;
	for (uint32_t number = 0; number < model->key_count; number++) {
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

void model_update(struct model *model, const struct reader_snapshot *snapshot)
{
	struct model_sum *recycled = model->before;
	size_t bound = 0;

	memset(model->pool_bytes, 0, sizeof(model->pool_bytes));
	model->has_before = model->snapshot != NULL;
	model->snapshot = snapshot;
	model->before = model->now;
	model->now = recycled;
	if (model->now)
		memset(model->now, 0, model->sums_allocated * sizeof(*model->now));
	for (size_t i = 0; i < snapshot->process_count; i++) {
		const struct reader_process *process = &snapshot->processes[i];
		const struct model_binding *binding;

		if (!model_selects(model, process))
			continue;
		binding = model_bind(model, process, bound++);
		model_reserve_sums(model);
		model_add_process(model, process, binding, i);
		for (unsigned pool = 0; pool < POOLTAG_POOL_MAX; pool++)
			model->pool_bytes[pool] += process->bytes[pool];
	}
	model_drop_bindings(model, bound);
	model_count(model);
	model_fill_rows(model);
	model_arrange(model);
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
