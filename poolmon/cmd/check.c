/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check.c - runs a command and says whether it, or anything it started, leaks
 *
 * The library scans each process at its end and leaves the result in its segment; here the segments
 * are read and judged. The command's own failure is the exit status, whatever the check says.
 */
#include "check/growth.h"
#include "cmd/check_reports.h"
#include "cmd/check_sources.h"
#include "cmd/check_wait.h"
#include "cmd/cmd.h"
#include "cmd/launch.h"
#include "cmd/target.h"
#include "common/memory.h"
#include "reader/request.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Frames of a stack, so that suppressions can name any of them: as many as a fifth of time buys. */
#define CHECK_STACK        "stack=8"
#define CHECK_STACK_OPTION "stack="

#define CHECK_LEFT_MAX     64 /* children that are named; more make no difference */

/* A check in the making. */
struct check_job {
	const struct arguments *arguments;
	struct launch launch;
	struct reader *reader;
	struct reader_snapshot *snapshot;
	struct symbols *symbols;
	struct check check;
	char *command; /* its words, for people */
	int status;    /* of the command */
};

static char *check_words(char *const *words)
{
	char *text = memory_text(words[0] ? words[0] : "");

	for (size_t i = 1; words[0] && words[i]; i++) {
		char *longer = memory_printed("%s %s", text, words[i]);

		free(text);
		text = longer;
	}
	return text;
}

/* The words with `number` in the place of every %n. */
static char **check_growth_words(char *const *words, const char *number)
{
	size_t count = 0;
	char **copies;

	while (words[count])
		count++;
	copies = memory_zeroed(count + 1, sizeof(char *));
	for (size_t i = 0; i < count; i++) {
		copies[i] = memory_text(words[i]);
		for (char *at = copies[i]; (at = strstr(at, "%n"));) {
			size_t before = (size_t)(at - copies[i]);
			char *longer =
				memory_printed("%.*s%s%s", (int)before, copies[i], number, at + 2);

			free(copies[i]);
			copies[i] = longer;
			at = longer + before + strlen(number);
		}
	}
	return copies;
}

/* Whether somebody has said how deep stacks are to be. */
static bool check_has_stack(const struct arguments *arguments)
{
	const char *options = getenv("POOLTAG_OPTIONS");
	bool has = arguments->stack_option || (options && strstr(options, CHECK_STACK_OPTION));

	for (size_t i = 0; i < arguments->option_count; i++)
		has |= strncmp(arguments->options[i], CHECK_STACK_OPTION,
			       sizeof(CHECK_STACK_OPTION) - 1) == 0;
	return has;
}

/*
 * Reads the segments of a run, or of one process, anew. Returns 0 or the exit status after a line.
 */
static int check_refresh(struct check_job *job, const char *directory, uint64_t run_id,
			 uint32_t pid)
{
	int error;

	if (!job->reader) {
		job->reader = reader_create(directory);
		reader_want(job->reader,
			    READER_WANT_LEAKS | READER_WANT_STACKS | READER_WANT_PEAKS);
	}
	reader_limit(job->reader, run_id, pid);
	reader_snapshot_drop(job->snapshot);
	job->snapshot = NULL;
	error = reader_refresh(job->reader, &job->snapshot);
	if (error == 0)
		return 0;
	fprintf(stderr, "poolmon: check: directory %s: %s\n", directory, strerror(-error));
	return CHECK_STATUS_IMPOSSIBLE;
}

/* Takes the processes out of the snapshot. */
static void check_take(struct check_job *job)
{
	if (!job->symbols)
		job->symbols = symbols_create(job->arguments->debug_dir, true);
	check_collect(&job->check, job->snapshot, job->symbols);
}

/* The command itself must have left a segment: an allocator that was not ours saw nothing. */
static void check_find_command(struct check_job *job)
{
	const char *command = job->launch.command[0];

	for (size_t i = 0; i < job->snapshot->process_count; i++) {
		if (job->snapshot->processes[i].pid == (uint32_t)job->launch.child)
			return;
	}
	check_add_absent(&job->check, (uint32_t)job->launch.child, command, CHECK_OUTCOME_ABSENT,
			 target_obstacle(command));
}

/* Children that outlive the command, and have not even a segment yet. */
static void check_find_running(struct check_job *job)
{
	pid_t left[CHECK_LEFT_MAX];
	size_t count = check_wait_left(left, CHECK_LEFT_MAX);

	for (size_t i = 0; i < count; i++) {
		bool known = false;

		for (size_t k = 0; k < job->check.process_count; k++)
			known |= job->check.processes[k].pid == (uint32_t)left[i] &&
				 job->check.processes[k].outcome == CHECK_OUTCOME_RUNNING;
		if (!known)
			check_add_absent(&job->check, (uint32_t)left[i], "a child of the command",
					 CHECK_OUTCOME_RUNNING, NULL);
	}
}

/* A program in which not one allocation was seen may have an allocator of its own. */
static void check_find_idle(struct check_job *job)
{
	for (size_t i = 0; i < job->check.process_count; i++) {
		struct check_process *process = &job->check.processes[i];
		char *obstacle = process->allocs ? NULL : target_obstacle(process->exe);

		if (obstacle && process->outcome != CHECK_OUTCOME_ABSENT)
			check_mark_absent(&job->check, process, obstacle);
		else
			free(obstacle);
	}
}

/* Segments that cannot be read may be those of the run. */
static void check_find_unread(struct check_job *job)
{
	for (size_t i = 0; i < job->snapshot->refusal_count; i++) {
		const struct reader_refusal *refusal = &job->snapshot->refusals[i];
		char *text = memory_printed("%s %s", refusal->path, refusal->text);

		check_note(&job->check, text);
	}
}

/* Judges and reports. Returns the exit status of the check. */
static int check_finish(struct check_job *job, const char *name)
{
	const struct check_settings *settings = &job->arguments->check;
	int status;
	int written;

	check_judge(&job->check);
	status = check_sources_update(&job->check, settings, job->status);
	written = check_reports_write(&job->check, settings, name);
	if (check_exit_status(&job->check))
		status = check_exit_status(&job->check);
	return status ? status : written;
}

/* Runs the command once and takes what it left into job->check. Returns 0 or the exit status. */
static int check_run(struct check_job *job, char **words)
{
	struct arguments arguments = *job->arguments;
	char stack[] = CHECK_STACK;
	int status;

	arguments.operands = words;
	if (!check_has_stack(&arguments))
		arguments.stack_option = stack;
	status = launch_prepare(&job->launch, "check", &arguments, "leak_check=1");
	if (status)
		return status;
	check_wait_prepare();
	job->status = launch_run(&job->launch);
	if (!job->launch.started)
		return job->status;
	check_wait(job->arguments->check.wait_ns);
	status = check_refresh(job, job->launch.directory, job->launch.id, 0);
	if (status)
		return status;
	check_take(job);
	check_find_command(job);
	check_find_running(job);
	check_find_idle(job);
	check_find_unread(job);
	if (!arguments.keep)
		launch_clean(&job->launch, job->snapshot);
	return 0;
}

static int check_command(struct check_job *job)
{
	int status = check_run(job, job->arguments->operands);

	if (status || !job->launch.started)
		return status;
	if (job->status)
		check_note(&job->check, memory_printed("the command itself ended with %d, which is "
						       "the exit status",
						       job->status));
	status = check_finish(job, job->arguments->operands[0]);
	return job->status ? job->status : status;
}

/* Runs the command for so many iterations: %n in its words, and POOLMON_ITERATIONS. */
static int check_iterate(struct check_job *job, uint64_t iterations)
{
	char *number = memory_printed("%" PRIu64, iterations);
	char **words = check_growth_words(job->arguments->operands, number);
	int status =
		setenv("POOLMON_ITERATIONS", number, 1) ? LAUNCH_FAILED : check_run(job, words);

	for (size_t i = 0; words[i]; i++)
		free(words[i]);
	free(words);
	free(number);
	if (status == 0 && job->status)
		fprintf(stderr,
			"poolmon: check: the command failed, so that nothing is compared\n");
	return status ? status : job->status;
}

/* Runs the command twice, and judges what grew. */
static int check_growth(struct check_job *job)
{
	const struct check_settings *settings = &job->arguments->check;
	struct check_options collected;
	struct check_options judged;
	struct check before;
	int status;

	growth_options(&settings->options, &collected);
	check_init(&before, &collected);
	job->check.options = &collected;
	status = check_iterate(job, settings->warm_up);
	if (status == 0) {
		check_move(&job->check, &before);
		launch_fini(&job->launch);
		status = check_iterate(job, settings->warm_up + settings->growth);
	}
	if (status == 0) {
		growth_compare(&before, &job->check, settings->growth, &judged);
		status = check_finish(job, job->arguments->operands[0]);
	}
	check_fini(&before);
	return status;
}

/* Asks the process for a scan, and reads its segment again. */
static int check_now(struct check_job *job, uint32_t pid)
{
	int error = 0;

	for (size_t i = 0; error == 0 && i < job->snapshot->process_count; i++) {
		const struct reader_process *process = &job->snapshot->processes[i];

		if (reader_state_runs(process->state))
			error = request_scan(process, job->arguments->check.wait_ns);
	}
	if (error == 0)
		return check_refresh(job, job->arguments->dir, 0, pid);
	fprintf(stderr, "poolmon: check: process %u: %s\n", pid,
		error == -ETIMEDOUT
			? "it did not look whether a scan is wanted: it does when it allocates, or "
			  "at the signal of its option leak_signal="
			: strerror(-error));
	return CHECK_STATUS_IMPOSSIBLE;
}

/* A process that runs, or a segment that was kept. */
static int check_process(struct check_job *job)
{
	uint32_t pid = job->arguments->model.pids[0];
	int status = check_refresh(job, job->arguments->dir, 0, pid);

	if (status == 0 && job->arguments->check.now)
		status = check_now(job, pid);
	if (status)
		return status;
	check_take(job);
	if (job->check.process_count == 0) {
		fprintf(stderr,
			"poolmon: check: --pid %u: no such process under pooltag; poolmon list "
			"shows which there are\n",
			pid);
		return ARGUMENTS_USAGE_STATUS;
	}
	return check_finish(job, job->check.processes[0].exe);
}

int cmd_check(const struct arguments *arguments)
{
	struct check_job job = {.arguments = arguments};
	int status;

	check_init(&job.check, &arguments->check.options);
	job.command = arguments->model.pid_count
			      ? memory_printed("process %u", arguments->model.pids[0])
			      : check_words(arguments->operands);
	job.check.command = job.command;
	status = check_sources_load(&job.check, &arguments->check);
	if (status == 0 && arguments->check.list_suppressions) {
		suppressions_print(&job.check.suppressions, stdout);
	} else if (status == 0) {
		if (arguments->model.pid_count)
			status = check_process(&job);
		else if (arguments->check.growth)
			status = check_growth(&job);
		else
			status = check_command(&job);
	}
	reader_snapshot_drop(job.snapshot);
	reader_destroy(job.reader);
	launch_fini(&job.launch);
	check_fini(&job.check);
	symbols_destroy(job.symbols);
	free(job.command);
	return status;
}
