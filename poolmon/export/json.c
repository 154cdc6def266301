/* SPDX-License-Identifier: BSD-2-Clause */
#include "export/json.h"

#include "common/text.h"
#include "export/json_build.h"
#include "model/place.h"

#include <errno.h>
#include <inttypes.h>

static json_t *json_counters(const struct reader_process *process)
{
	json_t *object = json_or_exit(json_object());

#define POOLTAG_PROCESS(name, unit, help) json_put_number(object, #name, process->counters.name);
#include "pooltag/counters.def"
#define POOLTAG_SHARD(name, unit, pair, help) json_put_number(object, #name, process->shards.name);
#include "pooltag/counters.def"
	json_put_number(object, "shards", process->shard_count);
	return object;
}

/* What a fork child had from its parent; it is part of the rows. */
static json_t *json_inherited(const struct reader_process *process)
{
	json_t *object = json_or_exit(json_object());
	uint64_t blocks = 0;
	uint64_t bytes = 0;

	for (size_t i = 0; i < process->tables->site_count; i++) {
		blocks += process->inherited[i].allocs - process->inherited[i].frees;
		bytes += process->inherited[i].alloc_charge - process->inherited[i].free_charge;
	}
	json_put_number(object, "diff", blocks);
	json_put_number(object, "bytes", bytes);
	return object;
}

/* The memory of processes beside that of their pools. */
static json_t *json_ledger(const struct ledger *ledger)
{
	json_t *object = json_or_exit(json_object());

	json_put_number(object, "pools", ledger->pools);
	json_put_number(object, "rss", ledger->rss);
	json_put_number(object, "pss", ledger->pss);
	json_put_number(object, "pss_anonymous", ledger->anonymous);
	json_put_number(object, "pss_file", ledger->file);
	json_put_number(object, "pss_shared", ledger->shared);
	json_put_number(object, "swap", ledger->swap);
	json_put(object, "unattributed", json_integer(ledger_unattributed(ledger)));
	json_put(object, "unattributed_anonymous", json_integer(ledger_anonymous(ledger)));
	return object;
}

static json_t *json_process(const struct model *model, size_t index)
{
	const struct reader_process *process = &model_snapshot(model)->processes[index];
	const struct ledger *ledger = model_process_ledger(model, index);
	json_t *object = json_or_exit(json_object());

	json_put_number(object, "pid", process->pid);
	if (process->host_pid && process->host_pid != process->pid)
		json_put_number(object, "host_pid", process->host_pid);
	json_put_text(object, "exe", process->exe);
	json_put_text(object, "state", reader_state_name(process->state));
	json_put(object, "shown", json_boolean(model_selects(model, process)));
	json_put_number(object, "dropped", process->dropped);
	json_put_number(object, "ppid", process->ppid);
	json_put_number(object, "uid", process->uid);
	json_put_number(object, "login_session", process->login_session);
	json_put_number(object, "start_ticks", process->start_ticks);
	json_put_number(object, "generation", process->generation);
	json_put_text(object, "segment", process->path);
	json_put(object, "created", json_real((double)process->created_real_ns / 1e9));
	json_put(object, "age", json_real((double)process->age_ns / 1e9));
	json_put_number(object, "sites", process->tables->site_count);
	json_put_number(object, "paged_bytes", process->bytes[POOLTAG_POOL_PAGED]);
	json_put_number(object, "nonpaged_bytes", process->bytes[POOLTAG_POOL_NONPAGED]);
	json_put_number(object, "damaged_sites", process->clamped);
	json_put(object, "counters", json_counters(process));
	if (process->run_id) {
		char text[24];

		snprintf(text, sizeof(text), "%" PRIu64, process->run_id);
		json_put_text(object, "run", text);
	}
	if (ledger)
		json_put(object, "memory", json_ledger(ledger));
	if (process->inherited)
		json_put(object, "inherited", json_inherited(process));
	return object;
}

static void json_put_values(json_t *object, const struct model *model, const struct model_row *row)
{
	enum model_group group = model_settings(model)->group;
	bool total = !row->process;

	for (int id = 0; id < MODEL_COLUMN_MAX; id++) {
		const struct model_column *column = &model_columns[id];

		if (row->sampled && id != MODEL_COLUMN_ALLOCS && id != MODEL_COLUMN_ALLOCS_DELTA &&
		    id != MODEL_COLUMN_ALLOC_BYTES)
			continue;
		if (total && column->kind == MODEL_KIND_FACT)
			continue; /* of a row alone */
		if (model_column_is_number(id) && (column->groups & 1u << group))
			json_put(object, column->json, json_integer(row->value[id]));
	}
}

/* Where more than one moment is known. */
static void json_put_history(json_t *object, const struct model *model, const struct model_row *row)
{
	int64_t values[HISTORY_BUCKETS];
	size_t count = model_history(model, row, values);
	json_t *array;

	if (count < 2)
		return;
	array = json_or_exit(json_array());
	for (size_t i = 0; i < count; i++)
		json_append(array, json_integer(values[i]));
	json_put(object, model_columns[MODEL_COLUMN_HISTORY].json, array);
}

static void json_put_line(json_t *object, const struct symbols_place *place)
{
	if (!place->file)
		return;
	json_put_text(object, "file", place->file);
	if (place->line)
		json_put_number(object, "line", (uint64_t)place->line);
}

/* Where a call is in the source; its function too, unless it is known already. */
static void json_put_call(json_t *object, const struct symbols_answer *answer)
{
	json_t *inlined;

	if (answer->note)
		json_put_text(object, "note", answer->note);
	if (answer->count == 0)
		return;
	if (!json_object_get(object, "function") && answer->places[answer->count - 1].function)
		json_put_text(object, "function", answer->places[answer->count - 1].function);
	json_put_line(object, &answer->places[answer->count - 1]);
	if (answer->count == 1)
		return;
	inlined = json_or_exit(json_array());
	for (size_t i = 0; i + 1 < answer->count; i++) {
		json_t *place = json_or_exit(json_object());

		if (answer->places[i].function)
			json_put_text(place, "function", answer->places[i].function);
		json_put_line(place, &answer->places[i]);
		json_append(inlined, place);
	}
	json_put(object, "inlined", inlined);
}

static json_t *json_frame(struct symbols *symbols, const struct reader_process *process,
			  const struct reader_frame *frame)
{
	json_t *object = json_or_exit(json_object());
	uint64_t offset = frame->address;

	if (frame->module != POOLTAG_NO_MODULE) {
		const struct reader_module *module = &process->tables->modules[frame->module];

		offset -= module->load_address;
		json_put_text(object, "module",
			      text_base_name(process->tables->strings + module->path));
	}
	json_put_number(object, "offset", offset);
	json_put_call(object, symbols_find(symbols, process, frame->module, frame->address));
	return object;
}

static void json_put_source(json_t *object, struct symbols *symbols, const struct model_row *row)
{
	const struct reader_site *site = &row->process->tables->sites[row->site];
	const struct reader_frame *frames = model_frames(row);
	json_t *stack;

	if (site->address)
		json_put_call(object,
			      symbols_find(symbols, row->process, site->module, site->address));
	if (!frames)
		return;
	stack = json_or_exit(json_array());
	for (uint32_t i = 0; i < row->frame_count; i++)
		json_append(stack, json_frame(symbols, row->process, &frames[i]));
	json_put(object, "stack", stack);
}

static void json_put_thread(json_t *object, const struct model_row *row)
{
	const struct reader_shard *shard = &row->process->by_shard.shards[row->shard];
	char name[sizeof(shard->name) + 1] = "";

	memcpy(name, shard->name, sizeof(shard->name));
	json_put_text(object, "thread", name);
	json_put(object, "tid",
		 shard->tid == POOLTAG_TID_UNKNOWN ? json_or_exit(json_null())
						   : json_or_exit(json_integer(shard->tid)));
	json_put_number(object, "threads", shard->threads);
}

static void json_put_function(json_t *object, const struct model_row *row)
{
	uint32_t symbol = row->process->tables->sites[row->site].function;
	const char *name = row->process->tables->strings + symbol;
	char function[PLACE_SIZE];

	if (!symbol)
		return;
	place_function(row->process, row->site, function);
	json_put_text(object, "function", function);
	if (strcmp(function, name) != 0)
		json_put_text(object, "symbol", name);
}

static void json_put_place(json_t *object, const struct model *model, struct symbols *symbols,
			   const struct model_row *row)
{
	enum model_group group = model_settings(model)->group;
	char place[PLACE_SIZE];

	json_put_text(object, model_columns[MODEL_COLUMN_PLACE].json, row->place);
	if (group == MODEL_GROUP_THREAD)
		json_put_thread(object, row);
	if (group == MODEL_GROUP_PROCESS || group == MODEL_GROUP_THREAD)
		return;
	place_module(row->process, row->site, place);
	json_put_text(object, "module", place);
	if (group != MODEL_GROUP_MODULE)
		json_put_function(object, row);
	if (group == MODEL_GROUP_SITE || group == MODEL_GROUP_STACK)
		json_put_source(object, symbols, row);
	if (row->sampled) {
		json_put(object, "sampled", json_true());
		json_put_number(object, "share", (uint64_t)row->share);
	}
}

static json_t *json_row(const struct model *model, struct symbols *symbols,
			const struct model_row *row)
{
	json_t *object = json_or_exit(json_object());

	if (model_columns[MODEL_COLUMN_TAG].groups & 1u << model_settings(model)->group)
		json_put_tag(object, model_columns[MODEL_COLUMN_TAG].json, row->tag);
	json_put_text(object, model_columns[MODEL_COLUMN_TYPE].json, model_pool_name(row->pool));
	if (model_columns[MODEL_COLUMN_STATE].groups & 1u << model_settings(model)->group)
		json_put_text(object, model_columns[MODEL_COLUMN_STATE].json, model_row_state(row));
	json_put_values(object, model, row);
	json_put_history(object, model, row);
	if (row->estimated)
		json_put(object, "estimated", json_true());
	if (model_settings(model)->tree)
		json_put_number(object, "parent", row->parent);
	if (model_settings(model)->owners && model_settings(model)->group == MODEL_GROUP_TAG)
		json_put_text(object, model_columns[MODEL_COLUMN_OWNER].json, row->owner);
	json_put_place(object, model, symbols, row);
	return object;
}

static json_t *json_totals(const struct model *model)
{
	json_t *object = json_or_exit(json_object());

	for (unsigned pool = 0; pool < POOLTAG_POOL_MAX; pool++) {
		json_t *total = json_or_exit(json_object());

		json_put_values(total, model, model_total(model, pool));
		json_put_history(total, model, model_total(model, pool));
		json_put(object, model_pool_name(pool), total);
	}
	return object;
}

static json_t *json_host(const struct host_figures *host)
{
	json_t *object = json_or_exit(json_object());

	json_put_number(object, "memory", host->memory);
	json_put_number(object, "available", host->available);
	json_put_number(object, "page_faults", host->page_faults);
	json_put_number(object, "kernel_resident", host->kernel);
	json_put_number(object, "paged_resident", host->paged_resident);
	json_put_number(object, "commit", host->commit);
	json_put_number(object, "commit_limit", host->limit);
	json_put_number(object, "commit_peak", host->peak);
	json_put_number(object, "nonpaged", host->nonpaged);
	json_put_number(object, "paged", host->paged);
	return object;
}

static json_t *json_refusals(const struct reader_snapshot *snapshot)
{
	json_t *array = json_or_exit(json_array());

	for (size_t i = 0; i < snapshot->refusal_count; i++) {
		const struct reader_refusal *refusal = &snapshot->refusals[i];
		json_t *object = json_or_exit(json_object());

		json_put_text(object, "path", refusal->path);
		json_put_text(object, "reason", reader_reason_name(refusal->reason));
		json_put_text(object, "text", refusal->text);
		json_append(array, object);
	}
	return array;
}

int json_write(const struct model *model, const struct host_figures *host, struct symbols *symbols,
	       bool indented, FILE *out)
{
	const struct reader_snapshot *snapshot = model_snapshot(model);
	json_t *root = json_or_exit(json_object());
	json_t *processes = json_or_exit(json_array());
	json_t *rows = json_or_exit(json_array());
	int failed;

	json_put_text(root, "schema", "poolmon/1");
	json_put(root, "time", json_real((double)snapshot->real_ns / 1e9));
	json_put_text(root, "group", model_groups[model_settings(model)->group].name);
	if (model_baseline(model))
		json_put(root, "baseline", json_real((double)model_baseline(model)->real_ns / 1e9));
	if (model_watched(model) > 0)
		json_put(root, "watched", json_real(model_watched(model)));
	if (host)
		json_put(root, "host", json_host(host));
	for (size_t i = 0; i < snapshot->process_count; i++) {
		if (model_settings(model)->run_id && !model_selects(model, &snapshot->processes[i]))
			continue;
		json_append(processes, json_process(model, i));
	}
	json_put(root, "processes", processes);
	for (size_t i = 0; i < model_row_count(model); i++)
		json_append(rows, json_row(model, symbols, model_row(model, i)));
	json_put(root, "rows", rows);
	json_put(root, "totals", json_totals(model));
	if (model_settings(model)->memory) {
		json_t *memory = json_ledger(model_ledger(model));

		json_put_number(memory, "processes_missing", model_ledger(model)->unreadable);
		json_put(root, "memory", memory);
	}
	json_put(root, "unreadable", json_refusals(snapshot));
	failed = json_dumpf(root, out, indented ? JSON_INDENT(2) : JSON_COMPACT) < 0;
	json_decref(root);
	if (failed || putc('\n', out) == EOF || fflush(out) == EOF)
		return errno ? -errno : -EIO;
	return 0;
}
