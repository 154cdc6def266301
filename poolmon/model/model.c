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
	model_drop_bindings(model, 0);
	for (size_t i = 0; i < model->level_count; i++)
		free(model->levels[i].name);
	reader_snapshot_drop(model->held);
	reader_snapshot_drop(model->previous);
	reader_snapshot_drop(model->baseline);
	keys_fini(&model->keys);
	free(model->levels);
	free(model->bindings);
	free(model->now);
	free(model->before);
	free(model->base);
	free(model->places);
	free(model->histories);
	free(model->peaks);
	free(model->ledgers);
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

/* Whether `snapshot` has what the figures of this level need. */
static bool model_suffices(const struct model *model, const struct reader_snapshot *snapshot)
{
	unsigned needs = model_wants(model);

	/* Of a site only its stack needs frames, not its figures. */
	if (model->options.group == MODEL_GROUP_SITE)
		needs &= ~(unsigned)READER_WANT_STACKS;
	return snapshot && (needs & ~snapshot->wants) == 0;
}

static void model_watch_pools(struct model *model)
{
	for (unsigned pool = 0; pool < POOLTAG_POOL_MAX; pool++)
		history_put(&model->pool_histories[pool], &model->axis,
			    model_selection(&model->options), true,
			    (int64_t)model->pool_bytes[pool], 0);
}

/* Sums the present snapshot up, and fills the rows; model->before is ready. */
static void model_refill(struct model *model)
{
	uint32_t context = model_context(model);

	model_sum_up(model, model->snapshot);
	model->has_before = model_suffices(model, model->previous);
	model->has_base = model_suffices(model, model->baseline);
	model->context_is_new = context != model->context || model->axis.count == 1;
	model->context = context;
	model_watch_pools(model);
	model_count(model);
	model_fill_rows(model);
	model_arrange(model);
}

/* Sums another snapshot up, into model->now. */
static void model_sum_up_other(struct model *model, const struct reader_snapshot *other)
{
	model_sum_up(model, other);
	/* Stacks have other keys when their frames are there. */
	if (other->wants != model->snapshot->wants)
		model_drop_bindings(model, 0);
}

/* Sums everything up anew: rows are of another kind now. */
static void model_rebuild(struct model *model)
{
	struct model_sum *recycled;

	model_drop_bindings(model, 0);
	if (model->baseline) {
		model_sum_up_other(model, model->baseline);
		recycled = model->base;
		model->base = model->now;
		model->now = recycled;
	}
	if (model->previous)
		model_sum_up_other(model, model->previous);
	model_swap(model);
	model_refill(model);
}

/* Of each process shown, and their sum. */
static void model_keep_ledgers(struct model *model)
{
	size_t count = model->options.memory ? model->snapshot->process_count : 0;

	memset(&model->ledger, 0, sizeof(model->ledger));
	free(model->ledgers);
	model->ledgers = memory_zeroed(count, sizeof(*model->ledgers));
	model->ledger_count = count;
	for (size_t i = 0; i < count; i++) {
		const struct reader_process *process = &model->snapshot->processes[i];

		if (!model_selects(model, process) || !reader_state_runs(process->state))
			continue;
		ledger_take(&model->ledgers[i], process);
		ledger_add(&model->ledger, &model->ledgers[i]);
	}
}

void model_update(struct model *model, const struct reader_snapshot *snapshot)
{
	bool alike = model->snapshot && model->snapshot->wants == snapshot->wants;

	reader_snapshot_drop(model->previous);
	model->previous = model->held;
	model->held = reader_snapshot_hold(snapshot);
	model->snapshot = snapshot;
	model->seconds =
		model->previous ? (double)(snapshot->mono_ns - model->previous->mono_ns) / 1e9 : 0;
	history_advance(&model->axis, snapshot->mono_ns);
	model_keep_ledgers(model);
	if (!alike) {
		model_rebuild(model);
		return;
	}
	model_swap(model);
	model_refill(model);
}

void model_mark(struct model *model)
{
	reader_snapshot_drop(model->baseline);
	model->baseline = reader_snapshot_hold(model->snapshot);
	model_rebuild(model);
}

void model_unmark(struct model *model)
{
	if (!model->baseline)
		return;
	reader_snapshot_drop(model->baseline);
	model->baseline = NULL;
	model_rebuild(model);
}

bool model_is_marked(const struct model *model)
{
	return model->baseline;
}

const struct reader_snapshot *model_baseline(const struct model *model)
{
	return model->has_base ? model->baseline : NULL;
}

void model_regroup(struct model *model)
{
	while (model->level_count)
		free(model->levels[--model->level_count].name);
	model_rebuild(model);
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

const struct ledger *model_ledger(const struct model *model)
{
	return &model->ledger;
}

const struct ledger *model_process_ledger(const struct model *model, size_t index)
{
	return index < model->ledger_count && model->ledgers[index].processes
		       ? &model->ledgers[index]
		       : NULL;
}

const char *model_pool_name(unsigned pool)
{
	return pool == POOLTAG_POOL_NONPAGED ? "Nonp" : "Paged";
}

uint64_t model_pool_bytes(const struct model *model, enum pooltag_pool pool)
{
	return model->pool_bytes[pool];
}
