/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/liveness.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Reads a small file whole into `out` as a string. Returns its length or a negative errno. */
static ssize_t liveness_read(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;
	int error;

	if (fd < 0)
		return -errno;
	length = read(fd, out, size - 1);
	error = errno;
	close(fd);
	if (length < 0)
		return -error;
	out[length] = '\0';
	return length;
}

static int liveness_hex(char digit)
{
	return digit >= '0' && digit <= '9'   ? digit - '0'
	       : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
					      : -1;
}

void liveness_init(struct liveness_here *ret_here)
{
	char text[64];
	struct stat status;
	struct rlimit limit;
	size_t digits = 0;

	memset(ret_here, 0, sizeof(*ret_here));
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		ret_here->descriptors =
			limit.rlim_cur < INT_MAX ? (int)limit.rlim_cur / 2 : INT_MAX;
	if (liveness_read("/proc/sys/kernel/random/boot_id", text, sizeof(text)) > 0) {
		for (const char *at = text; *at && digits < 32; at++) {
			int value = liveness_hex(*at);

			if (value < 0)
				continue;
			ret_here->boot_id[digits / 2] =
				(uint8_t)(ret_here->boot_id[digits / 2] << 4 | value);
			digits++;
		}
	}
	if (stat("/proc/self/ns/pid", &status) == 0)
		ret_here->pidns_inode = status.st_ino;
}

/* What /proc/<pid>/stat says. */
struct liveness_stat {
	char state;
	uint32_t parent;
	uint64_t threads;
	uint64_t start_ticks;
};

/* Returns 0, a negative errno when it cannot be read, or -EBADMSG. */
static int liveness_stat(uint32_t pid, struct liveness_stat *ret_stat)
{
	char path[32];
	char text[1024];
	char *field;
	ssize_t length;

	memset(ret_stat, 0, sizeof(*ret_stat));
	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	length = liveness_read(path, text, sizeof(text));
	if (length < 0)
		return (int)length;
	field = strrchr(text, ')'); /* the command may hold blanks and parentheses */
	if (!field || field[1] != ' ')
		return -EBADMSG;
	field += 2;
	ret_stat->state = *field;
	for (int number = 3; field && number <= 22; number++) {
		if (number == 4)
			ret_stat->parent = (uint32_t)strtoul(field, NULL, 10);
		else if (number == 20)
			ret_stat->threads = strtoull(field, NULL, 10);
		else if (number == 22)
			ret_stat->start_ticks = strtoull(field, NULL, 10);
		field = strchr(field, ' ');
		if (field)
			field++;
	}
	return 0;
}

uint32_t reader_parent(uint32_t pid)
{
	struct liveness_stat stat;

	return liveness_stat(pid, &stat) == 0 ? stat.parent : 0;
}

void liveness_forget(struct liveness_watch *watch)
{
	if (watch->pid)
		close(watch->descriptor);
	watch->pid = 0;
}

/* Whether the process that is watched is `pid` and runs; it is forgotten if not. */
static bool liveness_is_watched(struct liveness_watch *watch, uint32_t pid)
{
	struct pollfd end = {.fd = watch->descriptor, .events = POLLIN};

	if (watch->pid && watch->pid == pid && poll(&end, 1, 0) == 0)
		return true;
	liveness_forget(watch);
	return false;
}

/* Watches the process that has the number `pid` now, if descriptors allow. */
static void liveness_begin(const struct liveness_here *here, struct liveness_watch *watch,
			   uint32_t pid)
{
	long descriptor = syscall(SYS_pidfd_open, (pid_t)pid, 0);

	if (descriptor >= here->descriptors)
		close((int)descriptor);
	else if (descriptor >= 0)
		*watch = (struct liveness_watch){.pid = pid, .descriptor = (int)descriptor};
}

/*
 * Whether `pid` started at `start_ticks` and has not ended. A zombie has ended, unless only its
 * first thread has. It is watched before it is looked at, so that what was looked at is watched.
 */
static bool liveness_runs(const struct liveness_here *here, uint32_t pid, uint64_t start_ticks,
			  struct liveness_watch *watch)
{
	struct liveness_stat stat;
	bool runs;
	int error;

	if (pid == 0 || pid > INT32_MAX)
		return false;
	if (liveness_is_watched(watch, pid))
		return true;
	liveness_begin(here, watch, pid);
	error = liveness_stat(pid, &stat);
	runs = error == 0 && stat.start_ticks == start_ticks && stat.state != 'X' &&
	       (stat.state != 'Z' || stat.threads > 1);
	if (!runs)
		liveness_forget(watch);
	if (error == 0 || error == -EBADMSG)
		return runs;
	/* Hidden by hidepid, or no /proc: a reused pid cannot be told from the old one. */
	return kill((pid_t)pid, 0) == 0 || errno == EPERM;
}

uint32_t liveness_session(uint32_t pid)
{
	char path[32];
	char text[32];
	unsigned long number;
	char *end;

	snprintf(path, sizeof(path), "/proc/%u/sessionid", pid);
	if (liveness_read(path, text, sizeof(text)) <= 0)
		return 0;
	number = strtoul(text, &end, 10);
	return end == text || number >= UINT32_MAX ? 0 : (uint32_t)number;
}

static bool liveness_is_zero(const uint8_t id[16])
{
	static const uint8_t zero[16];

	return memcmp(id, zero, sizeof(zero)) == 0;
}

bool liveness_same_boot(const struct liveness_here *here,
			const struct pooltag_segment_header *header)
{
	return !liveness_is_zero(header->boot_id) &&
	       memcmp(header->boot_id, here->boot_id, sizeof(here->boot_id)) == 0;
}

/* Whether we see into the pid namespace of `header`; its process's number here, 0: none. */
static bool liveness_sees(const struct liveness_here *here,
			  const struct pooltag_segment_header *header, uint32_t *ret_pid)
{
	bool known = header->pidns_inode && header->pidns_inode == here->pidns_inode;

	*ret_pid = known ? header->pid : 0;
	if (!known && header->pidns_inode && here->containers)
		*ret_pid = containers_host_pid(here->containers, (ino_t)header->pidns_inode,
					       header->pid, &known);
	return known;
}

uint32_t liveness_host_pid(const struct liveness_here *here,
			   const struct pooltag_segment_header *header)
{
	uint32_t pid;

	if (header->pidns_inode == 0)
		return header->pid;
	(void)liveness_sees(here, header, &pid);
	return pid;
}

enum reader_state liveness_of(const struct liveness_here *here,
			      const struct pooltag_segment_header *header,
			      struct liveness_watch *watch)
{
	bool told = !liveness_is_zero(header->boot_id) && !liveness_is_zero(here->boot_id);
	uint32_t pid;

	if (header->state == POOLTAG_STATE_EXECED)
		return READER_EXECED;
	if (told && !liveness_same_boot(here, header))
		return header->state == POOLTAG_STATE_EXITED ? READER_EXITED : READER_CRASHED;
	if (!told || !liveness_sees(here, header, &pid))
		return header->state == POOLTAG_STATE_EXITED ? READER_EXITED : READER_UNKNOWN;
	if (liveness_runs(here, pid, header->start_ticks, watch))
		return READER_LIVE;
	return header->state == POOLTAG_STATE_EXITED ? READER_EXITED : READER_CRASHED;
}
