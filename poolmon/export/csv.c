/* SPDX-License-Identifier: BSD-2-Clause */
#include "export/csv.h"

#include "export/tag_text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define CSV_TIME    "time"
#define CSV_NEWLINE "\r\n"

/* Fills in the columns to write and returns how many there are. */
static size_t csv_columns(const struct model *model, const struct format_options *options,
			  enum model_column_id ids[MODEL_COLUMN_MAX])
{
	unsigned group = 1u << model_settings(model)->group;
	size_t count = 0;

	for (size_t i = 0; i < options->column_count; i++)
		ids[count++] = options->columns[i];
	for (int id = 0; options->column_count == 0 && id < MODEL_COLUMN_MAX; id++) {
		if (id == MODEL_COLUMN_OWNER && !model_settings(model)->owners)
			continue;
		if (model_columns[id].groups & group)
			ids[count++] = (enum model_column_id)id;
	}
	return count;
}

static void csv_put(const char *text, FILE *out)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	putc('"', out);
}

/* Numbers with blanks between them. */
static void csv_put_history(const struct model *model, const struct model_row *row, FILE *out)
{
	int64_t values[HISTORY_BUCKETS];
	size_t count = model_history(model, row, values);

	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%" PRId64, i ? " " : "", values[i]);
}

static void csv_put_value(const struct model *model, const struct model_row *row,
			  enum model_column_id id, FILE *out)
{
	char tag[TAG_TEXT_SIZE];

	if (!(model_columns[id].groups & 1u << model_settings(model)->group))
		return; /* asked for, but rows of this group do not have it */
	if (id == MODEL_COLUMN_TAG) {
		tag_text(row->tag, tag);
		csv_put(tag, out);
	} else if (id == MODEL_COLUMN_TYPE) {
		csv_put(model_pool_name(row->pool), out);
	} else if (id == MODEL_COLUMN_PLACE) {
		csv_put(row->place, out);
	} else if (id == MODEL_COLUMN_STATE) {
		csv_put(model_row_state(row), out);
	} else if (id == MODEL_COLUMN_HISTORY) {
		csv_put_history(model, row, out);
	} else if (id == MODEL_COLUMN_OWNER) {
		csv_put(row->owner, out);
	} else {
		fprintf(out, "%" PRId64, row->value[id]);
	}
}

int csv_write(const struct model *model, const struct format_options *options, FILE *out)
{
	uint64_t ms = model_snapshot(model)->real_ns / 1000000;
	enum model_column_id ids[MODEL_COLUMN_MAX];
	size_t count = csv_columns(model, options, ids);

	if (options->first) {
		fputs(options->batch ? CSV_TIME "," : "", out);
		for (size_t i = 0; i < count; i++)
			fprintf(out, "%s%s", i ? "," : "", model_columns[ids[i]].json);
		fputs(CSV_NEWLINE, out);
	}
	for (size_t i = 0; i < model_row_count(model); i++) {
		if (options->batch)
			fprintf(out, "%" PRIu64 ".%03u,", ms / 1000, (unsigned)(ms % 1000));
		for (size_t k = 0; k < count; k++) {
			fputs(k ? "," : "", out);
			csv_put_value(model, model_row(model, i), ids[k], out);
		}
		fputs(CSV_NEWLINE, out);
	}
	return ferror(out) ? errno ? -errno : -EIO : 0;
}
