/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lookaside.c - the lookaside lists of drivers: how often they had a block, how many they may keep
 *
 * Hits are allocations that found a block kept, and frees whose block was kept; both in percent of
 * all. A list that was deleted shows its last figures, until the next one made at the same place
 * goes on with them.
 */
#include "cmd/cmd.h"
#include "cmd/session.h"
#include "common/text.h"
#include "export/json_build.h"

#include <inttypes.h>
#include <string.h>

static const char *lookaside_kind(const struct pooltag_lookaside *list)
{
	switch (list->kind) {
	case POOLTAG_LOOKASIDE_LEGACY:
		return "legacy";
	case POOLTAG_LOOKASIDE_EX:
		return "Ex";
	case POOLTAG_LOOKASIDE_WDF:
		return "WDF";
	default:
		return "?";
	}
}

/* Percent of `all` that are not misses; a list nobody used has none. */
static double lookaside_hits(uint64_t all, uint64_t misses)
{
	return all && misses <= all ? 100.0 * (double)(all - misses) / (double)all : 0.0;
}

static const char *lookaside_function(const struct reader_process *process,
				      const struct pooltag_lookaside *list)
{
	return list->function ? process->tables->strings + list->function : "";
}

static const char *lookaside_module(const struct reader_process *process,
				    const struct pooltag_lookaside *list)
{
	if (list->module == POOLTAG_NO_MODULE)
		return "";
	return text_base_name(process->tables->strings +
			      process->tables->modules[list->module].path);
}

/* --- table ---------------------------------------------------------------------------------- */

static void lookaside_print_place(const char *module, const char *function)
{
	char shown[4 * 200 + 1];

	text_escape(module, strnlen(module, 200), shown);
	fputs(shown, stdout);
	if (*function) {
		text_escape(function, strnlen(function, 200), shown);
		printf("!%s", shown);
	}
	putchar('\n');
}

static void lookaside_print_list(const struct reader_process *process,
				 const struct pooltag_lookaside *list)
{
	char tag[5];

	pooltag_tag_to_text(list->tag, tag);
	printf(" %s %-5s %-6s %6" PRIu32 " %5" PRIu32 "/%-5" PRIu32 " %5" PRIu32 " %12" PRIu64
	       " %5.1f%% %12" PRIu64 " %5.1f%% %9u %s",
	       tag, list->pool == POOLTAG_POOL_PAGED ? "Paged" : "Nonp", lookaside_kind(list),
	       list->size, list->depth, list->maximum_depth, list->kept, list->allocates,
	       lookaside_hits(list->allocates, list->allocate_misses), list->frees,
	       lookaside_hits(list->frees, list->free_misses), process->pid,
	       list->active ? "" : "(deleted) ");
	lookaside_print_place(lookaside_module(process, list), lookaside_function(process, list));
}

static void lookaside_print(const struct reader_snapshot *snapshot)
{
	size_t count = 0;

	for (size_t i = 0; i < snapshot->process_count; i++)
		count += snapshot->processes[i].lookaside_count;
	if (count)
		printf(" %-4s %-5s %-6s %6s %5s/%-5s %5s %12s %6s %12s %6s %9s %s\n", "Tag", "Type",
		       "Kind", "Size", "Depth", "Max", "Kept", "Allocs", "Hits", "Frees", "Hits",
		       "Pid", "Made_by");
	else
		puts("No process has lookaside lists; drivers built with pooltag's driver kit "
		     "have.");
	for (size_t i = 0; i < snapshot->process_count; i++) {
		const struct reader_process *process = &snapshot->processes[i];

		for (size_t k = 0; k < process->lookaside_count; k++)
			lookaside_print_list(process, &process->lookasides[k]);
	}
	for (size_t i = 0; i < snapshot->refusal_count; i++)
		printf("not read: %s %s\n", snapshot->refusals[i].path, snapshot->refusals[i].text);
}

/* --- JSON ----------------------------------------------------------------------------------- */

static json_t *lookaside_json_list(const struct reader_process *process,
				   const struct pooltag_lookaside *list)
{
	json_t *object = json_or_exit(json_object());

	json_put_number(object, "pid", process->pid);
	json_put_tag(object, "tag", list->tag);
	json_put_text(object, "type", list->pool == POOLTAG_POOL_PAGED ? "Paged" : "Nonp");
	json_put_text(object, "kind", lookaside_kind(list));
	json_put(object, "active", json_or_exit(json_boolean(list->active != 0)));
	json_put_number(object, "lists", list->lists);
	json_put_number(object, "size", list->size);
	json_put_number(object, "depth", list->depth);
	json_put_number(object, "maximum_depth", list->maximum_depth);
	json_put_number(object, "kept", list->kept);
	json_put_number(object, "allocates", list->allocates);
	json_put_number(object, "allocate_misses", list->allocate_misses);
	json_put_number(object, "frees", list->frees);
	json_put_number(object, "free_misses", list->free_misses);
	json_put(object, "hit_rate",
		 json_or_exit(json_real(lookaside_hits(list->allocates, list->allocate_misses))));
	json_put_text(object, "module", lookaside_module(process, list));
	json_put_text(object, "function", lookaside_function(process, list));
	return object;
}

static int lookaside_print_json(const struct reader_snapshot *snapshot)
{
	json_t *root = json_or_exit(json_object());
	json_t *lists = json_or_exit(json_array());
	json_t *unreadable = json_or_exit(json_array());
	int failed;

	json_put_text(root, "schema", "poolmon/1");
	for (size_t i = 0; i < snapshot->process_count; i++) {
		const struct reader_process *process = &snapshot->processes[i];

		for (size_t k = 0; k < process->lookaside_count; k++)
			json_append(lists, lookaside_json_list(process, &process->lookasides[k]));
	}
	for (size_t i = 0; i < snapshot->refusal_count; i++) {
		json_t *refusal = json_or_exit(json_object());

		json_put_text(refusal, "path", snapshot->refusals[i].path);
		json_put_text(refusal, "text", snapshot->refusals[i].text);
		json_append(unreadable, refusal);
	}
	json_put(root, "lookasides", lists);
	json_put(root, "unreadable", unreadable);
	failed = json_dumpf(root, stdout, JSON_INDENT(2) | JSON_SORT_KEYS) != 0;
	putchar('\n');
	json_decref(root);
	return failed;
}

int cmd_lookaside(const struct arguments *arguments)
{
	struct session session;
	int status;

	session_init(&session, arguments, &arguments->model, arguments->dir, true);
	session.wants |= READER_WANT_LOOKASIDES;
	status = session_tell(&session, session_refresh(&session));
	if (status == 0 && arguments->json)
		status = lookaside_print_json(session.snapshot);
	else if (status == 0)
		lookaside_print(session.snapshot);
	session_fini(&session);
	return status;
}
