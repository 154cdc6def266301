/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report_json.c - the check as JSON
 *
 *   {"schema": "poolmon-check/1", "command", "verdict", "exit_status", "summary",
 *    "processes": [{"pid", "generation", "exe", "outcome", "kind", "reason", "allocs", "live",
 *                   "scan": {"bytes", "seconds"}}],
 *    "counts": {"checked", "unchecked", "failed"}, "totals": {CLASS: {"blocks", "bytes"}},
 *    "counted": {"blocks", "bytes", "places"},
 *    "findings": [{"tag", "type", "module", "function", "status", "classes": {CLASS: SUM},
 *                  "failing": SUM, "before": SUM, "processes", "pid", "exe", "suppression",
 *                  "fingerprint", "frames": [{"module", "function", "file", "line", "offset"}]}],
 *    "suppressions": [...], "baseline": {"stale"}, "budgets": [...], "notes": [...]}
 *
 * What is not known is left out.
 */
#include "check/describe.h"
#include "check/report.h"
#include "export/json_build.h"
#include "model/model.h"

#include <stdlib.h>

/* Puts a text that describe.h made, and frees it. */
static void json_put_made(json_t *object, const char *key, char *text)
{
	json_put_text(object, key, text);
	free(text);
}

static json_t *json_sum(const struct check_sum *sum)
{
	json_t *object = json_or_exit(json_object());

	json_put_number(object, "blocks", sum->blocks);
	json_put_number(object, "bytes", sum->bytes);
	return object;
}

static json_t *json_classes(const struct check_sum sums[CHECK_CLASSES])
{
	json_t *object = json_or_exit(json_object());

	for (int class = 0; class < CHECK_CLASSES; class ++)
		json_put(object, check_classes[class].name, json_sum(&sums[class]));
	return object;
}

static json_t *json_process(const struct check_process *process)
{
	static const char *const kinds[CHECK_KINDS] = {"checked", "unchecked", "failed"};
	const struct check_outcome_text *outcome = &check_outcomes[process->outcome];
	json_t *object = json_or_exit(json_object());
	json_t *scan;

	json_put_number(object, "pid", process->pid);
	json_put_number(object, "generation", process->generation);
	json_put_text(object, "exe", process->exe);
	json_put_text(object, "outcome", outcome->name);
	json_put_text(object, "kind", kinds[outcome->kind]);
	if (process->reason)
		json_put_text(object, "reason", process->reason);
	json_put_number(object, "allocs", process->allocs);
	json_put(object, "live", json_sum(&process->live));
	if (outcome->kind == CHECK_CHECKED) {
		scan = json_or_exit(json_object());
		json_put_number(scan, "bytes", process->scanned_bytes);
		json_put(scan, "seconds", json_real((double)process->scan_ns / 1e9));
		json_put(object, "scan", scan);
	}
	return object;
}

static json_t *json_frame(const struct check_frame *frame)
{
	json_t *object = json_or_exit(json_object());

	if (*frame->module)
		json_put_text(object, "module", frame->module);
	if (*frame->function)
		json_put_text(object, "function", frame->function);
	if (frame->file)
		json_put_text(object, "file", frame->file);
	if (frame->line)
		json_put_number(object, "line", (uint64_t)frame->line);
	json_put_number(object, "offset", frame->offset);
	return object;
}

static json_t *json_finding(const struct check_finding *finding)
{
	json_t *object = json_or_exit(json_object());
	json_t *frames = json_or_exit(json_array());
	char fingerprint[DESCRIBE_FINGERPRINT_SIZE];

	json_put_tag(object, "tag", finding->tag);
	json_put_text(object, "type", model_pool_name(finding->pool));
	json_put_text(object, "module", finding->module);
	if (*finding->function)
		json_put_text(object, "function", finding->function);
	json_put_text(object, "status", check_status_name(finding->status));
	json_put(object, "classes", json_classes(finding->sums));
	json_put(object, "failing", json_sum(&finding->failing));
	if (finding->before.blocks)
		json_put(object, "before", json_sum(&finding->before));
	json_put_number(object, "processes", finding->process_count);
	json_put_number(object, "pid", finding->pid);
	json_put_text(object, "exe", finding->exe);
	if (finding->suppression)
		json_put_text(object, "suppression", finding->suppression->origin);
	describe_fingerprint(finding, fingerprint);
	json_put_text(object, "fingerprint", fingerprint);
	for (size_t i = 0; i < finding->frame_count; i++)
		json_append(frames, json_frame(&finding->frames[i]));
	json_put(object, "frames", frames);
	return object;
}

static json_t *json_suppression(const struct suppression *suppression)
{
	const char *flaw = describe_flaw(suppression);
	json_t *object = json_or_exit(json_object());

	json_put_text(object, "pattern", suppression->pattern);
	json_put_text(object, "origin", suppression->origin);
	if (suppression->why)
		json_put_text(object, "why", suppression->why);
	if (*suppression->until)
		json_put_text(object, "until", suppression->until);
	json_put(object, "builtin", json_boolean(suppression->builtin));
	json_put_text(object, "state", flaw ? flaw : "used");
	json_put_number(object, "places", suppression->places);
	json_put(object, "found", json_sum(&suppression->found));
	return object;
}

static json_t *json_budget(const struct check_budget *budget)
{
	json_t *object = json_or_exit(json_object());

	json_put_text(object, "tags", budget->pattern);
	json_put_number(object, "limit", budget->limit);
	json_put(object, "peak", json_boolean(budget->peak));
	json_put_number(object, "used", budget->used);
	if (budget->peak)
		json_put_number(object, "most", budget->most);
	json_put_number(object, "pid", budget->used_pid);
	json_put(object, "over", json_boolean(budget->over));
	return object;
}

static void json_put_counts(json_t *object, const struct check *check)
{
	json_t *counts = json_or_exit(json_object());
	json_t *counted = json_sum(&check->counted);

	json_put_number(counts, "checked", check->kinds[CHECK_CHECKED]);
	json_put_number(counts, "unchecked", check->kinds[CHECK_UNCHECKED]);
	json_put_number(counts, "failed", check->kinds[CHECK_FAILED]);
	json_put(object, "counts", counts);
	json_put(object, "totals", json_classes(check->totals));
	json_put_number(counted, "places", check->places);
	json_put(object, "counted", counted);
}

/* A new array under `key`. */
static json_t *json_put_array(json_t *object, const char *key)
{
	json_t *array = json_or_exit(json_array());

	json_put(object, key, array);
	return array;
}

void check_write_json(const struct check *check, FILE *out)
{
	json_t *document = json_or_exit(json_object());
	json_t *baseline = json_or_exit(json_object());
	json_t *list;

	json_put_text(document, "schema", "poolmon-check/1");
	json_put_text(document, "command", check->command);
	json_put_text(document, "verdict", check_verdict_name(check->verdict));
	json_put_number(document, "exit_status", (uint64_t)check_exit_status(check));
	json_put_made(document, "summary", describe_summary(check));
	list = json_put_array(document, "processes");
	for (size_t i = 0; i < check->process_count; i++)
		json_append(list, json_process(&check->processes[i]));
	json_put_counts(document, check);
	list = json_put_array(document, "findings");
	for (size_t i = 0; i < check->finding_count; i++) {
		if (describe_has(&check->findings[i], check_shown_classes(check->options)))
			json_append(list, json_finding(&check->findings[i]));
	}
	list = json_put_array(document, "suppressions");
	for (size_t i = 0; i < check->suppressions.count; i++)
		json_append(list, json_suppression(check->suppressions.items[i]));
	json_put_number(baseline, "stale", check->stale_baseline);
	json_put(document, "baseline", baseline);
	list = json_put_array(document, "budgets");
	for (size_t i = 0; i < check->options->budget_count; i++)
		json_append(list, json_budget(&check->options->budgets[i]));
	list = json_put_array(document, "notes");
	for (size_t i = 0; i < check->note_count; i++)
		json_append(list, json_string(check->notes[i]));
	json_dumpf(document, out, JSON_INDENT(2));
	putc('\n', out);
	json_decref(document);
}
