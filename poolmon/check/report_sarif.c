/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report_sarif.c - the check as SARIF 2.1.0, for code scanning
 *
 * A rule per class; a result per finding and class that counts or is suppressed. A result is
 * recognised again by partialFingerprints, in which no line numbers are.
 */
#include "check/describe.h"
#include "check/frames.h"
#include "check/report.h"
#include "common/memory.h"
#include "export/json_build.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* {"text": TEXT}; frees `text`. */
static json_t *sarif_message(char *text)
{
	json_t *object = json_or_exit(json_object());

	json_put_text(object, "text", text);
	free(text);
	return object;
}

static json_t *sarif_rules(void)
{
	json_t *rules = json_or_exit(json_array());

	for (int class = 0; class < CHECK_CLASSES; class ++) {
		json_t *rule = json_or_exit(json_object());
		json_t *settings = json_or_exit(json_object());
		char *id = memory_printed("leak/%s", check_classes[class].name);

		json_put_text(rule, "id", id);
		json_put(rule, "shortDescription",
			 sarif_message(memory_printed("A block that is still there at the end: %s",
						      check_classes[class].help)));
		json_put_text(settings, "level", check_classes[class].fails ? "error" : "note");
		json_put(rule, "defaultConfiguration", settings);
		json_append(rules, rule);
		free(id);
	}
	return rules;
}

static json_t *sarif_tool(void)
{
	json_t *tool = json_or_exit(json_object());
	json_t *driver = json_or_exit(json_object());

	json_put_text(driver, "name", "poolmon check");
	json_put_text(driver, "version", POOLMON_VERSION);
	json_put(driver, "rules", sarif_rules());
	json_put(tool, "driver", driver);
	return tool;
}

/* A path as a URI: absolute ones with their scheme, others relative to the root of the source. */
static char *sarif_uri(const char *path)
{
	char *uri = memory_zeroed(3 * strlen(path) + sizeof("file://"), 1);
	char *at = uri + sprintf(uri, "%s", *path == '/' ? "file://" : "");

	for (; *path; path++) {
		if (isalnum((unsigned char)*path) || strchr("/-._~", *path))
			*at++ = *path;
		else
			at += sprintf(at, "%%%02X", (unsigned char)*path);
	}
	return uri;
}

static json_t *sarif_file(const char *path, int line)
{
	json_t *physical = json_or_exit(json_object());
	json_t *artifact = json_or_exit(json_object());
	json_t *region = json_or_exit(json_object());
	char *uri = sarif_uri(path);

	json_put_text(artifact, "uri", uri);
	if (*path != '/')
		json_put_text(artifact, "uriBaseId", "%SRCROOT%");
	json_put_number(region, "startLine", (uint64_t)line);
	json_put(physical, "artifactLocation", artifact);
	json_put(physical, "region", region);
	free(uri);
	return physical;
}

static json_t *sarif_logical(const char *name)
{
	json_t *list = json_or_exit(json_array());
	json_t *logical = json_or_exit(json_object());

	json_put_text(logical, "fullyQualifiedName", name);
	json_put_text(logical, "kind", "function");
	json_append(list, logical);
	return list;
}

static json_t *sarif_locations(const struct check_finding *finding)
{
	json_t *list = json_or_exit(json_array());
	json_t *location = json_or_exit(json_object());
	char *place = describe_place(finding);
	char *path;
	const struct check_frame *frame = frames_source(finding, &path);

	if (frame)
		json_put(location, "physicalLocation", sarif_file(path, frame->line));
	json_put(location, "logicalLocations", sarif_logical(place));
	json_append(list, location);
	free(place);
	free(path);
	return list;
}

static json_t *sarif_stacks(const struct check_finding *finding)
{
	json_t *stacks = json_or_exit(json_array());
	json_t *stack = json_or_exit(json_object());
	json_t *frames = json_or_exit(json_array());

	for (size_t i = 0; i < finding->frame_count; i++) {
		const struct check_frame *from = &finding->frames[i];
		json_t *frame = json_or_exit(json_object());
		json_t *location = json_or_exit(json_object());

		if (from->file && from->line)
			json_put(location, "physicalLocation", sarif_file(from->file, from->line));
		json_put(location, "message", sarif_message(describe_frame(from)));
		json_put(frame, "location", location);
		if (*from->module)
			json_put_text(frame, "module", from->module);
		json_append(frames, frame);
	}
	json_put(stack, "message", sarif_message(memory_text("allocated by")));
	json_put(stack, "frames", frames);
	json_append(stacks, stack);
	return stacks;
}

static json_t *sarif_fingerprints(const struct check_finding *finding)
{
	json_t *object = json_or_exit(json_object());
	char fingerprint[DESCRIBE_FINGERPRINT_SIZE];

	describe_fingerprint(finding, fingerprint);
	json_put_text(object, "poolmonPlace/v1", fingerprint);
	return object;
}

static json_t *sarif_suppressions(const struct suppression *suppression)
{
	json_t *list = json_or_exit(json_array());
	json_t *object = json_or_exit(json_object());

	json_put_text(object, "kind", "external");
	json_put_text(object, "justification",
		      suppression->why ? suppression->why : suppression->origin);
	json_append(list, object);
	return list;
}

/* The worst class of the finding that has blocks. */
static int sarif_class(const struct check_finding *finding)
{
	int class = 0;

	while (class + 1 < CHECK_CLASSES && finding->sums[class].blocks == 0)
		class ++;
	return class;
}

static json_t *sarif_result(const struct check *check, const struct check_finding *finding)
{
	json_t *result = json_or_exit(json_object());
	int class = sarif_class(finding);
	char *id = memory_printed("leak/%s", check_classes[class].name);
	char *sums = describe_sums(finding, check_shown_classes(check->options));
	char *place = describe_place(finding);

	json_put_text(result, "ruleId", id);
	json_put_number(result, "ruleIndex", (uint64_t) class);
	json_put_text(result, "level", finding->status == CHECK_INFORMS ? "note" : "error");
	json_put(result, "message",
		 sarif_message(memory_printed("%s, allocated by %s", sums, place)));
	json_put(result, "locations", sarif_locations(finding));
	if (finding->frame_count)
		json_put(result, "stacks", sarif_stacks(finding));
	json_put(result, "partialFingerprints", sarif_fingerprints(finding));
	if (finding->status == CHECK_SUPPRESSED)
		json_put(result, "suppressions", sarif_suppressions(finding->suppression));
	if (check->baseline_given)
		json_put_text(result, "baselineState",
			      finding->status == CHECK_KNOWN ? "unchanged"
			      : finding->before.blocks != 0  ? "updated"
							     : "new");
	free(id);
	free(sums);
	free(place);
	return result;
}

/* Adds a line that is of no place; frees `text`. */
static void sarif_notify(json_t *notifications, const char *level, char *text)
{
	json_t *notification = json_or_exit(json_object());

	json_put(notification, "message", sarif_message(text));
	json_put_text(notification, "level", level);
	json_append(notifications, notification);
}

/* Whether the check could be performed, and what else is to be said of all of it. */
static json_t *sarif_invocations(const struct check *check)
{
	json_t *list = json_or_exit(json_array());
	json_t *invocation = json_or_exit(json_object());
	json_t *notifications = json_or_exit(json_array());

	for (size_t i = 0; i < check->process_count; i++) {
		if (check_outcomes[check->processes[i].outcome].kind == CHECK_FAILED)
			sarif_notify(notifications, "error",
				     describe_process(&check->processes[i]));
	}
	for (size_t i = 0; i < check->options->budget_count; i++) {
		if (check->options->budgets[i].over)
			sarif_notify(notifications, "error",
				     describe_budget(&check->options->budgets[i]));
	}
	for (size_t i = 0; i < check->note_count; i++)
		sarif_notify(notifications, "note", memory_text(check->notes[i]));
	json_put(invocation, "executionSuccessful",
		 json_boolean(!check->kinds[CHECK_FAILED] && check->kinds[CHECK_CHECKED]));
	json_put_text(invocation, "commandLine", check->command);
	json_put_number(invocation, "exitCode", (uint64_t)check_exit_status(check));
	json_put(invocation, "toolExecutionNotifications", notifications);
	json_append(list, invocation);
	return list;
}

void check_write_sarif(const struct check *check, FILE *out)
{
	json_t *document = json_or_exit(json_object());
	json_t *runs = json_or_exit(json_array());
	json_t *run = json_or_exit(json_object());
	json_t *results = json_or_exit(json_array());

	for (size_t i = 0; i < check->finding_count; i++) {
		enum check_status status = check->findings[i].status;

		if (status != CHECK_SMALL && status != CHECK_OWNED &&
		    describe_has(&check->findings[i], check_shown_classes(check->options)))
			json_append(results, sarif_result(check, &check->findings[i]));
	}
	json_put_text(document, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	json_put_text(document, "version", "2.1.0");
	json_put(run, "tool", sarif_tool());
	json_put(run, "invocations", sarif_invocations(check));
	json_put(run, "results", results);
	json_put_text(run, "columnKind", "unicodeCodePoints");
	json_append(runs, run);
	json_put(document, "runs", runs);
	json_dumpf(document, out, JSON_INDENT(2));
	putc('\n', out);
	json_decref(document);
}
