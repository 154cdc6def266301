/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report_junit.c - the check as JUnit's XML, as Jenkins and GitLab read it
 *
 * A suite with a case for each process (passed, skipped when it ended unchecked, an error when it
 * could not be checked), for each place that leaks and for each budget that was exceeded.
 */
#include "check/describe.h"
#include "check/frames.h"
#include "check/report.h"

#include <stdlib.h>
#include <string.h>

/* XML has no way to write most control characters; texts here hold none but ends of lines. */
static void junit_text(const char *text, FILE *out)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			putc(*text, out);
		}
	}
}

/* Writes ' name="value"'. */
static void junit_attribute(const char *name, const char *value, FILE *out)
{
	fprintf(out, " %s=\"", name);
	junit_text(value, out);
	putc('"', out);
}

static void junit_begin_case(const char *class, const char *name, FILE *out)
{
	fputs("    <testcase", out);
	junit_attribute("classname", class, out);
	junit_attribute("name", name, out);
}

/* A case with one thing in it; frees `message`. */
static void junit_result(const char *element, const char *type, char *message, FILE *out)
{
	fprintf(out, ">\n      <%s", element);
	junit_attribute("message", message, out);
	if (type)
		junit_attribute("type", type, out);
	fputs("/>\n    </testcase>\n", out);
	free(message);
}

static void junit_process(const struct check_process *process, FILE *out)
{
	char name[32];

	snprintf(name, sizeof(name), process->generation ? "process %u.%u" : "process %u",
		 process->pid, process->generation);
	junit_begin_case(process->exe, name, out);
	switch (check_outcomes[process->outcome].kind) {
	case CHECK_UNCHECKED:
		junit_result("skipped", NULL, describe_process(process), out);
		return;
	case CHECK_FAILED:
		junit_result("error", check_outcomes[process->outcome].name,
			     describe_process(process), out);
		return;
	case CHECK_CHECKED:
	case CHECK_KINDS:
		break;
	}
	fputs("/>\n", out);
}

static void junit_finding(const struct check *check, const struct check_finding *finding, FILE *out)
{
	char *place = describe_place(finding);
	char *sums = describe_sums(finding, check_failing_classes(check->options));

	junit_begin_case(finding->exe, place, out);
	fputs(">\n      <failure", out);
	junit_attribute("message", sums, out);
	junit_attribute("type", "leak", out);
	putc('>', out);
	free(place);
	free(sums);
	for (size_t i = 0; i < describe_frame_count(finding); i++) {
		char *frame = describe_frame(&finding->frames[i]);

		fprintf(out, "#%zu ", i);
		junit_text(frame, out);
		putc('\n', out);
		free(frame);
	}
	fputs("</failure>\n    </testcase>\n", out);
}

static void junit_suite(const struct check *check, size_t over, FILE *out)
{
	fputs("  <testsuite", out);
	junit_attribute("name", check->command, out);
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\">\n",
		check->process_count + check->places + over, check->places + over,
		check->kinds[CHECK_FAILED], check->kinds[CHECK_UNCHECKED]);
}

void check_write_junit(const struct check *check, FILE *out)
{
	char *summary = describe_summary(check);
	size_t over = 0;

	for (size_t i = 0; i < check->options->budget_count; i++)
		over += check->options->budgets[i].over;
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"poolmon check\">\n",
	      out);
	junit_suite(check, over, out);
	for (size_t i = 0; i < check->process_count; i++)
		junit_process(&check->processes[i], out);
	for (size_t i = 0; i < check->finding_count; i++) {
		if (check->findings[i].status == CHECK_COUNTS)
			junit_finding(check, &check->findings[i], out);
	}
	for (size_t i = 0; i < check->options->budget_count; i++) {
		const struct check_budget *budget = &check->options->budgets[i];

		if (!budget->over)
			continue;
		junit_begin_case("budget", budget->pattern, out);
		junit_result("failure", "budget", describe_budget(budget), out);
	}
	fputs("    <system-out>", out);
	for (size_t i = 0; i < check->note_count; i++) {
		junit_text(check->notes[i], out);
		putc('\n', out);
	}
	junit_text(summary, out);
	fputs("</system-out>\n  </testsuite>\n</testsuites>\n", out);
	free(summary);
}
