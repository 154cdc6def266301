/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * snap_load.c - snapshot files, of whatever version and host
 *
 * What a file says is not trusted: every value is of the type and in the range it must have, or the
 * file is refused with the place named.
 */
#include "common/memory.h"
#include "export/snap.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define SNAP_COUNTER_MAX ((uint64_t)1 << 60) /* more than any process can have reached */

/* A file being read; the first complaint stands. */
struct snap_file {
	const char *path;
	gzFile in;
	bool failed;    /* to read */
	size_t process; /* being looked at */
	size_t row;     /* being looked at, SIZE_MAX: none */
	char *complaint;
};

static void snap_complain(struct snap_file *file, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void snap_complain(struct snap_file *file, const char *format, ...)
{
	char text[256];
	char row[64] = "";
	va_list arguments;

	if (file->complaint)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (file->row != SIZE_MAX)
		snprintf(row, sizeof(row), ", row %zu", file->row + 1);
	file->complaint =
		memory_printed("%s: process %zu%s: %s", file->path, file->process + 1, row, text);
}

static uint64_t snap_get_number(struct snap_file *file, const json_t *object, const char *key,
				uint64_t max)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    (uint64_t)json_integer_value(value) > max) {
		snap_complain(file, "\"%s\" is not a number from 0 to %" PRIu64, key, max);
		return 0;
	}
	return (uint64_t)json_integer_value(value);
}

static uint64_t snap_get_time(struct snap_file *file, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	double seconds = json_number_value(value);

	if (!value)
		return 0;
	if (!json_is_number(value) || !(seconds >= 0 && seconds < 1e10)) {
		snap_complain(file, "\"%s\" is not a time", key);
		return 0;
	}
	return (uint64_t)(seconds * 1e9);
}

/* A text, made safe to print; "" when it is missing and need not be there. */
static char *snap_get_text(struct snap_file *file, const json_t *object, const char *key,
			   bool required)
{
	const json_t *value = json_object_get(object, key);
	const char *text = json_string_value(value);

	if (!text && (value || required))
		snap_complain(file, "\"%s\" is not a string", key);
	return memory_escaped(text ? text : "");
}

static void snap_get_tag(struct snap_file *file, const json_t *object, struct snap_row *row)
{
	char *tag = snap_get_text(file, object, "tag", true);
	size_t length = strlen(tag);

	if (length < 4 || length >= sizeof(row->tag))
		snap_complain(file, "\"tag\" is not four characters");
	else
		memcpy(row->tag, tag, length + 1);
	free(tag);
}

static void snap_get_pool(struct snap_file *file, const json_t *object, struct snap_row *row)
{
	char *type = snap_get_text(file, object, "type", true);
	unsigned pool = 0;

	while (pool < POOLTAG_POOL_MAX && strcmp(type, model_pool_name(pool)) != 0)
		pool++;
	if (pool == POOLTAG_POOL_MAX)
		snap_complain(file, "\"type\" is neither Paged nor Nonp");
	row->pool = (uint8_t)(pool % POOLTAG_POOL_MAX);
	free(type);
}

static void snap_get_row(struct snap_file *file, const json_t *object, struct snap_row *row)
{
	struct pooltag_cell *cell = &row->cell;

	snap_get_tag(file, object, row);
	snap_get_pool(file, object, row);
	row->module = snap_get_text(file, object, "module", true);
	row->function = snap_get_text(file, object, "function", false);
	row->offset = snap_get_number(file, object, "offset", INT64_MAX);
#define POOLTAG_CELL(name, unit, pair, help) \
	cell->name = snap_get_number(file, object, #name, SNAP_COUNTER_MAX);
#include "pooltag/counters.def"
	if (cell->frees > cell->allocs || cell->free_bytes > cell->alloc_bytes ||
	    cell->free_charge > cell->alloc_charge || cell->big_frees > cell->big_allocs ||
	    cell->big_allocs > cell->allocs)
		snap_complain(file, "more was freed than allocated");
}

static void snap_get_modules(struct snap_file *file, const json_t *object,
			     struct snap_process *process)
{
	const json_t *modules = json_object_get(object, "modules");

	if (!modules)
		return;
	if (!json_is_array(modules)) {
		snap_complain(file, "\"modules\" is not an array");
		return;
	}
	process->modules = memory_zeroed(json_array_size(modules), sizeof(*process->modules));
	for (size_t i = 0; i < json_array_size(modules) && !file->complaint; i++) {
		struct snap_module *module = &process->modules[process->module_count++];
		const json_t *from = json_array_get(modules, i);
		char *build_id = snap_get_text(file, from, "build_id", false);

		module->path = snap_get_text(file, from, "path", true);
		if (strlen(build_id) < sizeof(module->build_id))
			strcpy(module->build_id, build_id);
		else
			snap_complain(file, "module %zu: \"build_id\" is too long", i + 1);
		free(build_id);
	}
}

static void snap_get_process(struct snap_file *file, const json_t *object,
			     struct snap_process *process)
{
	const json_t *rows = json_object_get(object, "rows");

	file->row = SIZE_MAX;
	process->pid = (uint32_t)snap_get_number(file, object, "pid", UINT32_MAX);
	process->ppid = (uint32_t)snap_get_number(file, object, "ppid", UINT32_MAX);
	process->uid = (uint32_t)snap_get_number(file, object, "uid", UINT32_MAX);
	process->generation = (uint32_t)snap_get_number(file, object, "generation", UINT32_MAX);
	process->start_ticks = snap_get_number(file, object, "start_ticks", INT64_MAX);
	process->created_ns = snap_get_time(file, object, "created");
	process->dropped = snap_get_number(file, object, "dropped", INT64_MAX);
	process->exe = snap_get_text(file, object, "exe", true);
	process->state = snap_get_text(file, object, "state", false);
	snap_get_modules(file, object, process);
	if (!json_is_array(rows)) {
		snap_complain(file, "\"rows\" is not an array");
		return;
	}
	process->rows = memory_zeroed(json_array_size(rows), sizeof(*process->rows));
	for (size_t i = 0; i < json_array_size(rows) && !file->complaint; i++) {
		file->row = i;
		snap_get_row(file, json_array_get(rows, i), &process->rows[process->row_count++]);
	}
}

/* The whole document. Complaints about it are the caller's: they belong to no process. */
static void snap_get(struct snap_file *file, const json_t *root, struct snap *snap)
{
	const json_t *processes = json_object_get(root, "processes");
	const char *schema = json_string_value(json_object_get(root, "schema"));

	if (!schema || strcmp(schema, SNAP_SCHEMA) != 0) {
		file->complaint = memory_printed(
			"%s: its schema is not " SNAP_SCHEMA "; poolmon snap writes such files%s",
			file->path,
			schema && strncmp(schema, "poolmon-snapshot/", 17) == 0
				? ", and a later poolmon wrote this one"
				: "");
		return;
	}
	if (!json_is_array(processes)) {
		file->complaint = memory_printed("%s: \"processes\" is not an array", file->path);
		return;
	}
	snap->host = snap_get_text(file, root, "host", false);
	snap->time_ns = snap_get_time(file, root, "time");
	snap->processes = memory_zeroed(json_array_size(processes), sizeof(*snap->processes));
	for (size_t i = 0; i < json_array_size(processes) && !file->complaint; i++) {
		file->process = i;
		snap_get_process(file, json_array_get(processes, i),
				 &snap->processes[snap->process_count++]);
	}
}

static size_t snap_read(void *buffer, size_t size, void *context)
{
	struct snap_file *file = context;
	int got = gzread(file->in, buffer, (unsigned)size);

	if (got < 0)
		file->failed = true;
	return got < 0 ? (size_t)-1 : (size_t)got;
}

static void snap_parse(struct snap_file *file, struct snap *snap)
{
	json_error_t error;
	json_t *root = json_load_callback(snap_read, file, 0, &error);
	int zlib_error = Z_OK;
	const char *text = gzerror(file->in, &zlib_error);

	if (file->failed || zlib_error == Z_BUF_ERROR)
		file->complaint = memory_printed("%s: %s", file->path,
						 zlib_error == Z_ERRNO ? strerror(errno)
						 : zlib_error == Z_BUF_ERROR
							 ? "its compressed data ends too early"
							 : text);
	else if (!root)
		file->complaint = memory_printed("%s: line %d, column %d: %s", file->path,
						 error.line, error.column, error.text);
	else
		snap_get(file, root, snap);
	json_decref(root);
}

int snap_load(struct snap *snap, const char *path, char **ret_text)
{
	struct snap_file file = {.path = path, .row = SIZE_MAX};

	memset(snap, 0, sizeof(*snap));
	errno = 0;
	file.in = gzopen(path, "rbe");
	if (!file.in) {
		*ret_text = memory_printed("%s: %s", path, strerror(errno ? errno : ENOMEM));
		return -1;
	}
	snap_parse(&file, snap);
	gzclose(file.in);
	if (!file.complaint)
		return 0;
	snap_fini(snap);
	*ret_text = file.complaint;
	return -1;
}
