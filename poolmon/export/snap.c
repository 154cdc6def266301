/* SPDX-License-Identifier: BSD-2-Clause */
#include "export/snap.h"

#include "common/memory.h"
#include "export/gzip.h"
#include "export/json_build.h"
#include "model/place.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int snap_compare_rows(const void *left, const void *right)
{
	const struct snap_row *a = left;
	const struct snap_row *b = right;
	int order = strcmp(a->tag, b->tag);

	if (order == 0)
		order = (a->pool > b->pool) - (a->pool < b->pool);
	if (order == 0)
		order = strcmp(a->module, b->module);
	if (order == 0)
		order = strcmp(a->function, b->function);
	if (order == 0)
		order = (a->offset > b->offset) - (a->offset < b->offset);
	return order ? order : memcmp(&a->cell, &b->cell, sizeof(a->cell));
}

static void snap_take_row(struct snap_row *row, const struct reader_process *process, size_t site)
{
	const struct reader_site *at = &process->tables->sites[site];
	char place[PLACE_SIZE];

	tag_text(at->tag, row->tag);
	row->pool = at->pool;
	place_module(process, site, place);
	row->module = memory_text(place);
	row->function = memory_escaped(at->function ? process->tables->strings + at->function : "");
	row->cell = process->sums[site];
	if (at->function)
		row->offset = at->function_offset;
	else if (at->module != POOLTAG_NO_MODULE)
		row->offset = at->address - process->tables->modules[at->module].load_address;
	else
		row->offset = at->address;
}

static void snap_take_modules(struct snap_process *to, const struct reader_tables *tables)
{
	to->module_count = tables->module_count;
	to->modules = memory_zeroed(tables->module_count, sizeof(*to->modules));
	for (size_t i = 0; i < tables->module_count; i++) {
		const struct reader_module *module = &tables->modules[i];
		struct snap_module *copy = &to->modules[i];

		copy->path = memory_escaped(tables->strings + module->path);
		for (uint32_t k = 0; k < module->build_id_size; k++)
			snprintf(copy->build_id + 2 * (size_t)k, 3, "%02x", module->build_id[k]);
	}
}

static void snap_take_process(struct snap_process *to, const struct model *model,
			      const struct reader_process *from)
{
	memset(to, 0, sizeof(*to));
	to->pid = from->pid;
	to->ppid = from->ppid;
	to->uid = from->uid;
	to->generation = from->generation;
	to->start_ticks = from->start_ticks;
	to->created_ns = from->created_real_ns;
	to->dropped = from->dropped;
	to->exe = memory_text(from->exe);
	to->state = memory_text(reader_state_name(from->state));
	to->rows = memory_zeroed(from->tables->site_count, sizeof(*to->rows));
	for (size_t i = 0; i < from->tables->site_count; i++) {
		if (from->sums[i].allocs && model_passes(model, &from->tables->sites[i]))
			snap_take_row(&to->rows[to->row_count++], from, i);
	}
	qsort(to->rows, to->row_count, sizeof(*to->rows), snap_compare_rows);
	snap_take_modules(to, from->tables);
}

void snap_take(struct snap *snap, const struct model *model)
{
	const struct reader_snapshot *snapshot = model_snapshot(model);
	char host[256] = "";

	memset(snap, 0, sizeof(*snap));
	if (gethostname(host, sizeof(host) - 1) < 0)
		host[0] = '\0';
	snap->host = memory_escaped(host);
	snap->time_ns = snapshot->real_ns;
	snap->processes = memory_zeroed(snapshot->process_count, sizeof(*snap->processes));
	for (size_t i = 0; i < snapshot->process_count; i++) {
		const struct reader_process *process = &snapshot->processes[i];

		if (model_settings(model)->pid_count && !model_selects(model, process))
			continue;
		snap_take_process(&snap->processes[snap->process_count++], model, process);
	}
}

static void snap_process_fini(struct snap_process *process)
{
	for (size_t i = 0; i < process->row_count; i++) {
		free(process->rows[i].module);
		free(process->rows[i].function);
	}
	for (size_t i = 0; i < process->module_count; i++)
		free(process->modules[i].path);
	free(process->rows);
	free(process->modules);
	free(process->exe);
	free(process->state);
}

void snap_fini(struct snap *snap)
{
	for (size_t i = 0; i < snap->process_count; i++)
		snap_process_fini(&snap->processes[i]);
	free(snap->processes);
	free(snap->host);
	memset(snap, 0, sizeof(*snap));
}

/* Writes an object on one line, without the closing brace when more is to follow. Drops it. */
static void snap_put_line(json_t *object, bool open, FILE *out)
{
	char *text = json_dumps(object, JSON_COMPACT);
	size_t length;

	json_decref(object);
	if (!text)
		memory_exhausted();
	length = strlen(text);
	fwrite(text, 1, open ? length - 1 : length, out);
	free(text);
}

static json_t *snap_row_object(const struct snap_row *row)
{
	json_t *object = json_or_exit(json_object());

	json_put(object, "tag", json_string(row->tag));
	json_put_text(object, "type", model_pool_name(row->pool));
	json_put(object, "module", json_string(row->module));
	json_put(object, "function", json_string(row->function));
	json_put_number(object, "offset", row->offset & INT64_MAX);
#define POOLTAG_CELL(name, unit, pair, help) json_put_number(object, #name, row->cell.name);
#include "pooltag/counters.def"
	return object;
}

static void snap_put_process(const struct snap_process *process, FILE *out)
{
	json_t *object = json_or_exit(json_object());
	json_t *modules = json_or_exit(json_array());

	json_put_number(object, "pid", process->pid);
	json_put(object, "exe", json_string(process->exe));
	json_put(object, "state", json_string(process->state));
	json_put_number(object, "ppid", process->ppid);
	json_put_number(object, "uid", process->uid);
	json_put_number(object, "generation", process->generation);
	json_put_number(object, "start_ticks", process->start_ticks);
	json_put(object, "created", json_real((double)process->created_ns / 1e9));
	json_put_number(object, "dropped", process->dropped);
	for (size_t i = 0; i < process->module_count; i++) {
		json_t *module = json_or_exit(json_object());

		json_put(module, "path", json_string(process->modules[i].path));
		json_put(module, "build_id", json_string(process->modules[i].build_id));
		json_append(modules, module);
	}
	json_put(object, "modules", modules);
	snap_put_line(object, true, out);
	fputs(",\"rows\":[", out);
	for (size_t i = 0; i < process->row_count; i++) {
		fputs(i ? ",\n" : "\n", out);
		snap_put_line(snap_row_object(&process->rows[i]), false, out);
	}
	fputs("]}", out);
}

static void snap_put(const struct snap *snap, FILE *out)
{
	json_t *object = json_or_exit(json_object());

	json_put(object, "schema", json_string(SNAP_SCHEMA));
	json_put(object, "poolmon", json_string(POOLMON_VERSION));
	json_put(object, "host", json_string(snap->host));
	json_put(object, "time", json_real((double)snap->time_ns / 1e9));
	snap_put_line(object, true, out);
	fputs(",\"processes\":[", out);
	for (size_t i = 0; i < snap->process_count; i++) {
		fputs(i ? ",\n" : "\n", out);
		snap_put_process(&snap->processes[i], out);
	}
	fputs("]}\n", out);
}

int snap_save(const struct snap *snap, bool compressed, FILE *out)
{
	char *text = NULL;
	size_t size;
	FILE *memory;
	int error;

	if (!compressed) {
		snap_put(snap, out);
		return ferror(out) ? errno ? -errno : -EIO : 0;
	}
	memory = open_memstream(&text, &size);
	if (!memory)
		memory_exhausted();
	snap_put(snap, memory);
	if (fclose(memory) == EOF)
		memory_exhausted();
	error = gzip_write(text, size, out);
	free(text);
	return error;
}
