/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/memory.h"
#include "model/state.h"

#include <stdlib.h>
#include <string.h>

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

static int model_state_order(const struct model_row *row)
{
	return row->ended ? READER_STATE_MAX : (int)row->process->state;
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
	else if (by == MODEL_COLUMN_OWNER)
		order = strcmp(a->owner, b->owner);
	else if (by == MODEL_COLUMN_STATE)
		order = model_state_order(a) - model_state_order(b);
	else if (model_column_is_number(by))
		order = (a->value[by] < b->value[by]) - (a->value[by] > b->value[by]);
	/* Of sampled stacks most figures are not known. */
	if (order == 0 && a->sampled && b->sampled)
		order = (a->value[MODEL_COLUMN_ALLOC_BYTES] < b->value[MODEL_COLUMN_ALLOC_BYTES]) -
			(a->value[MODEL_COLUMN_ALLOC_BYTES] > b->value[MODEL_COLUMN_ALLOC_BYTES]);
	if (order == 0)
		order = model_compare_identity(options, a, b);
	return options->reverse ? -order : order;
}

/* Whether the row is shown but for its pool, so that it is part of the totals. */
static bool model_row_passes(const struct model *model, const struct model_row *row)
{
	static const struct pooltag_cell none;
	const struct model_options *options = &model->options;
	struct pooltag_cell cell = model_cell(model, row->key, false);

	if (model->has_base && memcmp(&cell, &none, sizeof(none)) == 0)
		return false;
	if (options->suspects && row->value[MODEL_COLUMN_SUSPECT] == 0)
		return false;
	return !options->filter || model_holds(model, row, options->filter);
}

/* The totals of the counters that rows add up to. */
static void model_fill_total(struct model *model, unsigned pool, const struct pooltag_cell *now,
			     const struct pooltag_cell *before)
{
	struct model_row *total = &model->totals[pool];

	memset(total, 0, sizeof(*total));
	total->pool = (uint8_t)pool;
	total->place = "";
	total->owner = "";
	total->history = &model->pool_histories[pool];
	model_fill(total, now, model->has_before ? before : NULL);
}

void model_arrange(struct model *model)
{
	struct pooltag_cell now[POOLTAG_POOL_MAX] = {0};
	struct pooltag_cell before[POOLTAG_POOL_MAX] = {0};

	model->order_count = 0;
	model->order = memory_resized(model->order, model->row_count, sizeof(*model->order));
	for (size_t i = 0; i < model->row_count; i++) {
		struct model_row *row = &model->rows[i];
		struct pooltag_cell cell = model_cell(model, row->key, false);

		row->depth = 0;
		row->parent = 0;
		if (!model_row_passes(model, row))
			continue;
		if (!row->sampled) {
			reader_add_cell(&now[row->pool], &cell);
			cell = model_cell(model, row->key, true);
			reader_add_cell(&before[row->pool], &cell);
		}
		if (model_pool_passes(&model->options, row->pool))
			model->order[model->order_count++] = row;
	}
	for (unsigned pool = 0; pool < POOLTAG_POOL_MAX; pool++)
		model_fill_total(model, pool, &now[pool], &before[pool]);
	if (model->order_count)
		qsort_r(model->order, model->order_count, sizeof(*model->order), model_compare,
			&model->options);
	if (model->options.tree && model->options.group == MODEL_GROUP_PROCESS)
		model_make_tree(model);
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
