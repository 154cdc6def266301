/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * describe_test.c - sentences of one byte, one block and more, word for word
 */
#include "check/describe.h"
#include "check/report.h"
#include "harness/tap.h"

#include <stdlib.h>

static char shell[] = "/bin/sh", tags[] = "Fo*", module[] = "leak", function[] = "make";

static void says(char *text, const char *expected)
{
	is_str(text, expected, expected);
	free(text);
}

static void processes(void)
{
	struct check_process process = {
		.pid = 12, .exe = shell, .outcome = CHECK_OUTCOME_EXECED, .live = {1, 1}};

	says(describe_process(&process),
	     "process 12 (sh): became another program by exec; 1 byte in 1 block was in use");
	process.live = (struct check_sum){.blocks = 2, .bytes = 3};
	says(describe_process(&process),
	     "process 12 (sh): became another program by exec; 3 bytes in 2 blocks were in use");
	process.live = (struct check_sum){.blocks = 1, .bytes = 0};
	says(describe_process(&process),
	     "process 12 (sh): became another program by exec; 0 bytes in 1 block were in use");
	process.live = (struct check_sum){0};
	says(describe_process(&process), "process 12 (sh): became another program by exec");
}

static void budgets(void)
{
	struct check_budget budget = {
		.pattern = tags, .used = 1, .used_pid = 12, .most = 2, .most_pid = 13};

	says(describe_budget(&budget),
	     "tags like Fo*: at most 1 byte in use in a process (12), 0 allowed");
	budget.peak = true;
	budget.limit = 1;
	says(describe_doubt(&budget),
	     "whether tags like Fo* kept to their peak budget of 1 byte is not known: in no "
	     "process were more than 2 in use at once (13), and 1 certainly was");
	budget.used = 4096;
	says(describe_budget(&budget),
	     "tags like Fo*: at least 4096 bytes in use at once in a process (12), 1 allowed");
	budget.limit = 5000;
	budget.most = 8192;
	says(describe_doubt(&budget),
	     "whether tags like Fo* kept to their peak budget of 5000 bytes is not known: in no "
	     "process were more than 8192 in use at once (13), and 4096 certainly were");
}

/* The whole report of one finding that is more than the baseline allows. */
static void report(const char *name, struct check_sum before, const char *expected)
{
	struct check_options options = {.fails = 1u << CHECK_DEFINITE};
	struct check_process execed[] = {
		{.pid = 1, .exe = shell, .outcome = CHECK_OUTCOME_EXECED, .live = {1, 1}},
		{.pid = 2, .exe = shell, .outcome = CHECK_OUTCOME_EXECED}};
	struct check_finding finding = {.tag = POOLTAG_TAG('m', 'a', 'k', 'e'),
					.module = module,
					.function = function,
					.status = CHECK_COUNTS,
					.before = before};
	struct check check = {.options = &options,
			      .process_count = 2,
			      .processes = execed,
			      .kinds = {[CHECK_UNCHECKED] = 2},
			      .finding_count = 1,
			      .findings = &finding,
			      .counted = {2, 2},
			      .places = 1,
			      .verdict = CHECK_LEAKS};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	finding.sums[CHECK_DEFINITE] = (struct check_sum){.blocks = 2, .bytes = 2};
	check_write_text(&check, out);
	fclose(out);
	is_str(text, expected, name);
	free(text);
}

#define REPORT(allowed)                                                                          \
	"definite: 2 bytes in 2 blocks, tag make, allocated by:\n    leak\n"                     \
	"    the baseline allows " allowed "\n\n"                                                \
	"Ended unchecked (their blocks in use cannot be told from leaks):\n"                     \
	"  2 processes became other programs by exec; 1 byte in 1 block was in use\n"            \
	"SUMMARY: poolmon check: 2 bytes leaked in 2 blocks at 1 place; 0 processes checked, 2 " \
	"ended unchecked, 0 could not be checked\n"

int main(void)
{
	processes();
	budgets();
	report("a byte in a block", (struct check_sum){1, 1}, REPORT("1 byte in 1 block"));
	report("a byte in two blocks", (struct check_sum){.blocks = 2, .bytes = 1},
	       REPORT("1 byte in 2 blocks"));
	return done();
}
