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
