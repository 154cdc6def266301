/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/request.h"

#include "reader/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_STEP_NS 2000000u /* between two looks at the answer */

/* A request under way. */
struct request {
	struct file file;
	const struct reader_process *process;
	uint32_t number;                         /* of the request for a scan */
	const struct pooltag_question *question; /* NULL: a scan is wanted */
};

static int request_read(const struct file *file, struct pooltag_scan *ret_scan)
{
	struct segment_fault fault;

	return file_read_records(file, POOLTAG_SECTION_SCAN, 0, 1, ret_scan, sizeof(*ret_scan),
				 &fault)
		       ? -EIO
		       : 0;
}

/* Writes words of the record SCAN into the segment that `file` is. */
static int request_write(const struct file *file, size_t offset, const void *words, size_t size)
{
	uint64_t at = file->sections[POOLTAG_SECTION_SCAN].offset + offset;
	char path[64];
	int fd;
	int error = 0;

	/* The same file, whatever stands under its name by now. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (pwrite(fd, words, size, (off_t)at) != (ssize_t)size)
		error = -errno;
	close(fd);
	return error;
}

/* Requests are numbers that grow; one that came after ours was served with it. */
static bool request_is_served(const struct request *request, const struct pooltag_scan *scan)
{
	if (request->question)
		return scan->listing.about.number == request->question->number;
	return (int32_t)(scan->request_served - request->number) >= 0;
}

static int request_wait(const struct request *request, uint64_t timeout_ns,
			struct pooltag_scan *ret_scan)
{
	const struct timespec step = {.tv_nsec = REQUEST_STEP_NS};
	pid_t pid = (pid_t)request->process->host_pid;

	for (uint64_t waited = 0; waited <= timeout_ns; waited += REQUEST_STEP_NS) {
		int error = request_read(&request->file, ret_scan);

		if (error || request_is_served(request, ret_scan))
			return error;
		if (pid > 0 && kill(pid, 0) < 0 && errno == ESRCH)
			return -ESRCH;
		nanosleep(&step, NULL);
	}
	return -ETIMEDOUT;
}

static int request_make(struct request *request, struct pooltag_scan *scan, uint64_t timeout_ns)
{
	pid_t pid = (pid_t)request->process->host_pid;
	int error;

	request->number = scan->request + 1;
	error = request_write(&request->file, offsetof(struct pooltag_scan, request),
			      &request->number, sizeof(request->number));
	if (error)
		return error;
	if (pid > 0 && scan->request_signal && scan->request_signal < (uint32_t)SIGRTMAX)
		kill(pid, (int)scan->request_signal);
	return request_wait(request, timeout_ns, scan);
}

/*
 * Opens the segment of a process, and reads its record of requests. Returns 0 or a negative errno.
 */
static int request_open(struct request *request, const struct reader_process *process,
			struct pooltag_scan *ret_scan)
{
	struct segment_fault fault;
	const struct file *file = &request->file;
	int opened = file_open(&request->file, AT_FDCWD, process->path, process->uid, NULL, &fault);
	int error;

	request->process = process;
	if (opened <= 0)
		return opened ? -EIO : -ESRCH;
	if (file->header.pid != process->pid || file->header.start_ticks != process->start_ticks)
		error = -ESRCH;
	else
		error = file->sections[POOLTAG_SECTION_SCAN].count == 0
				? -ENOTSUP
				: request_read(file, ret_scan);
	if (error)
		file_close(&request->file);
	return error;
}

int request_scan(const struct reader_process *process, uint64_t timeout_ns)
{
	struct request request = {.question = NULL};
	struct pooltag_scan scan;
	int error = request_open(&request, process, &scan);

	if (error)
		return error;
	error = request_make(&request, &scan, timeout_ns);
	file_close(&request.file);
	return error;
}

static int request_compare(const void *left, const void *right)
{
	const struct pooltag_listed *a = left;
	const struct pooltag_listed *b = right;

	if (a->requested != b->requested)
		return a->requested > b->requested ? -1 : 1;
	return (a->address > b->address) - (a->address < b->address);
}

static bool request_is_about(const struct pooltag_question *about,
			     const struct pooltag_question *question)
{
	return about->number == question->number && about->tag == question->tag &&
	       about->pool == question->pool && about->site == question->site &&
	       about->least == question->least;
}

/* Reads the blocks of the answer `listing`, if it is still the one that stands there afterwards. */
static int request_read_blocks(struct request *request, const struct pooltag_listing *listing,
			       struct request_blocks *ret_blocks)
{
	struct file *file = &request->file;
	struct segment_fault fault;
	struct pooltag_scan after;

	ret_blocks->listing = *listing;
	if (listing->error)
		return -ECANCELED;
	/*
	 * A new answer begins at 0 again, so the count may have shrunk since the file was opened.
	 */
	file->sections[POOLTAG_SECTION_BLOCKS].count = 0;
	if (file_reload_count(file, POOLTAG_SECTION_BLOCKS, &fault) ||
	    listing->listed > POOLTAG_BLOCKS_MAX ||
	    listing->listed > file->sections[POOLTAG_SECTION_BLOCKS].count ||
	    file_read_records(file, POOLTAG_SECTION_BLOCKS, 0, listing->listed, ret_blocks->blocks,
			      sizeof(ret_blocks->blocks[0]), &fault) ||
	    request_read(file, &after))
		return -EIO;
	if (!request_is_about(&after.listing.about, request->question))
		return -EBUSY;
	qsort(ret_blocks->blocks, listing->listed, sizeof(ret_blocks->blocks[0]), request_compare);
	return 0;
}

int request_blocks(const struct reader_process *process, const struct pooltag_question *question,
		   uint64_t timeout_ns, struct request_blocks *ret_blocks)
{
	struct pooltag_question numbered = *question;
	struct request request = {.question = &numbered};
	struct pooltag_scan scan;
	int error = request_open(&request, process, &scan);

	if (error)
		return error;
	numbered.number = scan.listing.question.number + 1;
	if (numbered.number == 0)
		numbered.number = 1; /* 0 is none */
	if (request.file.sections[POOLTAG_SECTION_SCAN].stride < sizeof(struct pooltag_scan) ||
	    request.file.sections[POOLTAG_SECTION_BLOCKS].stride == 0)
		error = -ENOTSUP;
	else
		error = request_write(&request.file,
				      offsetof(struct pooltag_scan, listing.question), &numbered,
				      sizeof(numbered));
	if (error == 0)
		error = request_make(&request, &scan, timeout_ns);
	if (error == 0 && !request_is_about(&scan.listing.about, &numbered))
		error = -EBUSY;
	if (error == 0)
		error = request_read_blocks(&request, &scan.listing, ret_blocks);
	file_close(&request.file);
	return error;
}
