/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report_markdown.c - the check as Markdown, for summaries and comments
 */
#include "check/describe.h"
#include "check/frames.h"
#include "check/report.h"
#include "common/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The text as it is, whatever Markdown or HTML would make of it. */
static void markdown_text(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else if (strchr("\\`*_{}[]()#+-!|~>", *text))
			fprintf(out, "\\%c", *text);
		else
			putc(*text, out);
	}
}

static void markdown_finding(const struct check *check, const struct check_finding *finding,
			     FILE *out)
{
	char *sums = describe_sums(finding, check_failing_classes(check->options));
	char *place = describe_place(finding);
	char tag[DESCRIBE_TAG_SIZE];
	char *path;
	const struct check_frame *frame = frames_source(finding, &path);

	describe_tag(finding->tag, tag);
	fprintf(out, "| %" PRIu64 " | %" PRIu64 " | ", finding->failing.bytes,
		finding->failing.blocks);
	markdown_text(sums, out);
	fputs(" | ", out);
	markdown_text(tag, out);
	fputs(" | ", out);
	markdown_text(place, out);
	fputs(" | ", out);
	if (frame) {
		markdown_text(path, out);
		fprintf(out, ":%d", frame->line);
	}
	fputs(" |\n", out);
	free(sums);
	free(place);
	free(path);
}

/* An item of a list; frees `text`. */
static void markdown_item(char *text, FILE *out)
{
	fputs("- ", out);
	markdown_text(text, out);
	putc('\n', out);
	free(text);
}

void check_write_markdown(const struct check *check, FILE *out)
{
	char *summary = describe_summary(check);

	fputs("### Leak check of ", out);
	markdown_text(check->command, out);
	fputs("\n\n", out);
	markdown_text(strchr(summary, ' ') + 1, out);
	fputs("\n\n", out);
	free(summary);
	if (check->places)
		fputs("| Bytes | Blocks | Kind | Tag | Allocated by | Line |\n"
		      "|---:|---:|---|---|---|---|\n",
		      out);
	for (size_t i = 0; i < check->finding_count; i++) {
		if (check->findings[i].status == CHECK_COUNTS)
			markdown_finding(check, &check->findings[i], out);
	}
	if (check->places)
		putc('\n', out);
	for (size_t i = 0; i < check->options->budget_count; i++) {
		if (check->options->budgets[i].over)
			markdown_item(describe_budget(&check->options->budgets[i]), out);
	}
	for (size_t i = 0; i < check->process_count; i++) {
		if (check_outcomes[check->processes[i].outcome].kind != CHECK_CHECKED)
			markdown_item(describe_process(&check->processes[i]), out);
	}
	for (size_t i = 0; i < check->note_count; i++)
		markdown_item(memory_text(check->notes[i]), out);
	putc('\n', out);
}
