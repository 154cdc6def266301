/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report_github.c - workflow commands of GitHub Actions: annotations at the lines that leak
 *
 * GitHub shows 10 errors of a step and drops what comes after, so the rest is one line that says
 * how many there are.
 */
#include "check/describe.h"
#include "check/frames.h"
#include "check/report.h"
#include "common/memory.h"

#include <stdlib.h>

#define GITHUB_ERRORS 9 /* and the line about the others */

/* Values of properties may not hold ':' and ',' as they are; messages may. */
static void github_escaped(const char *text, bool property, FILE *out)
{
	for (; *text; text++) {
		if (*text == '%' || *text == '\r' || *text == '\n' ||
		    (property && (*text == ':' || *text == ',')))
			fprintf(out, "%%%02X", (unsigned char)*text);
		else
			putc(*text, out);
	}
}

/* A command without a place; frees `message`. */
static void github_command(const char *command, const char *title, char *message, FILE *out)
{
	fprintf(out, "::%s title=", command);
	github_escaped(title, true, out);
	fputs("::", out);
	github_escaped(message, false, out);
	putc('\n', out);
	free(message);
}

static void github_finding(const struct check *check, const struct check_finding *finding,
			   FILE *out)
{
	char *path;
	const struct check_frame *frame = frames_source(finding, &path);
	char *sums = describe_sums(finding, check_failing_classes(check->options));
	char *place = describe_place(finding);

	fputs("::error ", out);
	if (frame) {
		fputs("file=", out);
		github_escaped(path, true, out);
		fprintf(out, ",line=%d,", frame->line);
	}
	fputs("title=Leak by ", out);
	github_escaped(place, true, out);
	fputs("::", out);
	github_escaped(sums, false, out);
	for (size_t i = 0; i < describe_frame_count(finding); i++) {
		char *text = describe_frame(&finding->frames[i]);

		fprintf(out, "%%0A#%zu ", i);
		github_escaped(text, false, out);
		free(text);
	}
	putc('\n', out);
	free(path);
	free(sums);
	free(place);
}

void check_write_github(const struct check *check, FILE *out)
{
	size_t told = 0;

	for (size_t i = 0; i < check->finding_count && told < GITHUB_ERRORS; i++) {
		if (check->findings[i].status == CHECK_COUNTS) {
			github_finding(check, &check->findings[i], out);
			told++;
		}
	}
	if (told < check->places)
		github_command("error", "More leaks",
			       memory_printed("%zu more places leak; the log has them",
					      check->places - told),
			       out);
	for (size_t i = 0; i < check->options->budget_count; i++) {
		if (check->options->budgets[i].over)
			github_command("error", "Over budget",
				       describe_budget(&check->options->budgets[i]), out);
	}
	for (size_t i = 0; i < check->process_count; i++) {
		if (check_outcomes[check->processes[i].outcome].kind == CHECK_FAILED)
			github_command("warning", "Could not be checked",
				       describe_process(&check->processes[i]), out);
	}
	for (size_t i = 0; i < check->note_count; i++)
		github_command("notice", "Note", memory_text(check->notes[i]), out);
	github_command("notice", "Leak check", describe_summary(check), out);
}
