/* SPDX-License-Identifier: BSD-2-Clause */
#include "export/openmetrics.h"

#include "common/memory.h"
#include "common/text.h"
#include "export/tag_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define OPENMETRICS_PREFIX "pooltag_"

/* The figures of one tag of one pool in one process. */
struct openmetrics_row {
	const char *labels; /* of the process, not owned */
	pooltag_tag tag;
	uint8_t pool;
	struct pooltag_cell cell;
	int64_t value[MODEL_COLUMN_MAX];
};

struct openmetrics {
	const struct model *model;
	enum openmetrics_form form;
	FILE *out;
	char **labels; /* by process of the snapshot; NULL: not shown */
	size_t row_count;
	size_t rows_allocated;
	struct openmetrics_row *rows; /* by process, then tag, then pool */
};

const char *openmetrics_type(enum openmetrics_form form)
{
	return form == OPENMETRICS_CLASSIC
		       ? "text/plain; version=0.0.4; charset=utf-8"
		       : "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

/* What stands between quotes; `text` is UTF-8 without control characters. */
static void openmetrics_put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		putc(*text, out);
	}
}

static bool openmetrics_same_name(const struct reader_process *a, const struct reader_process *b)
{
	return a->pid == b->pid && strcmp(a->exe, b->exe) == 0;
}

/* pid="1",exe="/usr/bin/x", and the segment where that is not enough. */
static char *openmetrics_labels(const struct model *model, const struct reader_process *process)
{
	const struct reader_snapshot *snapshot = model_snapshot(model);
	char *labels = NULL;
	size_t size;
	FILE *text = open_memstream(&labels, &size);
	bool alone = true;

	if (!text)
		memory_exhausted();
	for (size_t i = 0; i < snapshot->process_count; i++) {
		const struct reader_process *other = &snapshot->processes[i];

		alone = alone && (other == process || !model_selects(model, other) ||
				  !openmetrics_same_name(process, other));
	}
	fprintf(text, "pid=\"%u\",exe=\"", process->pid);
	openmetrics_put_escaped(text, process->exe);
	putc('"', text);
	if (!alone) {
		char *path = memory_zeroed(4 * strlen(process->path) + 1, 1);

		text_escape(process->path, strlen(process->path), path);
		fputs(",segment=\"", text);
		openmetrics_put_escaped(text, path);
		putc('"', text);
		free(path);
	}
	if (fclose(text) == EOF)
		memory_exhausted();
	return labels;
}

static int openmetrics_compare(const void *left, const void *right)
{
	const struct openmetrics_row *a = left;
	const struct openmetrics_row *b = right;
	int order = memcmp(&a->tag, &b->tag, sizeof(a->tag));

	return order ? order : (a->pool > b->pool) - (a->pool < b->pool);
}

/* Adds the rows of a process: its sites summed by tag and pool. */
static void openmetrics_add(struct openmetrics *metrics, const struct reader_process *process,
			    const char *labels)
{
	size_t first = metrics->row_count;
	size_t kept = first;

	for (size_t i = 0; i < process->tables->site_count; i++) {
		const struct reader_site *site = &process->tables->sites[i];
		struct openmetrics_row *row;

		if (process->sums[i].allocs == 0 || !model_passes(metrics->model, site))
			continue;
		memory_reserve(&metrics->rows, &metrics->rows_allocated, metrics->row_count,
			       sizeof(*metrics->rows));
		row = &metrics->rows[metrics->row_count++];
		memset(row, 0, sizeof(*row));
		row->labels = labels;
		row->tag = site->tag;
		row->pool = site->pool;
		row->cell = process->sums[i];
	}
	if (metrics->row_count == first)
		return;
	qsort(metrics->rows + first, metrics->row_count - first, sizeof(*metrics->rows),
	      openmetrics_compare);
	for (size_t i = first + 1; i < metrics->row_count; i++) {
		if (openmetrics_compare(&metrics->rows[kept], &metrics->rows[i]) == 0)
			reader_add_cell(&metrics->rows[kept].cell, &metrics->rows[i].cell);
		else
			metrics->rows[++kept] = metrics->rows[i];
	}
	metrics->row_count = kept + 1;
	for (size_t i = first; i < metrics->row_count; i++)
		model_measure(&metrics->rows[i].cell, metrics->rows[i].value);
}

/*
 * The lines before a family. OpenMetrics names a counter without its _total, the old format with.
 */
static void openmetrics_head(const struct openmetrics *metrics, const char *name, const char *type,
			     const char *unit, const char *help)
{
	bool classic = metrics->form == OPENMETRICS_CLASSIC;
	const char *suffix = classic && strcmp(type, "counter") == 0 ? "_total" : "";

	fprintf(metrics->out, "# TYPE " OPENMETRICS_PREFIX "%s%s %s\n", name, suffix, type);
	if (!classic && *unit)
		fprintf(metrics->out, "# UNIT " OPENMETRICS_PREFIX "%s %s\n", name, unit);
	fprintf(metrics->out, "# HELP " OPENMETRICS_PREFIX "%s%s ", name, suffix);
	openmetrics_put_escaped(metrics->out, help);
	putc('\n', metrics->out);
}

/* The name of a counter's family: those in bytes end so. */
static void openmetrics_counter_name(const char *prefix, const char *name, const char *unit,
				     char out[64])
{
	size_t length = strlen(name);
	size_t unit_length = strlen(unit);
	bool ends = unit_length == 0 ||
		    (length > unit_length && strcmp(name + length - unit_length, unit) == 0);

	snprintf(out, 64, "%s%s%s%s", prefix, name, ends ? "" : "_", ends ? "" : unit);
}

static void openmetrics_put_row(const struct openmetrics *metrics,
				const struct openmetrics_row *row, const char *name,
				const char *suffix)
{
	char tag[TAG_TEXT_SIZE];

	tag_text(row->tag, tag);
	fprintf(metrics->out, OPENMETRICS_PREFIX "%s%s{%s,tag=\"", name, suffix, row->labels);
	openmetrics_put_escaped(metrics->out, tag);
	fprintf(metrics->out, "\",pool=\"%s\"} ", model_pool_name(row->pool));
}

/* One family of counters of tags; `offset` is the counter's in a cell. */
static void openmetrics_tag_counter(const struct openmetrics *metrics, const char *counter,
				    const char *unit, const char *help, size_t offset)
{
	char name[64];

	openmetrics_counter_name("", counter, unit, name);
	openmetrics_head(metrics, name, "counter", unit, help);
	for (size_t i = 0; i < metrics->row_count; i++) {
		uint64_t value;

		memcpy(&value, (const char *)&metrics->rows[i].cell + offset, sizeof(value));
		openmetrics_put_row(metrics, &metrics->rows[i], name, "_total");
		fprintf(metrics->out, "%" PRIu64 "\n", value);
	}
}

static void openmetrics_tag_gauge(const struct openmetrics *metrics, const char *name,
				  const char *unit, enum model_column_id column)
{
	openmetrics_head(metrics, name, "gauge", unit, model_columns[column].help);
	for (size_t i = 0; i < metrics->row_count; i++) {
		openmetrics_put_row(metrics, &metrics->rows[i], name, "");
		fprintf(metrics->out, "%" PRId64 "\n", metrics->rows[i].value[column]);
	}
}

#define OPENMETRICS_UNIT_COUNT ""
#define OPENMETRICS_UNIT_BYTES "bytes"

static void openmetrics_tags(const struct openmetrics *metrics)
{
#define EXPORT_GAUGE(column, name, unit) \
	openmetrics_tag_gauge(metrics, name, unit, MODEL_COLUMN_##column);
#include "export/metrics.def"
#define POOLTAG_CELL(name, unit, pair, help)                                   \
	openmetrics_tag_counter(metrics, #name, OPENMETRICS_UNIT_##unit, help, \
				offsetof(struct pooltag_cell, name));
#include "pooltag/counters.def"
}

/* One family of the processes; `value` picks the figure. */
static void openmetrics_process_family(const struct openmetrics *metrics, const char *name,
				       const char *type, const char *unit, const char *help,
				       uint64_t (*value)(const struct reader_process *))
{
	const struct reader_snapshot *snapshot = model_snapshot(metrics->model);

	openmetrics_head(metrics, name, type, unit, help);
	for (size_t i = 0; i < snapshot->process_count; i++) {
		if (metrics->labels[i])
			fprintf(metrics->out, OPENMETRICS_PREFIX "%s%s{%s} %" PRIu64 "\n", name,
				strcmp(type, "counter") == 0 ? "_total" : "", metrics->labels[i],
				value(&snapshot->processes[i]));
	}
}

#define POOLTAG_PROCESS(name, unit, help)                                            \
	static uint64_t openmetrics_get_##name(const struct reader_process *process) \
	{                                                                            \
		return process->counters.name;                                       \
	}
#include "pooltag/counters.def"
#define POOLTAG_SHARD(name, unit, pair, help)                                        \
	static uint64_t openmetrics_get_##name(const struct reader_process *process) \
	{                                                                            \
		return process->shards.name;                                         \
	}
#include "pooltag/counters.def"

static uint64_t openmetrics_get_sites(const struct reader_process *process)
{
	return process->tables->site_count;
}

static uint64_t openmetrics_get_start(const struct reader_process *process)
{
	return process->created_real_ns / 1000000000;
}

static void openmetrics_processes(const struct openmetrics *metrics)
{
	char name[64];

	openmetrics_process_family(metrics, "process_start_time_seconds", "gauge", "seconds",
				   "when counting began, seconds since 1970",
				   openmetrics_get_start);
	openmetrics_process_family(metrics, "process_sites", "gauge", "",
				   "call sites that have allocated", openmetrics_get_sites);
#define POOLTAG_PROCESS(counter, unit, help)                                                \
	openmetrics_counter_name("process_", #counter, OPENMETRICS_UNIT_##unit, name);      \
	openmetrics_process_family(metrics, name, "counter", OPENMETRICS_UNIT_##unit, help, \
				   openmetrics_get_##counter);
#include "pooltag/counters.def"
#define POOLTAG_SHARD(counter, unit, pair, help)                                            \
	openmetrics_counter_name("process_", #counter, OPENMETRICS_UNIT_##unit, name);      \
	openmetrics_process_family(metrics, name, "counter", OPENMETRICS_UNIT_##unit, help, \
				   openmetrics_get_##counter);
#include "pooltag/counters.def"
}

static void openmetrics_host(const struct openmetrics *metrics)
{
	const struct reader_snapshot *snapshot = model_snapshot(metrics->model);

	openmetrics_head(metrics, "processes", "gauge", "",
			 "processes with a segment, by state, shown or not");
	for (int state = 0; state < READER_STATE_MAX; state++) {
		size_t count = 0;

		for (size_t i = 0; i < snapshot->process_count; i++)
			count += snapshot->processes[i].state == (enum reader_state)state;
		fprintf(metrics->out, OPENMETRICS_PREFIX "processes{state=\"%s\"} %zu\n",
			reader_state_name((enum reader_state)state), count);
	}
	openmetrics_head(metrics, "unreadable_segments", "gauge", "",
			 "files that are not read; poolmon list says why");
	fprintf(metrics->out, OPENMETRICS_PREFIX "unreadable_segments %zu\n",
		snapshot->refusal_count);
}

int openmetrics_write(const struct model *model, enum openmetrics_form form, FILE *out)
{
	const struct reader_snapshot *snapshot = model_snapshot(model);
	struct openmetrics metrics = {.model = model, .form = form, .out = out};

	metrics.labels = memory_zeroed(snapshot->process_count, sizeof(char *));
	for (size_t i = 0; i < snapshot->process_count; i++) {
		const struct reader_process *process = &snapshot->processes[i];

		if (!model_selects(model, process))
			continue;
		metrics.labels[i] = openmetrics_labels(model, process);
		openmetrics_add(&metrics, process, metrics.labels[i]);
	}
	openmetrics_host(&metrics);
	openmetrics_processes(&metrics);
	openmetrics_tags(&metrics);
	if (form == OPENMETRICS_TEXT)
		fputs("# EOF\n", out);
	for (size_t i = 0; i < snapshot->process_count; i++)
		free(metrics.labels[i]);
	free(metrics.labels);
	free(metrics.rows);
	return ferror(out) ? errno ? -errno : -EIO : 0;
}
