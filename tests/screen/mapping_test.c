/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mapping_test.c - files that are taken away while one looks at them
 *
 * First the mapping alone, step by step, then a reader that watches a segment while another process
 * (of another user, where the test is root's) cuts it short, punches holes into it, fills it again and
 * replaces it, as fast as it can.
 */
#include "fixture/fixture.h"
#include "harness/tap.h"
#include "reader/mapping.h"
#include "reader/reader.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAPPING_BYTES   (64u * 1024)
#define MAPPING_ROUNDS  20000
#define MAPPING_SECONDS 200
#define MAPPING_SITES   2000
#define MAPPING_OTHER   65534u /* a user */

static char mapping_dir[] = "/dev/shm/poolmon-mapping-XXXXXX";

/* What a look does: it adds up, and may do something else in the middle. */
struct mapping_task {
	size_t first;
	size_t size;
	uint64_t sum;
	void (*between)(struct mapping_task *task);
	int fd;
	const volatile char *other;
};

static void mapping_add(void *context, const char *at)
{
	struct mapping_task *task = context;

	for (size_t i = 0; i < task->size; i++) {
		if (i == task->size / 2 && task->between)
			task->between(task);
		task->sum += (unsigned char)at[i];
	}
}

static int mapping_file(size_t size)
{
	static char bytes[MAPPING_BYTES];
	char path[128];
	int fd;

	memset(bytes, 1, sizeof(bytes));
	snprintf(path, sizeof(path), "%s/.file", mapping_dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || unlink(path) < 0 || write(fd, bytes, size) != (ssize_t)size)
		exit(99);
	return fd;
}

static int mapping_map(struct mapping *mapping, int fd, uint64_t offset, size_t size)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		exit(99);
	return mapping_cover(mapping, fd, &status, offset, size);
}

static bool mapping_guarded_look(const struct mapping *mapping, uint64_t offset,
				 void (*look)(void *context, const char *at), void *context)
{
	bool whole;

	mapping_begin();
	whole = mapping_look(mapping, offset, look, context);
	mapping_end();
	return whole;
}

static void mapping_cut(struct mapping_task *task)
{
	if (ftruncate(task->fd, 0) < 0)
		exit(99);
}

static void mapping_touch_other(struct mapping_task *task)
{
	task->sum += (unsigned char)*task->other;
}

static void mapping_send(struct mapping_task *task)
{
	(void)task;
	raise(SIGBUS);
}

static void mapping_on_bus(int number)
{
	(void)number;
	_exit(42);
}

/* How a child ends in which a SIGBUS comes that is none of the mapping's. */
static int mapping_end_of(void (*between)(struct mapping_task *), bool handled)
{
	struct mapping_task task = {.size = MAPPING_BYTES, .between = between};
	struct sigaction action = {.sa_handler = handled ? mapping_on_bus : SIG_DFL};
	struct mapping mapping = {0};
	int status;
	pid_t child = fork();

	if (child == 0) {
		int fd = mapping_file(MAPPING_BYTES);
		int other = mapping_file(MAPPING_BYTES);

		task.other = mmap(NULL, MAPPING_BYTES, PROT_READ, MAP_SHARED, other, 0);
		if (task.other == MAP_FAILED || ftruncate(other, 0) < 0 ||
		    sigaction(SIGBUS, &action, NULL) < 0 ||
		    mapping_map(&mapping, fd, 0, MAPPING_BYTES))
			_exit(99);
		mapping_guarded_look(&mapping, 0, mapping_add, &task);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		exit(99);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void mapping_alone(void)
{
	struct mapping_task task = {.size = 5000};
	struct mapping mapping = {0};
	struct sigaction before;
	int fd = mapping_file(MAPPING_BYTES);

	ok(mapping_map(&mapping, fd, 4096 + 64, 5000) == 0 &&
		   mapping_guarded_look(&mapping, 4096 + 64, mapping_add, &task) &&
		   task.sum == 5000,
	   "5000 bytes that do not begin with a page");
	task.sum = 0;
	task.size = 50000;
	ok(mapping_map(&mapping, fd, 4096 + 64, 50000) == 0 &&
		   mapping_guarded_look(&mapping, 4096 + 64, mapping_add, &task) &&
		   task.sum == 50000,
	   "it has grown");
	task.between = mapping_cut;
	task.fd = fd;
	for (int i = 0; i < 2; i++)
		ok(!mapping_guarded_look(&mapping, 4096 + 64, mapping_add, &task),
		   "a file that is cut short under our eyes, look %d", i + 1);
	ok(sigaction(SIGBUS, NULL, &before) == 0 && !(before.sa_flags & SA_NODEFER),
	   "afterwards SIGBUS does what it did");
	mapping_drop(&mapping);
	ok(mapping_map(&mapping, fd, 0, 4096) < 0 && !mapping.base,
	   "what is not there is not mapped");
	close(fd);
}

static void mapping_copies(void)
{
	struct mapping mapping = {0};
	int fd = mapping_file(MAPPING_BYTES);
	int other = mapping_file(MAPPING_BYTES);
	uint64_t words[4] = {0};
	struct stat status;
	struct stat another;

	if (fstat(fd, &status) < 0 || fstat(other, &another) < 0 ||
	    mapping_map(&mapping, fd, 4096, 4096))
		exit(99);
	ok(!mapping_copy(&mapping, &status, 4096, words, 8) && words[0] == 0,
	   "without a guard nothing is touched");
	mapping_begin();
	ok(mapping_copy(&mapping, &status, 8192 - 16, words, 16) &&
		   words[1] == 0x0101010101010101 && words[2] == 0,
	   "the last two words");
	ok(mapping_copy(&mapping, &status, 4100, &words[2], 4) && words[2] == 0x01010101,
	   "half a word");
	ok(!mapping_copy(&mapping, &status, 8192 - 8, words, 16) &&
		   !mapping_copy(&mapping, &status, 0, words, 8) &&
		   !mapping_copy(&mapping, &status, UINT64_MAX - 7, words, 16) &&
		   !mapping_copy(&mapping, &status, 4096, words, SIZE_MAX - 7),
	   "what is not mapped is not copied");
	ok(!mapping_copy(&mapping, &another, 4096, words, 8), "nor what is of another file");
	ok(ftruncate(fd, 4096) == 0 && !mapping_copy(&mapping, &status, 4096, words, 8),
	   "nor what is not there any more");
	mapping_end();
	mapping_drop(&mapping);
	close(fd);
	close(other);
}

static void mapping_hollow(void)
{
	struct mapping mapping = {0};
	int fd = mapping_file(MAPPING_BYTES);
	struct stat status;

	ok(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 8192, 4096) == 0 &&
		   mapping_map(&mapping, fd, 4096, 20000) < 0,
	   "a part with a hole is not mapped");
	ok(fstat(fd, &status) == 0 && status.st_blocks * 512 == (off_t)MAPPING_BYTES - 4096,
	   "and not filled");
	ok(mapping_map(&mapping, fd, 0, 8192) == 0, "the part before it is");
	mapping_drop(&mapping);
	close(fd);
}

static void mapping_others(void)
{
	ok(mapping_end_of(NULL, false) == 0, "a look alone ends well");
	ok(mapping_end_of(mapping_touch_other, false) == -SIGBUS,
	   "another file that is cut short kills");
	ok(mapping_end_of(mapping_touch_other, true) == 42, "or comes to who was there before");
	ok(mapping_end_of(mapping_send, false) == -SIGBUS, "a SIGBUS that was sent kills");
	ok(mapping_end_of(mapping_send, true) == 42, "or comes to who was there before");
}

/* Does to the segment what its owner can, until it is killed. */
static void mapping_attack(const char *path)
{
	static char good[1u << 20];
	char aside[160];
	int fd;
	ssize_t size;

	if ((geteuid() == 0 && setuid(MAPPING_OTHER) < 0) || prctl(PR_SET_PDEATHSIG, SIGKILL))
		_exit(99);
	fd = open(path, O_RDWR | O_CLOEXEC);
	size = fd < 0 ? -1 : read(fd, good, sizeof(good));
	snprintf(aside, sizeof(aside), "%s/.aside", mapping_dir);
	for (unsigned round = 0; size > 0; round++) {
		off_t at = (off_t)(round * 4096ull % (unsigned)size);
		int error = 0;

		usleep(round % 200); /* let it be read and mapped */
		if (round % 64 == 0) {
			close(fd);
			fd = open(aside, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		} else if (round % 3 == 0) {
			error = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, 8192);
		} else {
			error = ftruncate(fd, at);
		}
		if (error || pwrite(fd, good, (size_t)size, 0) != size ||
		    (round % 64 == 0 && rename(aside, path) < 0))
			break;
	}
	_exit(99);
}

/* What a snapshot says has to be possible, whatever the file is at that moment. */
static bool mapping_is_odd(const struct reader_snapshot *snapshot)
{
	if (snapshot->process_count + snapshot->refusal_count > 1)
		return true;
	for (size_t i = 0; snapshot->process_count && i < snapshot->processes[0].tables->site_count;
	     i++) {
		const struct pooltag_cell *sum = &snapshot->processes[0].sums[i];

		if (sum->frees > sum->allocs || sum->free_charge > sum->alloc_charge ||
		    sum->allocs > (uint64_t)i + 2)
			return true;
	}
	return false;
}

static void mapping_watch(void)
{
	struct reader *reader = reader_create(mapping_dir);
	struct reader_snapshot *snapshot;
	unsigned rounds = 0;
	unsigned accepted = 0;
	unsigned refused = 0;
	unsigned odd = 0;
	char path[128];
	pid_t child;

	fixture_many(mapping_dir, 1, MAPPING_SITES, 2);
	snprintf(path, sizeof(path), "%s/%u.%u", mapping_dir, FIXTURE_MANY_PID, FIXTURE_MANY_START);
	if (geteuid() == 0 && (chown(path, MAPPING_OTHER, MAPPING_OTHER) < 0 ||
			       chown(mapping_dir, MAPPING_OTHER, MAPPING_OTHER) < 0))
		exit(99);
	child = fork();
	if (child == 0)
		mapping_attack(path);
	for (; rounds < MAPPING_ROUNDS || !accepted || !refused; rounds++) {
		if (reader_refresh(reader, &snapshot))
			exit(99);
		accepted += snapshot->process_count > 0;
		refused += snapshot->refusal_count > 0;
		odd += mapping_is_odd(snapshot);
		reader_snapshot_drop(snapshot);
	}
	ok(waitpid(child, NULL, WNOHANG) == 0, "the attacker is at it to the end");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	diag("%u read, %u refused", accepted, refused);
	ok(accepted + refused > rounds / 2, "a segment under attack is read or refused");
	ok(odd == 0, "%u of %u times its figures are odd", odd, rounds);
	reader_destroy(reader);
}

int main(void)
{
	char command[96];

	if (!mkdtemp(mapping_dir))
		return 99;
	alarm(MAPPING_SECONDS);
	mapping_alone();
	mapping_copies();
	mapping_hollow();
	mapping_others();
	mapping_watch();
	snprintf(command, sizeof(command), "rm -r %s", mapping_dir);
	ok(system(command) == 0, "cleaned up");
	return done();
}
