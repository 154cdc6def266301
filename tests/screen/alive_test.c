/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * alive_test.c - who runs and who has ended, for a reader that has watched them before
 *
 * Children make segments of their own and wait. They are killed, reaped or left as zombies, lose
 * their first thread, have got the number of another one, or are more than there are descriptors to
 * watch them with.
 */
#include "fixture/fixture.h"
#include "harness/tap.h"
#include "reader/reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALIVE_MANY        20
#define ALIVE_DESCRIPTORS 24

static char alive_dir[] = "/tmp/poolmon-alive-XXXXXX";

static void *alive_wait(void *unused)
{
	for (;;)
		pause();
	return unused;
}

/* A child with a segment; with `second` its first thread ends, and another one goes on. */
static pid_t alive_start(bool second)
{
	pthread_t thread;
	int ready[2];
	FILE *out;
	char byte;
	pid_t child;

	if (pipe(ready) < 0)
		exit(99);
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		out = fixture_text_begin(alive_dir);
		fputs("process 1.1 mine /usr/bin/alive\nmodule /usr/bin/alive\n"
		      "site aliv Paged 0 main 0\nshard 0\ncell 0 0 1 10 32 0 0 0\n",
		      out);
		fixture_text_end(out, alive_dir);
		if (second && pthread_create(&thread, NULL, alive_wait, NULL))
			_exit(99);
		if (write(ready[1], "", 1) != 1)
			_exit(99);
		if (second)
			pthread_exit(NULL);
		alive_wait(NULL);
	}
	close(ready[1]);
	if (child < 0 || read(ready[0], &byte, 1) != 1)
		exit(99);
	close(ready[0]);
	return child;
}

/* How many processes are in `state`. */
static int alive_count(struct reader *reader, enum reader_state state)
{
	struct reader_snapshot *snapshot;
	int count = 0;

	if (reader_refresh(reader, &snapshot))
		exit(99);
	for (size_t i = 0; i < snapshot->process_count; i++)
		count += snapshot->processes[i].state == state;
	reader_snapshot_drop(snapshot);
	return count;
}

/* Waits until the kernel calls a child a zombie, and leaves it one. */
static void alive_kill(pid_t child)
{
	siginfo_t info;

	kill(child, SIGKILL);
	if (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) < 0)
		exit(99);
}

static void alive_clear(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -f %s/*", alive_dir);
	if (system(command) != 0)
		exit(99);
}

static void alive_one(bool second)
{
	const char *what = second ? "whose first thread has ended" : "of one thread";
	struct reader *reader = reader_create(alive_dir);
	pid_t child = alive_start(second);
	char path[32];
	char state = 0;

	/* The first thread has ended when the kernel says so. */
	snprintf(path, sizeof(path), "/proc/%d/stat", child);
	while (second && state != 'Z') {
		FILE *stat = fopen(path, "re");

		if (!stat || fscanf(stat, "%*d %*s %c", &state) != 1)
			exit(99);
		fclose(stat);
	}
	for (int i = 0; i < 3; i++)
		ok(alive_count(reader, READER_LIVE) == 1, "a process %s, look %d", what, i + 1);
	alive_kill(child);
	ok(alive_count(reader, READER_CRASHED) == 1, "is killed");
	ok(alive_count(reader, READER_CRASHED) == 1, "and does not come back");
	waitpid(child, NULL, 0);
	ok(alive_count(reader, READER_CRASHED) == 1, "when it is reaped neither");
	reader_destroy(reader);
	alive_clear();
}

/* A segment of a process that had the number of one that runs now. */
static void alive_other(void)
{
	struct reader *reader = reader_create(alive_dir);
	pid_t child = alive_start(false);
	struct reader_snapshot *snapshot;
	uint64_t start;
	char path[96];
	int fd;

	if (reader_refresh(reader, &snapshot) || snapshot->process_count != 1)
		exit(99);
	start = snapshot->processes[0].start_ticks - 1;
	snprintf(path, sizeof(path), "%s/%d.%llu", alive_dir, child, (unsigned long long)start);
	if (rename(snapshot->processes[0].path, path) < 0)
		exit(99);
	reader_snapshot_drop(snapshot);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || pwrite(fd, &start, sizeof(start),
			     offsetof(struct pooltag_segment_header, start_ticks)) < 0)
		exit(99);
	close(fd);
	for (int i = 0; i < 2; i++)
		ok(alive_count(reader, READER_CRASHED) == 1,
		   "another process has its number, look %d", i + 1);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	reader_destroy(reader);
	alive_clear();
}

static int alive_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = -3; /* the directory itself, "." and ".." */

	while (directory && readdir(directory))
		count++;
	if (directory)
		closedir(directory);
	return count;
}

static void alive_many(void)
{
	struct rlimit few = {.rlim_cur = ALIVE_DESCRIPTORS, .rlim_max = ALIVE_DESCRIPTORS};
	struct reader *reader;
	pid_t children[ALIVE_MANY];
	int before = alive_descriptors();

	for (int i = 0; i < ALIVE_MANY; i++)
		children[i] = alive_start(false);
	if (setrlimit(RLIMIT_NOFILE, &few) < 0)
		exit(99);
	reader = reader_create(alive_dir);
	for (int i = 0; i < 2; i++)
		ok(alive_count(reader, READER_LIVE) == ALIVE_MANY, "%d processes, look %d",
		   ALIVE_MANY, i + 1);
	ok(alive_descriptors() > before && alive_descriptors() <= ALIVE_DESCRIPTORS / 2,
	   "with %d of %d descriptors", alive_descriptors(), ALIVE_DESCRIPTORS);
	for (int i = 0; i < ALIVE_MANY; i += 2)
		alive_kill(children[i]);
	ok(alive_count(reader, READER_CRASHED) == ALIVE_MANY / 2 &&
		   alive_count(reader, READER_LIVE) == ALIVE_MANY / 2,
	   "half of them are killed");
	for (int i = 0; i < ALIVE_MANY; i++) {
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
	}
	ok(alive_count(reader, READER_CRASHED) == ALIVE_MANY, "then all");
	reader_destroy(reader);
	ok(alive_descriptors() == before, "and no descriptor is left");
	alive_clear();
}

int main(void)
{
	char command[96];

	if (!mkdtemp(alive_dir))
		return 99;
	alive_one(false);
	alive_one(true);
	alive_other();
	alive_many();
	snprintf(command, sizeof(command), "rm -r %s", alive_dir);
	ok(system(command) == 0, "cleaned up");
	return done();
}
