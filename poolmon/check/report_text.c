/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report_text.c - the report for people; its last line is the summary
 */
#include "check/describe.h"
#include "check/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Prints a text that describe.h made, and frees it. */
static void text_line(FILE *out, const char *head, char *text)
{
	fprintf(out, "%s%s\n", head, text);
	free(text);
}

static void text_processes(const struct check_finding *finding, FILE *out)
{
	if (finding->process_count > 1)
		fprintf(out, "    in %zu processes, one of them %u (%s)\n", finding->process_count,
			finding->pid, finding->exe);
}

static void text_finding(const struct check *check, const struct check_finding *finding, FILE *out)
{
	size_t count = describe_frame_count(finding);
	char *sums = describe_sums(finding, check_shown_classes(check->options));
	char tag[DESCRIBE_TAG_SIZE];

	describe_tag(finding->tag, tag);
	fprintf(out, "%s, tag %s, allocated by:\n", sums, tag);
	free(sums);
	for (size_t i = 0; i < count; i++) {
		char *frame = describe_frame(&finding->frames[i]);

		fprintf(out, "    #%zu %s\n", i, frame);
		free(frame);
	}
	if (count == 0)
		fprintf(out, "    %s\n", finding->module);
	text_processes(finding, out);
	if (finding->before.blocks)
		text_line(out, "    the baseline allows ", describe_sum(&finding->before));
	if (finding->suppression)
		fprintf(out, "    more than '%s' (%s) may suppress\n",
			finding->suppression->pattern, finding->suppression->origin);
	putc('\n', out);
}

/* A line each for what does not make the check fail. */
static void text_others(const struct check *check, FILE *out)
{
	bool any = false;

	for (size_t i = 0; i < check->finding_count; i++) {
		const struct check_finding *finding = &check->findings[i];
		char tag[DESCRIBE_TAG_SIZE];
		char *sums;
		char *place;

		if ((finding->status != CHECK_INFORMS && finding->status != CHECK_SMALL) ||
		    !describe_has(finding, check_shown_classes(check->options)))
			continue;
		describe_tag(finding->tag, tag);
		sums = describe_sums(finding, check_shown_classes(check->options));
		place = describe_place(finding);
		fprintf(out, "%s  %s, tag %s, by %s\n", any ? "" : "Not counted:\n", sums, tag,
			place);
		free(sums);
		free(place);
		any = true;
	}
}

static void text_suppressions(const struct check *check, FILE *out)
{
	bool any = false;

	for (size_t i = 0; i < check->suppressions.count; i++) {
		const struct suppression *suppression = check->suppressions.items[i];
		const char *flaw = describe_flaw(suppression);

		/* Nobody can do anything about a built-in one that is not needed. */
		if (suppression->builtin && suppression->places == 0)
			continue;
		fprintf(out, "%s", any ? "" : "Suppressions:\n");
		fprintf(out, "  %-8s %10" PRIu64 " bytes %6" PRIu64 " blocks  leak:%s  (%s)%s%s\n",
			flaw ? flaw : "used", suppression->found.bytes, suppression->found.blocks,
			suppression->pattern, suppression->origin, suppression->why ? " " : "",
			suppression->why ? suppression->why : "");
		any = true;
	}
}

static void text_baseline(const struct check *check, FILE *out)
{
	size_t known = 0;

	for (size_t i = 0; i < check->finding_count; i++)
		known += check->findings[i].status == CHECK_KNOWN;
	if (known)
		fprintf(out, "Baseline: %zu place%s within it\n", known, describe_plural(known));
	if (check->stale_baseline)
		fprintf(out,
			"Baseline: %zu line%s of it no longer needed; --update-baseline takes %s "
			"out\n",
			check->stale_baseline, check->stale_baseline == 1 ? " is" : "s are",
			check->stale_baseline == 1 ? "it" : "them");
}

static void text_budgets(const struct check *check, FILE *out)
{
	for (size_t i = 0; i < check->options->budget_count; i++) {
		const struct check_budget *budget = &check->options->budgets[i];

		if (budget->over)
			text_line(out, "Over budget: ", describe_budget(budget));
	}
}

/* Shells become other programs all the time: more than one is one line. Returns how many. */
static size_t text_execed(const struct check *check, FILE *out)
{
	struct check_sum live = {0};
	size_t count = 0;

	for (size_t i = 0; i < check->process_count; i++) {
		if (check->processes[i].outcome != CHECK_OUTCOME_EXECED)
			continue;
		count++;
		check_sum_add(&live, &check->processes[i].live);
	}
	if (count > 1) {
		fprintf(out, "  %zu processes became other programs by exec; ", count);
		text_line(out, "", describe_in_use(&live));
	}
	return count;
}

/* The processes of a kind, with what is to be known of each. */
static void text_kind(const struct check *check, enum check_outcome_kind kind, const char *heading,
		      FILE *out)
{
	bool brief;

	if (check->kinds[kind])
		fprintf(out, "%s\n", heading);
	brief = kind == CHECK_UNCHECKED && text_execed(check, out) > 1;
	for (size_t i = 0; i < check->process_count; i++) {
		const struct check_process *process = &check->processes[i];

		if (check_outcomes[process->outcome].kind == kind &&
		    !(brief && process->outcome == CHECK_OUTCOME_EXECED))
			text_line(out, "  ", describe_process(process));
	}
}

void check_write_text(const struct check *check, FILE *out)
{
	for (size_t i = 0; i < check->finding_count; i++) {
		if (check->findings[i].status == CHECK_COUNTS)
			text_finding(check, &check->findings[i], out);
	}
	text_others(check, out);
	text_suppressions(check, out);
	text_baseline(check, out);
	text_budgets(check, out);
	text_kind(check, CHECK_UNCHECKED,
		  "Ended unchecked (their blocks in use cannot be told from leaks):", out);
	text_kind(check, CHECK_FAILED, "Could not be checked:", out);
	for (size_t i = 0; i < check->note_count; i++)
		fprintf(out, "Note: %s\n", check->notes[i]);
	text_line(out, "", describe_summary(check));
}
