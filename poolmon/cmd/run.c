/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.c - runs a command under pooltag and reports on it and its children
 */
#include "cmd/cmd.h"
#include "cmd/launch.h"
#include "cmd/session.h"
#include "cmd/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Says which processes of the run go on without us. */
static void run_tell_running(const struct session *session)
{
	for (size_t i = 0; i < session->snapshot->process_count; i++) {
		const struct reader_process *process = &session->snapshot->processes[i];

		if (model_selects(session->model, process) && reader_state_runs(process->state))
			fprintf(stderr,
				"poolmon: process %u (%s) of this run still runs; its figures are "
				"those of now\n",
				process->pid, reader_process_name(process));
	}
}

static int run_write_json(struct session *session, const char *path)
{
	FILE *out = fopen(path, "we");
	int status;

	if (!out) {
		fprintf(stderr, "poolmon: --json=%s: %s\n", path, strerror(errno));
		return LAUNCH_FAILED;
	}
	status = session_print(session, true, true, out);
	if (fclose(out) == EOF && status == 0) {
		fprintf(stderr, "poolmon: --json=%s: %s\n", path, strerror(errno));
		status = LAUNCH_FAILED;
	}
	return status;
}

/* Says why nothing is known of the command. */
static void run_tell_nothing(const char *command)
{
	char *obstacle = target_obstacle(command);

	if (obstacle)
		fprintf(stderr, "poolmon: run: %s left no segment: %s\n", command, obstacle);
	else
		fprintf(stderr,
			"poolmon: run: %s left no segment: does it clear its environment, or "
			"does it only start what cannot be preloaded?\n",
			command);
	free(obstacle);
}

/* Reads what the run left and reports. Returns 0 or LAUNCH_FAILED. */
static int run_report(const struct launch *launch, const struct arguments *arguments)
{
	struct model_options options = arguments->model;
	struct session session;
	int status;

	options.run_id = launch->id;
	session_init(&session, arguments, &options, launch->directory, true);
	status = session_tell(&session, session_refresh(&session)) ? LAUNCH_FAILED : 0;
	if (status == 0 && model_counts(session.model)->shown == 0)
		run_tell_nothing(arguments->operands[0]);
	if (status == 0) {
		run_tell_running(&session);
		if (arguments->json_file)
			status = run_write_json(&session, arguments->json_file);
		if (arguments->report && session_print(&session, false, false, stderr))
			status = LAUNCH_FAILED;
		if (!arguments->keep)
			launch_clean(launch, session.snapshot);
	}
	session_fini(&session);
	return status;
}

int cmd_run(const struct arguments *arguments)
{
	struct launch launch;
	int status = launch_prepare(&launch, "run", arguments, "");

	if (status == 0) {
		status = launch_run(&launch);
		/* The command's own failure tells more than ours. */
		if (launch.started && run_report(&launch, arguments) && status == 0)
			status = LAUNCH_FAILED;
	}
	launch_fini(&launch);
	return status;
}
