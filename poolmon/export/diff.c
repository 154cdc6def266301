/* SPDX-License-Identifier: BSD-2-Clause */
#include "export/diff.h"

#include "common/memory.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

static char *diff_place(enum model_group group, const struct snap_process *process,
			const struct snap_row *row)
{
	switch (group) {
	case MODEL_GROUP_MODULE:
		return memory_text(row->module);
	case MODEL_GROUP_FUNCTION:
	case MODEL_GROUP_SITE:
		return memory_printed("%s%s%s", row->module, *row->function ? "!" : "",
				      row->function);
	case MODEL_GROUP_PROCESS:
		return memory_text(text_base_name(process->exe));
	case MODEL_GROUP_TAG:
	case MODEL_GROUP_SIZE:
	case MODEL_GROUP_STACK:
	case MODEL_GROUP_THREAD:
	case MODEL_GROUP_MAX:
		break;
	}
	return memory_text("");
}

static int diff_compare_identity(const struct diff_row *a, const struct diff_row *b)
{
	int order = strcmp(a->tag, b->tag);

	if (order == 0)
		order = strcmp(a->place, b->place);
	return order ? order : (a->pool < b->pool) - (a->pool > b->pool);
}

static int diff_compare_names(const void *left, const void *right)
{
	return diff_compare_identity(left, right);
}

static size_t diff_count(const struct snap *snap)
{
	size_t count = 0;

	for (size_t i = 0; i < snap->process_count; i++)
		count += snap->processes[i].row_count;
	return count;
}

static void diff_add_snap(struct diff *diff, enum diff_side side)
{
	bool tagged = model_columns[MODEL_COLUMN_TAG].groups & 1u << diff->group;
	const struct snap *snap = diff->snaps[side];

	for (size_t i = 0; i < snap->process_count; i++) {
		const struct snap_process *process = &snap->processes[i];

		for (size_t k = 0; k < process->row_count; k++) {
			const struct snap_row *from = &process->rows[k];
			struct diff_row *row = &diff->rows[diff->row_count++];

			row->tag = memory_text(tagged ? from->tag : "");
			row->place = diff_place(diff->group, process, from);
			row->pool = from->pool;
			row->cell[side] = from->cell;
		}
	}
}

static void diff_row_fini(struct diff_row *row)
{
	free(row->tag);
	free(row->place);
}

static void diff_add_cells(struct diff_row *to, const struct diff_row *from)
{
	for (int side = 0; side < DIFF_SIDES; side++)
		reader_add_cell(&to->cell[side], &from->cell[side]);
}

/* Makes rows of the same name one. */
static void diff_merge(struct diff *diff)
{
	size_t kept = 0;

	qsort(diff->rows, diff->row_count, sizeof(*diff->rows), diff_compare_names);
	for (size_t i = 0; i < diff->row_count; i++) {
		struct diff_row *row = &diff->rows[i];

		if (kept && diff_compare_identity(&diff->rows[kept - 1], row) == 0) {
			diff_add_cells(&diff->rows[kept - 1], row);
			diff_row_fini(row);
		} else {
			diff->rows[kept++] = *row;
		}
	}
	diff->row_count = kept;
}

static void diff_measure(struct diff_row *row)
{
	for (int side = 0; side < DIFF_SIDES; side++)
		model_measure(&row->cell[side], row->value[side]);
}

/* Sums up, and leaves out what did not change. */
static void diff_sum(struct diff *diff)
{
	size_t kept = 0;

	for (size_t i = 0; i < diff->row_count; i++) {
		struct diff_row *row = &diff->rows[i];

		diff_add_cells(&diff->totals[row->pool], row);
		if (memcmp(&row->cell[DIFF_BEFORE], &row->cell[DIFF_AFTER], sizeof(row->cell[0])) ==
		    0) {
			diff_row_fini(row);
			diff->unchanged++;
			continue;
		}
		diff_measure(row);
		diff->rows[kept++] = *row;
	}
	diff->row_count = kept;
}

int64_t diff_change(const struct diff_row *row, enum model_column_id column)
{
	return (int64_t)((uint64_t)row->value[DIFF_AFTER][column] -
			 (uint64_t)row->value[DIFF_BEFORE][column]);
}

static int diff_compare_growth(const void *left, const void *right, void *context)
{
	const struct diff *diff = context;
	int64_t a = diff_change(left, diff->sort);
	int64_t b = diff_change(right, diff->sort);

	return a != b ? (a < b) - (a > b) : diff_compare_identity(left, right);
}

void diff_init(struct diff *diff)
{
	diff->row_count = 0;
	diff->unchanged = 0;
	diff->rows = memory_zeroed(diff_count(diff->snaps[DIFF_BEFORE]) +
					   diff_count(diff->snaps[DIFF_AFTER]),
				   sizeof(*diff->rows));
	memset(diff->totals, 0, sizeof(diff->totals));
	for (int side = 0; side < DIFF_SIDES; side++)
		diff_add_snap(diff, (enum diff_side)side);
	diff_merge(diff);
	diff_sum(diff);
	for (unsigned pool = 0; pool < POOLTAG_POOL_MAX; pool++) {
		diff->totals[pool].pool = (uint8_t)pool;
		diff_measure(&diff->totals[pool]);
	}
	qsort_r(diff->rows, diff->row_count, sizeof(*diff->rows), diff_compare_growth, diff);
}

void diff_fini(struct diff *diff)
{
	for (size_t i = 0; i < diff->row_count; i++)
		diff_row_fini(&diff->rows[i]);
	free(diff->rows);
	diff->rows = NULL;
	diff->row_count = 0;
}
