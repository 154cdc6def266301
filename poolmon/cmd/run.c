/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.c - runs a command under pooltag and reports on it and its children
 *
 * The library is put into the child's environment only: poolmon itself never runs under it. A run
 * has a random number, which the library writes into every segment of the command and of whatever
 * the command starts.
 */
#include "cmd/cmd.h"
#include "cmd/library.h"
#include "cmd/session.h"
#include "cmd/target.h"
#include "common/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUN_NOT_FOUND      127
#define RUN_NOT_EXECUTABLE 126
#define RUN_SIGNALLED      128 /* plus the signal */
#define RUN_FAILED         1   /* poolmon's own work could not be done */

struct run {
	const struct arguments *arguments;
	char *library;
	uint64_t id;
	char *options; /* POOLTAG_OPTIONS of the child */
	char *preload; /* LD_PRELOAD of the child */
	pid_t child;
	bool started;
};

/* The value of the last dir= among the options, which is the one the library takes. */
static char *run_directory(const char *options)
{
	char *copy = memory_text(options);
	char *rest = copy;
	char *directory = NULL;
	char *word;

	while ((word = strsep(&rest, ":"))) {
		if (strncmp(word, "dir=", 4) != 0)
			continue;
		free(directory);
		directory = word[4] ? memory_text(word + 4) : NULL;
	}
	free(copy);
	return directory;
}

static void run_append(char **options, const char *option)
{
	char *longer = memory_printed("%s%s%s", *options, **options ? ":" : "", option);

	free(*options);
	*options = longer;
}

static int run_prepare(struct run *run)
{
	const struct arguments *arguments = run->arguments;
	const char *preload = getenv("LD_PRELOAD");
	const char *options = getenv("POOLTAG_OPTIONS");
	char own[64];

	run->library = library_find();
	if (!run->library) {
		fprintf(stderr, "poolmon: run: %s not found; set %s to its path\n", LIBRARY_NAME,
			LIBRARY_VARIABLE);
		return ARGUMENTS_USAGE_STATUS;
	}
	if (strpbrk(run->library, ": ")) {
		fprintf(stderr,
			"poolmon: run: the path '%s' holds a blank or a colon, which LD_PRELOAD "
			"cannot express; put the library elsewhere and set %s\n",
			run->library, LIBRARY_VARIABLE);
		return ARGUMENTS_USAGE_STATUS;
	}
	while (run->id == 0) {
		if (getrandom(&run->id, sizeof(run->id), 0) != sizeof(run->id)) {
			fprintf(stderr, "poolmon: run: getrandom: %s\n", strerror(errno));
			return RUN_FAILED;
		}
	}
	run->preload = memory_printed("%s%s%s", run->library, preload && *preload ? ":" : "",
				      preload ? preload : "");
	run->options = memory_text(options ? options : "");
	for (size_t i = 0; i < arguments->option_count; i++)
		run_append(&run->options, arguments->options[i]);
	if (arguments->stack_option)
		run_append(&run->options, arguments->stack_option);
	if (arguments->rules_option)
		run_append(&run->options, arguments->rules_option);
	if (arguments->dir) {
		char *option = memory_printed("dir=%s", arguments->dir);

		run_append(&run->options, option);
		free(option);
	}
	snprintf(own, sizeof(own), "keep=1:run=%" PRIu64, run->id);
	run_append(&run->options, own);
	return 0;
}

/* In the child: becomes the command, or tells the parent why not. */
static void run_exec(const struct run *run, const sigset_t *mask, int report)
{
	int error;

	if (setenv("LD_PRELOAD", run->preload, 1) == 0 &&
	    setenv("POOLTAG_OPTIONS", run->options, 1) == 0) {
		sigprocmask(SIG_SETMASK, mask, NULL);
		execvp(run->arguments->operands[0], run->arguments->operands);
	}
	error = errno;
	if (write(report, &error, sizeof(error)) != sizeof(error))
		_exit(RUN_FAILED);
	_exit(RUN_NOT_FOUND);
}

static int run_exec_status(const struct run *run, int error)
{
	const char *command = run->arguments->operands[0];

	if (error == ENOENT && !strchr(command, '/'))
		fprintf(stderr, "poolmon: run: %s: command not found\n", command);
	else
		fprintf(stderr, "poolmon: run: %s: %s\n", command, strerror(error));
	return error == ENOENT ? RUN_NOT_FOUND : RUN_NOT_EXECUTABLE;
}

/*
 * Waits for the child. Signals the terminal sends reach the whole process group, so only those that
 * somebody sent to poolmon alone are handed on.
 */
static int run_wait(const struct run *run, const sigset_t *signals)
{
	int status;

	while (1) {
		siginfo_t info;
		int signal_number;
		pid_t ended = waitpid(run->child, &status, WNOHANG);

		if (ended == run->child)
			break;
		if (ended < 0 && errno != EINTR)
			return -errno;
		signal_number = sigwaitinfo(signals, &info);
		if (signal_number > 0 && signal_number != SIGCHLD && info.si_code != SI_KERNEL)
			kill(run->child, signal_number);
	}
	return WIFSIGNALED(status) ? RUN_SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Starts the command and waits for it. Returns the exit status. */
static int run_command(struct run *run)
{
	static const int handled[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
	sigset_t signals;
	sigset_t before;
	int report[2];
	int error = 0;
	ssize_t got;
	int status;

	sigemptyset(&signals);
	for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++)
		sigaddset(&signals, handled[i]);
	if (pipe2(report, O_CLOEXEC) < 0) {
		fprintf(stderr, "poolmon: run: pipe: %s\n", strerror(errno));
		return RUN_FAILED;
	}
	sigprocmask(SIG_BLOCK, &signals, &before);
	run->child = fork();
	if (run->child == 0)
		run_exec(run, &before, report[1]);
	close(report[1]);
	if (run->child < 0) {
		fprintf(stderr, "poolmon: run: fork: %s\n", strerror(errno));
		close(report[0]);
		return RUN_FAILED;
	}
	do {
		got = read(report[0], &error, sizeof(error));
	} while (got < 0 && errno == EINTR);
	close(report[0]);
	status = run_wait(run, &signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (got == (ssize_t)sizeof(error))
		return run_exec_status(run, error);
	run->started = true;
	return status;
}

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
		return RUN_FAILED;
	}
	status = session_print(session, true, true, out);
	if (fclose(out) == EOF && status == 0) {
		fprintf(stderr, "poolmon: --json=%s: %s\n", path, strerror(errno));
		status = RUN_FAILED;
	}
	return status;
}

/* Removes the files of the run's processes that are gone. */
static void run_clean(const struct session *session)
{
	for (size_t i = 0; i < session->snapshot->process_count; i++) {
		const struct reader_process *process = &session->snapshot->processes[i];
		int error;

		if (!model_selects(session->model, process) || reader_state_runs(process->state))
			continue;
		error = reader_remove(process);
		if (error && error != -ENOENT)
			fprintf(stderr, "poolmon: run: %s stays: %s\n", process->path,
				strerror(-error));
	}
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

/* Reads what the run left and reports. Returns 0 or RUN_FAILED. */
static int run_report(const struct run *run)
{
	const struct arguments *arguments = run->arguments;
	struct model_options options = arguments->model;
	char *directory = run_directory(run->options);
	struct session session;
	int status;

	options.run_id = run->id;
	session_init(&session, arguments, &options, directory, true);
	status = session_tell(&session, session_refresh(&session)) ? RUN_FAILED : 0;
	if (status == 0 && model_counts(session.model)->shown == 0)
		run_tell_nothing(arguments->operands[0]);
	if (status == 0) {
		run_tell_running(&session);
		if (arguments->json_file)
			status = run_write_json(&session, arguments->json_file);
		if (arguments->report && session_print(&session, false, false, stderr))
			status = RUN_FAILED;
		if (!arguments->keep)
			run_clean(&session);
	}
	session_fini(&session);
	free(directory);
	return status;
}

int cmd_run(const struct arguments *arguments)
{
	struct run run = {.arguments = arguments};
	int status = run_prepare(&run);

	if (status == 0) {
		status = run_command(&run);
		/* The command's own failure tells more than ours. */
		if (run.started && run_report(&run) && status == 0)
			status = RUN_FAILED;
	}
	free(run.library);
	free(run.options);
	free(run.preload);
	return status;
}
