/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/memory.h"
#include "common/number.h"
#include "model/place.h"
#include "model/state.h"

#include <stdlib.h>
#include <string.h>

#define MODEL_HEADER_BYTES 8 /* of the pool header of a block that has one */

/* The measured columns of a cell. */
static void model_fill_measured(int64_t value[MODEL_COLUMN_MAX], const struct pooltag_cell *cell)
{
	uint64_t headed = cell->allocs - cell->big_allocs - (cell->frees - cell->big_frees);
	int64_t bytes = (int64_t)(cell->alloc_charge - cell->free_charge);
	int64_t diff = (int64_t)(cell->allocs - cell->frees);
	int64_t requested = (int64_t)(cell->alloc_bytes - cell->free_bytes);
	int64_t header = (int64_t)(MODEL_HEADER_BYTES * headed);
	int64_t waste = (int64_t)((uint64_t)bytes - (uint64_t)requested - (uint64_t)header);

	value[MODEL_COLUMN_ALLOCS] = (int64_t)cell->allocs;
	value[MODEL_COLUMN_FREES] = (int64_t)cell->frees;
	value[MODEL_COLUMN_DIFF] = diff;
	value[MODEL_COLUMN_BYTES] = bytes;
	value[MODEL_COLUMN_PER_ALLOC] = diff > 0 ? bytes / diff : 0;
	value[MODEL_COLUMN_REQUESTED] = requested;
	value[MODEL_COLUMN_REQUEST] = diff > 0 ? requested / diff : 0;
	value[MODEL_COLUMN_HEADER] = header;
	value[MODEL_COLUMN_WASTE] = waste;
	value[MODEL_COLUMN_WASTE_PERCENT] =
		bytes > 0 ? number_whole((double)waste * 100 / (double)bytes) : 0;
	value[MODEL_COLUMN_ALLOC_BYTES] = (int64_t)cell->alloc_bytes;
	value[MODEL_COLUMN_FREE_BYTES] = (int64_t)cell->free_bytes;
}

void model_fill(struct model_row *row, const struct pooltag_cell *now,
		const struct pooltag_cell *before)
{
	int64_t old[MODEL_COLUMN_MAX];

	model_fill_measured(row->value, now);
	if (!before)
		return;
	model_fill_measured(old, before);
	for (int id = 0; id < MODEL_COLUMN_MAX; id++) {
		enum model_column_id change = model_columns[id].change;

		if (model_column_is_measured(id) && (int)change != id)
			row->value[change] =
				(int64_t)((uint64_t)row->value[id] - (uint64_t)old[id]);
	}
	if (memcmp(now, before, sizeof(*now)) == 0)
		row->trend = MODEL_TREND_NONE;
	else if (row->value[MODEL_COLUMN_BYTES_DELTA] == 0)
		row->trend = MODEL_TREND_CHANGED;
	else
		row->trend = row->value[MODEL_COLUMN_BYTES_DELTA] > 0 ? MODEL_TREND_ROSE
								      : MODEL_TREND_FELL;
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
	if (model->sampled_bytes && row->value[MODEL_COLUMN_ALLOC_BYTES] > 0)
		row->share = (int)((double)row->value[MODEL_COLUMN_ALLOC_BYTES] * 100 /
				   (double)model->sampled_bytes);
}

/* What another size of request would change. */
static void model_fill_size(struct model_row *row, const struct reader_process *process,
			    const struct keys_key *key)
{
	const struct reader_tables *tables = process->tables;
	int64_t *value = row->value;
	size_t at = 0;

	row->estimated = key->estimated;
	value[MODEL_COLUMN_BLOCK_SIZE] = (int64_t)key->number;
	while (at < tables->class_count &&
	       (tables->classes[at].pool != key->pool || tables->classes[at].size < key->number))
		at++;
	if (at == tables->class_count)
		return;
	value[MODEL_COLUMN_FITS] = (int64_t)(tables->classes[at].size - tables->classes[at].header);
	if (at == 0 || tables->classes[at - 1].pool != key->pool)
		return;
	value[MODEL_COLUMN_SMALLER] =
		(int64_t)(tables->classes[at - 1].size - tables->classes[at - 1].header);
	value[MODEL_COLUMN_SAVES] =
		value[MODEL_COLUMN_DIFF] *
		(int64_t)(tables->classes[at].size - tables->classes[at - 1].size);
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
	case MODEL_GROUP_SIZE:
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

static int64_t model_per_second(const struct model *model, int64_t change)
{
	return model->seconds > 0 ? number_whole((double)change / model->seconds) : 0;
}

/*
 * Of one site the process itself knows, else it is as the process's sites say, and what was seen.
 * All figures are from outside, and may be anything.
 */
static void model_fill_peaks(const struct model *model, struct model_row *row,
			     const struct history *history)
{
	const struct model_peak *peak = &model->peaks[row->key];
	int64_t found = history->peak;
	int64_t most = history->peak_most;

	if (model->has_peaks && !peak->unknown) {
		most = peak->most <= INT64_MAX ? (int64_t)peak->most : INT64_MAX;
		if (peak->found <= (uint64_t)most && (int64_t)peak->found > found)
			found = (int64_t)peak->found;
		if (most < found)
			most = found;
	}
	row->value[MODEL_COLUMN_PEAK] = found;
	row->value[MODEL_COLUMN_PEAK_MOST] = most;
}

/* What only watching tells. A baseline does not matter here. */
static void model_fill_watched(struct model *model, struct model_row *row, struct history *history,
			       bool is_new)
{
	const struct pooltag_cell *cell = &model->now[row->key].cell;
	int64_t *value = row->value;
	struct history_growth growth;

	history_put(history, &model->axis, model->context, model->context_is_new,
		    (int64_t)(cell->alloc_charge - cell->free_charge), cell->alloc_charge);
	growth = history_growth(history, &model->axis);
	row->history = history;
	model_fill_peaks(model, row, history);
	value[MODEL_COLUMN_GROWTH] = growth.per_minute;
	value[MODEL_COLUMN_SUSTAINED] = growth.sustained;
	value[MODEL_COLUMN_SUSPECT] = growth.suspect; /* ranks come later */
	value[MODEL_COLUMN_ALLOCS_RATE] = model_per_second(model, value[MODEL_COLUMN_ALLOCS_DELTA]);
	value[MODEL_COLUMN_BYTES_RATE] = model_per_second(model, value[MODEL_COLUMN_BYTES_DELTA]);
	if (is_new)
		row->trend = MODEL_TREND_NEW;
}

/* Whether a key has a row: it has figures, or had some at the baseline. */
static bool model_has_row(const struct model *model, uint32_t number)
{
	return model->now[number].present || (model->has_base && model->base[number].present);
}

/* A process of the baseline as it is now; NULL when it has left nothing. */
static const struct reader_process *model_left(const struct model *model,
					       const struct reader_process *process)
{
	for (size_t i = 0; i < model->snapshot->process_count; i++) {
		const struct reader_process *left = &model->snapshot->processes[i];

		if (left->tables->serial == process->tables->serial &&
		    left->tables->site_count >= process->tables->site_count)
			return left;
	}
	return NULL;
}

/* Where the row comes from: its biggest site now, or at the baseline when none is left. */
static const struct model_sum *model_fill_source(const struct model *model, struct model_row *row)
{
	const struct model_sum *sum = &model->now[row->key];

	if (sum->present) {
		row->process = &model->snapshot->processes[sum->process];
	} else {
		const struct reader_process *process;

		sum = &model->base[row->key];
		process = &model->baseline->processes[sum->process];
		/* Shards and stacks are the snapshot's own. */
		row->process = model_wants(model) ? NULL : model_left(model, process);
		row->ended = !row->process;
		row->process = row->ended ? process : row->process;
	}
	row->site = sum->site;
	row->shard = sum->shard;
	return sum;
}

static void model_fill_row(struct model *model, struct model_row *row, uint32_t number)
{
	const struct keys_key *key = &model->keys.keys[number];
	const struct reader_process *process;
	const struct model_sum *sum;
	struct pooltag_cell now = model_cell(model, number, false);
	struct pooltag_cell before = model_cell(model, number, true);

	memset(row, 0, sizeof(*row));
	row->key = number;
	sum = model_fill_source(model, row);
	process = row->process;
	row->tag = key->tag;
	row->pool = (uint8_t)key->pool;
	if (key->group == MODEL_GROUP_STACK || key->group == MODEL_GROUP_SITE) {
		const struct reader_site *site = &process->tables->sites[sum->site];

		row->first_frame = keys_is_sample(key) ? sum->first_frame : site->first_frame;
		row->frame_count = keys_is_sample(key) ? sum->frame_count : site->frame_count;
	}
	row->value[MODEL_COLUMN_PID] = process->pid;
	model_fill(row, &now, model->has_before ? &before : NULL);
	if (keys_is_sample(key))
		model_fill_sampled(row, model);
	else
		model_fill_watched(model, row, &model->histories[number],
				   model->has_before && model->now[number].present &&
					   !model->before[number].present);
	if (key->group == MODEL_GROUP_SIZE)
		model_fill_size(row, process, key);
	row->place = model_place(model, row, key);
	row->owner = model->options.owners && key->group == MODEL_GROUP_TAG
			     ? owners_of(model->options.owners, row->tag)
			     : "";
}

static int model_compare_growth(const void *left, const void *right)
{
	const struct model_row *a = *(struct model_row *const *)left;
	const struct model_row *b = *(struct model_row *const *)right;
	int64_t more = b->value[MODEL_COLUMN_GROWTH];
	int64_t less = a->value[MODEL_COLUMN_GROWTH];

	return more != less ? (more > less) - (more < less) : (a->key > b->key) - (a->key < b->key);
}

/* Numbers the suspects, whose SUSPECT is 1 so far, by growth. */
static void model_rank_suspects(struct model *model)
{
	struct model_row **suspects = memory_zeroed(model->row_count, sizeof(struct model_row *));
	size_t count = 0;

	for (size_t i = 0; i < model->row_count; i++) {
		if (model->rows[i].value[MODEL_COLUMN_SUSPECT])
			suspects[count++] = &model->rows[i];
	}
	if (count)
		qsort(suspects, count, sizeof(struct model_row *), model_compare_growth);
	for (size_t i = 0; i < count; i++)
		suspects[i]->value[MODEL_COLUMN_SUSPECT] = (int64_t)i + 1;
	free(suspects);
}

void model_fill_rows(struct model *model)
{
	model->row_count = 0;
	model->sampled_bytes = 0;
	for (uint32_t number = 0; number < model->keys.count; number++) {
		if (model->now[number].present && keys_is_sample(&model->keys.keys[number]))
			model->sampled_bytes += model->now[number].cell.alloc_bytes;
	}
	for (uint32_t number = 0; number < model->keys.count; number++) {
		if (!model_has_row(model, number))
			continue;
		memory_reserve(&model->rows, &model->rows_allocated, model->row_count,
			       sizeof(*model->rows));
		model_fill_row(model, &model->rows[model->row_count++], number);
	}
	model_rank_suspects(model);
}

void model_count(struct model *model)
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

const char *model_row_state(const struct model_row *row)
{
	return row->ended ? "ended" : reader_state_name(row->process->state);
}

void model_measure(const struct pooltag_cell *cell, int64_t ret_value[MODEL_COLUMN_MAX])
{
	memset(ret_value, 0, MODEL_COLUMN_MAX * sizeof(*ret_value));
	model_fill_measured(ret_value, cell);
}

const struct reader_frame *model_frames(const struct model_row *row)
{
	return reader_frames(row->process, row->first_frame, row->frame_count);
}

size_t model_history(const struct model *model, const struct model_row *row,
		     int64_t ret_values[HISTORY_BUCKETS])
{
	if (!row->history)
		return 0;
	memcpy(ret_values, row->history->high, model->axis.count * sizeof(*ret_values));
	return model->axis.count;
}

double model_watched(const struct model *model)
{
	return model->axis.count ? (double)(model->axis.now_ns - model->axis.at[0]) / 1e9 : 0;
}
