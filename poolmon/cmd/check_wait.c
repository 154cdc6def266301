/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/check_wait.h"

#include <poll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CHECK_WAIT_NS_PER_MS 1000000u

uint64_t check_wait_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* A descriptor that becomes readable when the process ends; negative: it has, or is not ours. */
static int check_wait_open(const struct reader_process *process)
{
	return (int)syscall(SYS_pidfd_open, (pid_t)process->pid, 0);
}

bool check_wait(const struct reader_snapshot *snapshot, uint64_t run_id, uint64_t deadline_ns)
{
	uint64_t now = check_wait_clock();
	uint64_t left = deadline_ns > now ? (deadline_ns - now) / CHECK_WAIT_NS_PER_MS : 0;
	struct pollfd end = {.fd = -1, .events = POLLIN};
	bool ended;

	for (size_t i = 0; end.fd < 0 && i < snapshot->process_count; i++) {
		const struct reader_process *process = &snapshot->processes[i];

		/* One of another pid namespace has no number here. */
		if (process->run_id == run_id && process->state == READER_LIVE)
			end.fd = check_wait_open(process);
	}
	if (end.fd < 0)
		return false;
	ended = poll(&end, 1, left > INT32_MAX ? INT32_MAX : (int)left) > 0;
	close(end.fd);
	return ended;
}
