/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tags.c - what is wrong in a file of rules, and what its rules would match in a process
 */
#include "cmd/cmd.h"
#include "cmd/session.h"
#include "common/demangle.h"
#include "common/files.h"
#include "common/memory.h"
#include "common/text.h"
#include "model/place.h"
#include "pooltag/rules.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TAGS_FILE "pooltag.txt" /* looked for in the working directory, as PoolMon does */

/* A rule, or a wrapper line. */
struct tags_rule {
	enum pooltag_line_kind kind;
	enum pooltag_rule_pool pool;
	pooltag_tag tag;
	char *module; /* globs */
	char *function;
	bool wild;       /* one of them has a wildcard */
	size_t literals; /* bytes of both that stand for themselves */
	uint64_t line;
};

struct tags {
	const char *path;
	size_t rule_count;
	size_t rules_allocated;
	struct tags_rule *rules;
	size_t counts[POOLTAG_LINE_ERROR + 1]; /* lines, by kind */
};

static char *tags_text(struct pooltag_rule_text text)
{
	return memory_printed("%.*s", (int)text.length, text.start);
}

static void tags_weigh(struct tags_rule *rule, const char *glob)
{
	for (; *glob; glob++) {
		if (*glob == '*' || *glob == '?')
			rule->wild = true;
		else
			rule->literals++;
	}
}

static void tags_add(struct tags *tags, const struct pooltag_rule_line *line,
		     enum pooltag_line_kind kind, uint64_t number)
{
	struct tags_rule *rule;

	memory_reserve(&tags->rules, &tags->rules_allocated, tags->rule_count, sizeof(*rule));
	rule = &tags->rules[tags->rule_count++];
	*rule = (struct tags_rule){.kind = kind,
				   .pool = line->pool,
				   .tag = line->tag,
				   .module = tags_text(line->module),
				   .function = tags_text(line->function),
				   .line = number};
	tags_weigh(rule, rule->module);
	tags_weigh(rule, rule->function);
}

static void tags_parse(struct tags *tags, const char *text, size_t size)
{
	struct pooltag_rule_reader reader;
	const char *start;
	size_t length;

	pooltag_rule_reader_init(&reader, text, size);
	while (pooltag_rule_reader_next(&reader, &start, &length)) {
		struct pooltag_rule_line line;
		enum pooltag_line_kind kind = pooltag_rule_parse(start, length, &line);

		tags->counts[kind]++;
		if (kind == POOLTAG_LINE_ERROR)
			fprintf(stderr, "%s:%" PRIu64 ":%zu: %s\n", tags->path, reader.line_number,
				line.column, line.reason);
		else if (kind == POOLTAG_LINE_RULE || kind == POOLTAG_LINE_WRAPPER ||
			 kind == POOLTAG_LINE_NOWRAPPER)
			tags_add(tags, &line, kind, reader.line_number);
	}
}

/* Reads the file. Returns 0, or the exit status after one line. */
static int tags_read(struct tags *tags)
{
	size_t size;
	char *text = files_read(tags->path, &size);

	if (!text) {
		fprintf(stderr, "poolmon: tags: %s: %s%s\n", tags->path, strerror(errno),
			strcmp(tags->path, TAGS_FILE) == 0 ? "; give a file with --check=F" : "");
		return ARGUMENTS_USAGE_STATUS;
	}
	tags_parse(tags, text, size);
	free(text);
	return 0;
}

/* A name that is not known is matched by `*` alone. */
static bool tags_name_matches(const char *glob, const char *name)
{
	return *name ? text_matches(glob, name, strlen(name)) : strcmp(glob, "*") == 0;
}

static bool tags_matches(const struct tags_rule *rule, const struct reader_process *process,
			 size_t number)
{
	const struct reader_tables *tables = process->tables;
	const struct reader_site *site = &tables->sites[number];
	const char *path;
	const char *linker = tables->strings + site->function;
	char *readable;
	bool matches;

	if (site->module == POOLTAG_NO_MODULE)
		return false;
	path = tables->strings + tables->modules[site->module].path;
	if (!tags_name_matches(rule->module,
			       strchr(rule->module, '/') ? path : text_base_name(path)))
		return false;
	readable = demangle_name(linker);
	matches = tags_name_matches(rule->function, linker) ||
		  tags_name_matches(rule->function, readable);
	free(readable);
	return matches;
}

/* Most literal bytes, then no wildcard, then first in the file: as the library chooses. */
static bool tags_better(const struct tags_rule *rule, const struct tags_rule *than)
{
	if (!than || rule->literals != than->literals)
		return !than || rule->literals > than->literals;
	return than->wild && !rule->wild;
}

/* The rule of the set (wrapper lines or tag rules) that applies to a site, or NULL. */
static const struct tags_rule *tags_find(const struct tags *tags, bool wrappers,
					 const struct reader_process *process, size_t site)
{
	const struct tags_rule *best = NULL;

	for (size_t i = 0; i < tags->rule_count; i++) {
		const struct tags_rule *rule = &tags->rules[i];

		if ((rule->kind != POOLTAG_LINE_RULE) == wrappers && tags_better(rule, best) &&
		    tags_matches(rule, process, site))
			best = rule;
	}
	return best;
}

/* Rules have no say where the program itself gave the tag. */
static bool tags_is_open(const struct reader_site *site)
{
	return site->source != POOLTAG_SOURCE_API && site->source != POOLTAG_SOURCE_SCOPE &&
	       site->source != POOLTAG_SOURCE_NONE;
}

static void tags_print_site(const struct reader_process *process, size_t site)
{
	const struct pooltag_cell *cell = &process->sums[site];
	char place[PLACE_SIZE];
	char tag[5];

	place_exact(process, site, place);
	pooltag_tag_to_text(process->tables->sites[site].tag, tag);
	printf("  %s %-5s %10" PRIu64 " blocks %12" PRIu64 " bytes  %s\n", tag,
	       model_pool_name(process->tables->sites[site].pool), cell->allocs - cell->frees,
	       cell->alloc_charge - cell->free_charge, place);
}

static void tags_print_rule(const struct tags *tags, const struct tags_rule *rule)
{
	static const char *const pools[] = {[POOLTAG_RULE_POOL_ANY] = "",
					    [POOLTAG_RULE_POOL_PAGED] = "/Paged",
					    [POOLTAG_RULE_POOL_NONPAGED] = "/Nonp"};
	char tag[5];

	pooltag_tag_to_text(rule->tag, tag);
	if (rule->kind == POOLTAG_LINE_RULE)
		printf("%s:%" PRIu64 ": %s%s - %s!%s\n", tags->path, rule->line, tag,
		       pools[rule->pool], rule->module, rule->function);
	else
		printf("%s:%" PRIu64 ": %s - %s!%s\n", tags->path, rule->line,
		       rule->kind == POOLTAG_LINE_WRAPPER ? "wrapper" : "nowrapper", rule->module,
		       rule->function);
}

/* What each rule would match in a process. `best` has two rules per site: wrapper line, rule. */
static void tags_print_matches(const struct tags *tags, const struct reader_process *process)
{
	size_t count = process->tables->site_count;
	const struct tags_rule **best = memory_zeroed(2 * count, sizeof(const struct tags_rule *));

	for (size_t i = 0; i < count; i++) {
		if (!tags_is_open(&process->tables->sites[i]))
			continue;
		best[2 * i] = tags_find(tags, true, process, i);
		best[2 * i + 1] = tags_find(tags, false, process, i);
	}
	for (size_t k = 0; k < tags->rule_count; k++) {
		const struct tags_rule *rule = &tags->rules[k];
		bool wrapper = rule->kind != POOLTAG_LINE_RULE;
		size_t matched = 0;

		tags_print_rule(tags, rule);
		for (size_t i = 0; i < count; i++) {
			if (best[2 * i + !wrapper] != rule)
				continue;
			tags_print_site(process, i);
			matched++;
		}
		if (matched == 0)
			puts("  nothing that this process has allocated so far");
	}
	free(best);
}

/* Returns 0, or the exit status after one line on stderr. */
static int tags_match(const struct tags *tags, const struct arguments *arguments)
{
	struct session session;
	int status;

	session_init(&session, arguments, &arguments->model, arguments->dir, true);
	status = session_take(&session);
	for (size_t i = 0; status == 0 && i < session.snapshot->process_count; i++) {
		const struct reader_process *process = &session.snapshot->processes[i];

		if (!model_selects(session.model, process))
			continue;
		printf("\nProcess %u (%s), sites with the tags they have now:\n", process->pid,
		       reader_process_name(process));
		tags_print_matches(tags, process);
	}
	session_fini(&session);
	return status;
}

int cmd_tags(const struct arguments *arguments)
{
	struct tags tags = {.path = arguments->check_file ? arguments->check_file : TAGS_FILE};
	int status = tags_read(&tags);

	if (status == 0) {
		printf("%s: %zu rules, %zu wrapper lines, %zu descriptions, %zu errors\n",
		       tags.path, tags.counts[POOLTAG_LINE_RULE],
		       tags.counts[POOLTAG_LINE_WRAPPER] + tags.counts[POOLTAG_LINE_NOWRAPPER],
		       tags.counts[POOLTAG_LINE_DESCRIPTION], tags.counts[POOLTAG_LINE_ERROR]);
		if (arguments->model.pid_count)
			status = tags_match(&tags, arguments);
		if (status == 0 && tags.counts[POOLTAG_LINE_ERROR])
			status = ARGUMENTS_USAGE_STATUS;
	}
	for (size_t i = 0; i < tags.rule_count; i++) {
		free(tags.rules[i].module);
		free(tags.rules[i].function);
	}
	free(tags.rules);
	return status;
}
