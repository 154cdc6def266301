/* SPDX-License-Identifier: BSD-2-Clause */
#include "model/model.h"

#include "common/memory.h"
#include "model/state.h"

#include <stdlib.h>
#include <string.h>

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

void model_choose_session(struct model *model, enum model_sessions sessions, uint32_t session)
{
	model->options.sessions = sessions;
	model->options.session = session;
	model_rebuild(model);
}

size_t model_level_count(const struct model *model)
{
	return model->level_count;
}

const char *model_level_name(const struct model *model, size_t level)
{
	return model->levels[level].name;
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
