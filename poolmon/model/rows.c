/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/memory.h"
#include "model/place.h"
#include "model/state.h"

#include <string.h>

#define MODEL_HEADER_BYTES 8 /* of the pool header of a block that has one */

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

void model_fill_rows(struct model *model)
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

void model_measure(const struct pooltag_cell *cell, int64_t ret_value[MODEL_COLUMN_MAX])
{
	struct model_row row = {0};

	model_fill(&row, cell, NULL);
	memcpy(ret_value, row.value, sizeof(row.value));
}

const struct reader_frame *model_frames(const struct model_row *row)
{
	return reader_frames(row->process, row->first_frame, row->frame_count);
}
