/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/launch.h"
#include "cmd/library.h"
#include "common/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAUNCH_NOT_FOUND      127
#define LAUNCH_NOT_EXECUTABLE 126
#define LAUNCH_SIGNALLED      128 /* plus the signal */

/* The value of the last dir= among the options, which is the one the library takes. */
static char *launch_directory(const char *options)
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

static void launch_append(char **options, const char *option)
{
	char *longer = memory_printed("%s%s%s", *options, **options ? ":" : "", option);

	free(*options);
	*options = longer;
}

/* The library's path, or the exit status after one line. */
static int launch_find_library(struct launch *launch)
{
	launch->library = library_find();
	if (!launch->library) {
		fprintf(stderr, "poolmon: %s: %s not found; set %s to its path\n", launch->name,
			LIBRARY_NAME, LIBRARY_VARIABLE);
		return ARGUMENTS_USAGE_STATUS;
	}
	if (strpbrk(launch->library, ": ")) {
		fprintf(stderr,
			"poolmon: %s: the path '%s' holds a blank or a colon, which LD_PRELOAD "
			"cannot express; put the library elsewhere and set %s\n",
			launch->name, launch->library, LIBRARY_VARIABLE);
		return ARGUMENTS_USAGE_STATUS;
	}
	return 0;
}

int launch_prepare(struct launch *launch, const char *name, const struct arguments *arguments,
		   const char *own)
{
	const char *preload = getenv("LD_PRELOAD");
	const char *options = getenv("POOLTAG_OPTIONS");
	char *last;
	int status;

	*launch = (struct launch){.name = name, .command = arguments->operands};
	status = launch_find_library(launch);
	if (status)
		return status;
	while (launch->id == 0) {
		if (getrandom(&launch->id, sizeof(launch->id), 0) != sizeof(launch->id)) {
			fprintf(stderr, "poolmon: %s: getrandom: %s\n", name, strerror(errno));
			return LAUNCH_FAILED;
		}
	}
	launch->preload = memory_printed("%s%s%s", launch->library, preload && *preload ? ":" : "",
					 preload ? preload : "");
	launch->options = memory_text(options ? options : "");
	for (size_t i = 0; i < arguments->option_count; i++)
		launch_append(&launch->options, arguments->options[i]);
	if (arguments->stack_option)
		launch_append(&launch->options, arguments->stack_option);
	if (arguments->rules_option)
		launch_append(&launch->options, arguments->rules_option);
	if (arguments->dir) {
		char *option = memory_printed("dir=%s", arguments->dir);

		launch_append(&launch->options, option);
		free(option);
	}
	last = memory_printed("%s%skeep=1:run=%" PRIu64, own, *own ? ":" : "", launch->id);
	launch_append(&launch->options, last);
	free(last);
	launch->directory = launch_directory(launch->options);
	return 0;
}

void launch_fini(struct launch *launch)
{
	free(launch->library);
	free(launch->options);
	free(launch->preload);
	free(launch->directory);
}

/* In the child: becomes the command, or tells the parent why not. */
static void launch_exec(const struct launch *launch, const sigset_t *mask, int report)
{
	int error;

	if (setenv("LD_PRELOAD", launch->preload, 1) == 0 &&
	    setenv("POOLTAG_OPTIONS", launch->options, 1) == 0) {
		sigprocmask(SIG_SETMASK, mask, NULL);
		execvp(launch->command[0], launch->command);
	}
	error = errno;
	if (write(report, &error, sizeof(error)) != sizeof(error))
		_exit(LAUNCH_FAILED);
	_exit(LAUNCH_NOT_FOUND);
}

static int launch_exec_status(const struct launch *launch, int error)
{
	const char *command = launch->command[0];

	if (error == ENOENT && !strchr(command, '/'))
		fprintf(stderr, "poolmon: %s: %s: command not found\n", launch->name, command);
	else
		fprintf(stderr, "poolmon: %s: %s: %s\n", launch->name, command, strerror(error));
	return error == ENOENT ? LAUNCH_NOT_FOUND : LAUNCH_NOT_EXECUTABLE;
}

/*
 * Waits for the child. Signals the terminal sends reach the whole process group, so only those that
 * somebody sent to poolmon alone are handed on.
 */
static int launch_wait(pid_t child, const sigset_t *signals)
{
	int status;

	while (1) {
		siginfo_t info;
		int signal_number;
		pid_t ended = waitpid(child, &status, WNOHANG);

		if (ended == child)
			break;
		if (ended < 0 && errno != EINTR)
			return -errno;
		signal_number = sigwaitinfo(signals, &info);
		if (signal_number > 0 && signal_number != SIGCHLD && info.si_code != SI_KERNEL)
			kill(child, signal_number);
	}
	return WIFSIGNALED(status) ? LAUNCH_SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
}

int launch_run(struct launch *launch)
{
	static const int handled[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
	sigset_t signals;
	sigset_t before;
	int report[2];
	int error = 0;
	ssize_t got;
	pid_t child;
	int status;

	sigemptyset(&signals);
	for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++)
		sigaddset(&signals, handled[i]);
	if (pipe2(report, O_CLOEXEC) < 0) {
		fprintf(stderr, "poolmon: %s: pipe: %s\n", launch->name, strerror(errno));
		return LAUNCH_FAILED;
	}
	sigprocmask(SIG_BLOCK, &signals, &before);
	child = fork();
	if (child == 0)
		launch_exec(launch, &before, report[1]);
	close(report[1]);
	if (child < 0) {
		fprintf(stderr, "poolmon: %s: fork: %s\n", launch->name, strerror(errno));
		close(report[0]);
		return LAUNCH_FAILED;
	}
	do {
		got = read(report[0], &error, sizeof(error));
	} while (got < 0 && errno == EINTR);
	close(report[0]);
	status = launch_wait(child, &signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (got == (ssize_t)sizeof(error))
		return launch_exec_status(launch, error);
	launch->started = true;
	launch->child = child;
	return status;
}

void launch_clean(const struct launch *launch, const struct reader_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->process_count; i++) {
		const struct reader_process *process = &snapshot->processes[i];
		int error;

		if (process->run_id != launch->id || reader_state_runs(process->state))
			continue;
		error = reader_remove(process);
		if (error && error != -ENOENT)
			fprintf(stderr, "poolmon: %s: %s stays: %s\n", launch->name, process->path,
				strerror(-error));
	}
}
