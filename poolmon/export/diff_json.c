/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * diff_json.c - the differences as JSON
 */
#include "export/diff.h"
#include "export/json_build.h"

#include <errno.h>
#include <string.h>

static json_t *diff_json_side(const struct diff *diff, enum diff_side side)
{
	const struct snap *snap = diff->snaps[side];
	json_t *object = json_or_exit(json_object());

	json_put_text(object, "name", diff->names[side]);
	json_put_text(object, "host", snap->host ? snap->host : "");
	json_put(object, "time", json_real((double)snap->time_ns / 1e9));
	json_put_number(object, "processes", snap->process_count);
	return object;
}

/* The columns that can be added up, of a side; of DIFF_SIDES, their changes. */
static json_t *diff_json_values(const struct diff_row *row, enum diff_side side)
{
	json_t *object = json_or_exit(json_object());

	for (int id = 0; id < MODEL_COLUMN_MAX; id++) {
		if (model_columns[id].kind != MODEL_KIND_NUMBER)
			continue;
		json_put(object, model_columns[id].json,
			 json_integer(side == DIFF_SIDES
					      ? diff_change(row, (enum model_column_id)id)
					      : row->value[side][id]));
	}
	return object;
}

static void diff_json_put_values(json_t *object, const struct diff_row *row)
{
	json_put(object, "before", diff_json_values(row, DIFF_BEFORE));
	json_put(object, "after", diff_json_values(row, DIFF_AFTER));
	json_put(object, "delta", diff_json_values(row, DIFF_SIDES));
}

static json_t *diff_json_row(const struct diff_row *row)
{
	json_t *object = json_or_exit(json_object());

	if (*row->tag)
		json_put(object, "tag", json_string(row->tag));
	json_put_text(object, "type", model_pool_name(row->pool));
	if (*row->place)
		json_put(object, "place", json_string(row->place));
	diff_json_put_values(object, row);
	return object;
}

int diff_write_json(const struct diff *diff, FILE *out)
{
	json_t *root = json_or_exit(json_object());
	json_t *rows = json_or_exit(json_array());
	json_t *totals = json_or_exit(json_object());
	int failed;

	json_put_text(root, "schema", "poolmon-diff/1");
	json_put_text(root, "group", model_groups[diff->group].name);
	json_put(root, "before", diff_json_side(diff, DIFF_BEFORE));
	json_put(root, "after", diff_json_side(diff, DIFF_AFTER));
	for (size_t i = 0; i < diff->row_count; i++)
		json_append(rows, diff_json_row(&diff->rows[i]));
	json_put(root, "rows", rows);
	for (unsigned pool = 0; pool < POOLTAG_POOL_MAX; pool++) {
		json_t *total = json_or_exit(json_object());

		diff_json_put_values(total, &diff->totals[pool]);
		json_put(totals, model_pool_name(pool), total);
	}
	json_put(root, "totals", totals);
	json_put_number(root, "unchanged", diff->unchanged);
	failed = json_dumpf(root, out, JSON_INDENT(2)) < 0;
	json_decref(root);
	if (failed || putc('\n', out) == EOF)
		return errno ? -errno : -EIO;
	return 0;
}
