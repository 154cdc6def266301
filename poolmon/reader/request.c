/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/request.h"

#include "reader/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_STEP_NS 2000000u /* between two looks at the answer */

static int request_read(const struct file *file, struct pooltag_scan *ret_scan)
{
	struct segment_fault fault;

	return file_read_records(file, POOLTAG_SECTION_SCAN, 0, 1, ret_scan, sizeof(*ret_scan),
				 &fault)
		       ? -EIO
		       : 0;
}

/* Writes the number of the request into the segment that `file` is. */
static int request_write(const struct file *file, uint32_t number)
{
	uint64_t at = file->sections[POOLTAG_SECTION_SCAN].offset +
		      offsetof(struct pooltag_scan, request);
	char path[64];
	int fd;
	int error = 0;

	/* The same file, whatever stands under its name by now. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (pwrite(fd, &number, sizeof(number), (off_t)at) != (ssize_t)sizeof(number))
		error = -errno;
	close(fd);
	return error;
}

static int request_wait(const struct file *file, const struct reader_process *process,
			uint32_t number, uint64_t timeout_ns)
{
	const struct timespec step = {.tv_nsec = REQUEST_STEP_NS};

	for (uint64_t waited = 0; waited <= timeout_ns; waited += REQUEST_STEP_NS) {
		struct pooltag_scan scan;
		int error = request_read(file, &scan);

		if (error || scan.request_served == number)
			return error;
		if (kill((pid_t)process->pid, 0) < 0 && errno == ESRCH)
			return -ESRCH;
		nanosleep(&step, NULL);
	}
	return -ETIMEDOUT;
}

static int request_make(const struct file *file, const struct reader_process *process,
			uint64_t timeout_ns)
{
	struct pooltag_scan scan;
	int error;

	if (file->sections[POOLTAG_SECTION_SCAN].count == 0)
		return -ENOTSUP;
	error = request_read(file, &scan);
	if (error == 0)
		error = request_write(file, scan.request + 1);
	if (error)
		return error;
	if (scan.request_signal && scan.request_signal < (uint32_t)SIGRTMAX)
		kill((pid_t)process->pid, (int)scan.request_signal);
	return request_wait(file, process, scan.request + 1, timeout_ns);
}

int request_scan(const struct reader_process *process, uint64_t timeout_ns)
{
	struct segment_fault fault;
	struct file file;
	int opened = file_open(&file, AT_FDCWD, process->path, process->uid, &fault);
	int error;

	if (opened <= 0)
		return opened ? -EIO : -ESRCH;
	error = file.header.pid == process->pid && file.header.start_ticks == process->start_ticks
			? request_make(&file, process, timeout_ns)
			: -ESRCH;
	file_close(&file);
	return error;
}
