/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * diff_text.c - the differences as a table
 */
#include "export/diff.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

enum diff_text_part { DIFF_TEXT_BEFORE, DIFF_TEXT_AFTER, DIFF_TEXT_CHANGE, DIFF_TEXT_PARTS };

static const char *const diff_text_heads[DIFF_TEXT_PARTS] = {"before", "after", "change"};

struct diff_text {
	const struct diff *diff;
	const enum model_column_id *ids;
	size_t count;
	int tag_width; /* 0: rows have no tags */
	int widths[MODEL_COLUMN_MAX][DIFF_TEXT_PARTS];
	FILE *out;
};

/* Writes a number; the change has its sign. Returns the length. */
static int diff_text_number(const struct diff_row *row, enum model_column_id id,
			    enum diff_text_part part, char out[24])
{
	if (part == DIFF_TEXT_CHANGE)
		return snprintf(out, 24, "%+" PRId64, diff_change(row, id));
	return snprintf(out, 24, "%" PRId64,
			row->value[part == DIFF_TEXT_BEFORE ? DIFF_BEFORE : DIFF_AFTER][id]);
}

static void diff_text_widen(struct diff_text *text, const struct diff_row *row)
{
	int tag = row->tag ? (int)strlen(row->tag) : 0;
	char number[24];

	if (text->tag_width < tag)
		text->tag_width = tag;
	for (size_t i = 0; i < text->count; i++) {
		for (int part = 0; part < DIFF_TEXT_PARTS; part++) {
			int length = diff_text_number(row, text->ids[i], (enum diff_text_part)part,
						      number);

			if (text->widths[i][part] < length)
				text->widths[i][part] = length;
		}
	}
}

static void diff_text_measure(struct diff_text *text)
{
	for (size_t i = 0; i < text->count; i++) {
		for (int part = 0; part < DIFF_TEXT_PARTS; part++)
			text->widths[i][part] = (int)strlen(diff_text_heads[part]);
		/* The column's name stands over its first number, and is not cut. */
		while (text->widths[i][0] < (int)strlen(model_columns[text->ids[i]].json))
			text->widths[i][0]++;
	}
	for (size_t i = 0; i < text->diff->row_count; i++)
		diff_text_widen(text, &text->diff->rows[i]);
	for (unsigned pool = 0; pool < POOLTAG_POOL_MAX; pool++)
		diff_text_widen(text, &text->diff->totals[pool]);
}

static void diff_text_side(const struct diff_text *text, enum diff_side side)
{
	const struct snap *snap = text->diff->snaps[side];
	time_t seconds = (time_t)(snap->time_ns / 1000000000);
	char when[32] = "at an unknown time";
	struct tm tm;

	if (seconds && gmtime_r(&seconds, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &tm);
	fprintf(text->out, "%-7s %s: %s, %s, %zu process%s\n",
		side == DIFF_BEFORE ? "before" : "after", text->diff->names[side],
		snap->host && *snap->host ? snap->host : "unknown host", when, snap->process_count,
		snap->process_count == 1 ? "" : "es");
}

static void diff_text_label(const struct diff_text *text, const char *tag, const char *type)
{
	if (text->tag_width)
		fprintf(text->out, "%-*s ", text->tag_width, tag);
	fprintf(text->out, "%-5s", type);
}

static void diff_text_heading(const struct diff_text *text)
{
	diff_text_label(text, "", "");
	for (size_t i = 0; i < text->count; i++) {
		fprintf(text->out, "  %*s", text->widths[i][0], model_columns[text->ids[i]].json);
		if (i + 1 < text->count)
			fprintf(text->out, "%*s",
				text->widths[i][DIFF_TEXT_AFTER] +
					text->widths[i][DIFF_TEXT_CHANGE] + 2,
				"");
	}
	putc('\n', text->out);
	diff_text_label(text, "tag", "type");
	for (size_t i = 0; i < text->count; i++) {
		for (int part = 0; part < DIFF_TEXT_PARTS; part++)
			fprintf(text->out, "%s%*s", part ? " " : "  ", text->widths[i][part],
				diff_text_heads[part]);
	}
	if (text->diff->group != MODEL_GROUP_TAG)
		fprintf(text->out, "  %s", model_groups[text->diff->group].name);
	putc('\n', text->out);
}

static void diff_text_row(const struct diff_text *text, const char *tag, const struct diff_row *row)
{
	/* A total has no place; where there are no tags, its name stands there. */
	const char *place = row->place || text->tag_width ? row->place : tag;
	char number[24];

	diff_text_label(text, tag, model_pool_name(row->pool));
	for (size_t i = 0; i < text->count; i++) {
		for (int part = 0; part < DIFF_TEXT_PARTS; part++) {
			diff_text_number(row, text->ids[i], (enum diff_text_part)part, number);
			fprintf(text->out, "%s%*s", part ? " " : "  ", text->widths[i][part],
				number);
		}
	}
	if (place && *place)
		fprintf(text->out, "  %s", place);
	putc('\n', text->out);
}

int diff_write_text(const struct diff *diff, const enum model_column_id *ids, size_t count,
		    FILE *out)
{
	struct diff_text text = {.diff = diff, .ids = ids, .count = count, .out = out};

	diff_text_side(&text, DIFF_BEFORE);
	diff_text_side(&text, DIFF_AFTER);
	if (diff->row_count == 0) {
		fprintf(out, "no difference (%zu rows)\n", diff->unchanged);
	} else {
		diff_text_measure(&text);
		diff_text_heading(&text);
		for (size_t i = 0; i < diff->row_count; i++)
			diff_text_row(&text, diff->rows[i].tag, &diff->rows[i]);
		for (unsigned pool = 0; pool < POOLTAG_POOL_MAX; pool++)
			diff_text_row(&text, "all", &diff->totals[pool]);
		fprintf(out, "%zu rows did not change\n", diff->unchanged);
	}
	return ferror(out) ? errno ? -errno : -EIO : 0;
}
