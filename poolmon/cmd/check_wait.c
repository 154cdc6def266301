/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/check_wait.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHECK_WAIT_NS_PER_S 1000000000u

static uint64_t check_wait_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * CHECK_WAIT_NS_PER_S + (uint64_t)now.tv_nsec;
}

void check_wait_prepare(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* Takes the status of all that have ended. Returns 0 when there are others, or -1. */
static pid_t check_wait_reap(void)
{
	pid_t pid;

	do {
		pid = waitpid(-1, NULL, WNOHANG);
	} while (pid > 0 || (pid < 0 && errno == EINTR));
	return pid;
}

void check_wait(uint64_t timeout_ns)
{
	uint64_t deadline = check_wait_clock() + timeout_ns;
	sigset_t child;
	sigset_t before;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &before);
	while (check_wait_reap() == 0) {
		uint64_t now = check_wait_clock();
		uint64_t left = deadline > now ? deadline - now : 0;
		const struct timespec time = {.tv_sec = (time_t)(left / CHECK_WAIT_NS_PER_S),
					      .tv_nsec = (long)(left % CHECK_WAIT_NS_PER_S)};

		if (left == 0 || (sigtimedwait(&child, NULL, &time) < 0 && errno == EAGAIN))
			break;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
}

size_t check_wait_left(pid_t *ret_pids, size_t max)
{
	size_t count = 0;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "re");
	while (file && count < max && fscanf(file, "%d", &ret_pids[count]) == 1)
		count++;
	if (file)
		fclose(file);
	return count;
}
