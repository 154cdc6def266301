/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/reader.h"

#include "common/memory.h"
#include "common/text.h"
#include "reader/containers.h"
#include "reader/liveness.h"
#include "reader/mapping.h"
#include "reader/segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define READER_PREFIX          "pooltag-"
#define READER_ALL_DIRECTORIES "/dev/shm/" READER_PREFIX "*"

/* A directory and the segments met there. */
struct reader_directory {
	char *path;
	bool asked_for; /* named by the user: it must exist */
	bool contained; /* in the container `mount` */
	struct containers_mount mount;
	const char *name; /* of its last component */
	size_t segment_count;
	struct segment **segments; /* by name */
};

struct reader {
	struct reader_choice choice;
	struct liveness_here here;
	bool all_users;
	bool everywhere; /* containers, too */
	struct containers containers;
	size_t directory_count;
	size_t directories_allocated;
	struct reader_directory *directories;
};

/* A snapshot in the making. */
struct reader_build {
	struct reader_snapshot *snapshot;
	size_t processes_allocated;
	size_t refusals_allocated;
};

const char *reader_reason_name(enum reader_reason reason)
{
	static const char *const names[] = {
		[READER_OK] = "ok",
#define READER_REASON(id, name, text) [READER_##id] = name,
#include "reader/reasons.def"
	};

	return names[reason];
}

const char *reader_reason_text(enum reader_reason reason)
{
	static const char *const texts[] = {
		[READER_OK] = "is fine",
#define READER_REASON(id, name, text) [READER_##id] = text,
#include "reader/reasons.def"
	};

	return texts[reason];
}

const char *reader_state_name(enum reader_state state)
{
	static const char *const names[READER_STATE_MAX] = {
		[READER_LIVE] = "live",       [READER_UNKNOWN] = "unknown",
		[READER_EXITED] = "exited",   [READER_EXECED] = "execed",
		[READER_CRASHED] = "crashed",
	};

	return names[state];
}

/* The directory `path`, new when it was not known. */
static struct reader_directory *reader_directory(struct reader *reader, const char *path)
{
	struct reader_directory *directory;

	for (size_t i = 0; i < reader->directory_count; i++) {
		if (strcmp(reader->directories[i].path, path) == 0)
			return &reader->directories[i];
	}
	memory_reserve(&reader->directories, &reader->directories_allocated,
		       reader->directory_count, sizeof(*reader->directories));
	directory = &reader->directories[reader->directory_count++];
	memset(directory, 0, sizeof(*directory));
	directory->path = memory_text(path);
	return directory;
}

struct reader *reader_create(const char *dir)
{
	struct reader *reader = memory_zeroed(1, sizeof(*reader));
	char path[64];

	liveness_init(&reader->here);
	if (dir) {
		reader_directory(reader, dir)->asked_for = true;
		return reader;
	}
	snprintf(path, sizeof(path), POOLTAG_DIRECTORY_FORMAT, geteuid());
	reader_directory(reader, path);
	reader->all_users = geteuid() == 0;
	reader->everywhere = true;
	reader->here.containers = &reader->containers;
	return reader;
}

static void reader_directory_fini(struct reader_directory *directory)
{
	for (size_t i = 0; i < directory->segment_count; i++)
		segment_destroy(directory->segments[i]);
	free(directory->segments);
	free(directory->path);
}

void reader_destroy(struct reader *reader)
{
	if (!reader)
		return;
	for (size_t i = 0; i < reader->directory_count; i++)
		reader_directory_fini(&reader->directories[i]);
	free(reader->directories);
	containers_fini(&reader->containers);
	free(reader);
}

static void reader_refuse(struct reader_build *build, const char *path,
			  const struct segment_fault *fault)
{
	struct reader_snapshot *snapshot = build->snapshot;
	struct reader_refusal *refusal;
	char escaped[4 * sizeof(fault->text) + 1];

	memory_reserve(&snapshot->refusals, &build->refusals_allocated, snapshot->refusal_count,
		       sizeof(*snapshot->refusals));
	refusal = &snapshot->refusals[snapshot->refusal_count++];
	text_escape(fault->text, strlen(fault->text), escaped);
	refusal->path = memory_text(path);
	refusal->reason = fault->reason;
	refusal->text = memory_printed("%s%s%s%s", reader_reason_text(fault->reason),
				       *escaped ? " (" : "", escaped, *escaped ? ")" : "");
}

/* Files that are being created have names that start with a dot. */
static int reader_is_candidate(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int reader_by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Makes the directory's segments those of `names` (sorted), keeping what is known of old ones. */
static void reader_match(struct reader_directory *directory, struct dirent **names, size_t count)
{
	struct segment **matched = memory_zeroed(count, sizeof(struct segment *));
	size_t old = 0;

	for (size_t i = 0; i < count; i++) {
		int order = 1;

		while (old < directory->segment_count &&
		       (order = strcmp(segment_name(directory->segments[old]), names[i]->d_name)) <
			       0)
			segment_destroy(directory->segments[old++]);
		if (old < directory->segment_count && order == 0)
			matched[i] = directory->segments[old++];
		else
			matched[i] = segment_create(directory->path, names[i]->d_name);
	}
	while (old < directory->segment_count)
		segment_destroy(directory->segments[old++]);
	free(directory->segments);
	directory->segments = matched;
	directory->segment_count = count;
}

static int reader_list(struct reader_directory *directory, int fd)
{
	struct dirent **names = NULL;
	int count = scandirat(fd, ".", &names, reader_is_candidate, reader_by_name);

	if (count < 0)
		return -errno;
	reader_match(directory, names, (size_t)count);
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
	return 0;
}

static void reader_read_segments(struct reader *reader, struct reader_directory *directory, int fd,
				 uid_t owner, struct reader_build *build)
{
	struct reader_snapshot *snapshot = build->snapshot;

	for (size_t i = 0; i < directory->segment_count; i++) {
		struct segment *segment = directory->segments[i];
		struct segment_fault fault = {0};
		struct reader_process *process;
		int got;

		memory_reserve(&snapshot->processes, &build->processes_allocated,
			       snapshot->process_count, sizeof(*snapshot->processes));
		process = &snapshot->processes[snapshot->process_count];
		memset(process, 0, sizeof(*process));
		got = segment_read(segment, fd, owner, &reader->choice, &reader->here,
				   snapshot->mono_ns, process, &fault);
		process->contained = got > 0 && directory->contained;
		if (got > 0)
			snapshot->process_count++;
		else if (got < 0)
			reader_refuse(build, segment_path(segment), &fault);
	}
}

static int reader_open_directory(const struct reader_directory *directory)
{
	int fd;

	if (directory->contained)
		return containers_open(&directory->mount, directory->name);
	fd = open(directory->path,
		  O_RDONLY | O_DIRECTORY | O_CLOEXEC | (directory->asked_for ? 0 : O_NOFOLLOW));
	return fd < 0 ? -errno : fd;
}

/*
 * A directory that anybody could have made in /dev/shm under a user's name holds that user's files
 * or none: the owner of the directory decides, and files of others in it are refused.
 */
static int reader_read_directory(struct reader *reader, struct reader_directory *directory,
				 struct reader_build *build)
{
	int fd = reader_open_directory(directory);
	struct stat status;
	int error;

	/* A container may have ended, or its rights may have changed, since it was found. */
	if (fd < 0 && directory->contained)
		return 0;
	if (fd < 0)
		return fd == -ENOENT && !directory->asked_for ? 0 : fd;
	error = fstat(fd, &status) < 0 ? -errno : reader_list(directory, fd);
	if (error == 0)
		reader_read_segments(reader, directory, fd, status.st_uid, build);
	close(fd);
	return error;
}

/* The directories of segments in a container that does not share its /dev/shm with us. */
static void reader_find_contained(struct reader *reader, const struct containers_mount *mount)
{
	int fd = containers_open(mount, "");
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	struct stat there;
	struct stat here;

	if (!directory) {
		if (fd >= 0)
			close(fd);
		return;
	}
	if (fstat(fd, &there) == 0 && stat("/dev/shm", &here) == 0 && there.st_dev == here.st_dev &&
	    there.st_ino == here.st_ino) {
		closedir(directory);
		return;
	}
	while ((entry = readdir(directory))) {
		struct reader_directory *found;
		char *path;

		if (strncmp(entry->d_name, READER_PREFIX, strlen(READER_PREFIX)) != 0)
			continue;
		path = memory_printed("/proc/%u/root/dev/shm/%s", mount->pid, entry->d_name);
		found = reader_directory(reader, path);
		found->contained = true;
		found->mount = *mount;
		found->name = strrchr(found->path, '/') + 1;
		free(path);
	}
	closedir(directory);
}

/* Forgets the directories of containers that are not there any more. */
static void reader_forget_contained(struct reader *reader)
{
	for (size_t i = reader->directory_count; i-- > 0;) {
		struct reader_directory *directory = &reader->directories[i];
		bool there = !directory->contained;

		for (size_t k = 0; !there && k < reader->containers.mount_count; k++)
			there = reader->containers.mounts[k].inode == directory->mount.inode &&
				reader->containers.mounts[k].pid == directory->mount.pid;
		if (there)
			continue;
		reader_directory_fini(directory);
		reader->directory_count--;
		memmove(directory, directory + 1,
			(reader->directory_count - i) * sizeof(*directory));
	}
}

static void reader_find_directories(struct reader *reader, uint64_t now_ns)
{
	glob_t found;

	if (reader->everywhere) {
		containers_look(&reader->containers, now_ns);
		reader_forget_contained(reader);
		for (size_t i = 0; i < reader->containers.mount_count; i++)
			reader_find_contained(reader, &reader->containers.mounts[i]);
	}
	if (!reader->all_users)
		return;
	if (glob(READER_ALL_DIRECTORIES, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			reader_directory(reader, found.gl_pathv[i]);
	}
	globfree(&found);
}

static int reader_compare(const void *left, const void *right)
{
	const struct reader_process *a = left;
	const struct reader_process *b = right;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	if (a->start_ticks != b->start_ticks)
		return a->start_ticks < b->start_ticks ? -1 : 1;
	if (a->generation != b->generation)
		return a->generation < b->generation ? -1 : 1;
	return strcmp(a->path, b->path);
}

static uint64_t reader_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void reader_want(struct reader *reader, unsigned wants)
{
	reader->choice.wants = wants;
}

void reader_limit(struct reader *reader, uint64_t run_id, uint32_t pid)
{
	reader->choice.run_id = run_id;
	reader->choice.pid = pid;
}

/* Returns a negative errno when a directory that was asked for cannot be read. */
static int reader_read_directories(struct reader *reader, struct reader_build *build)
{
	for (size_t i = 0; i < reader->directory_count; i++) {
		struct reader_directory *directory = &reader->directories[i];
		int error = reader_read_directory(reader, directory, build);
		struct segment_fault fault = {.reason = READER_OPEN};

		if (error == 0)
			continue;
		if (directory->asked_for)
			return error;
		snprintf(fault.text, sizeof(fault.text), "%s", strerror(-error));
		reader_refuse(build, directory->path, &fault);
	}
	return 0;
}

int reader_refresh(struct reader *reader, struct reader_snapshot **ret_snapshot)
{
	struct reader_build build = {.snapshot = memory_zeroed(1, sizeof(*build.snapshot))};
	struct reader_snapshot *snapshot = build.snapshot;
	int error;

	snapshot->references = 1;
	snapshot->wants = reader->choice.wants;
	snapshot->mono_ns = reader_clock(CLOCK_MONOTONIC);
	snapshot->real_ns = reader_clock(CLOCK_REALTIME);
	reader_find_directories(reader, snapshot->mono_ns);
	mapping_begin();
	error = reader_read_directories(reader, &build);
	mapping_end();
	if (error) {
		reader_snapshot_drop(snapshot);
		return error;
	}
	if (snapshot->process_count)
		qsort(snapshot->processes, snapshot->process_count, sizeof(*snapshot->processes),
		      reader_compare);
	*ret_snapshot = snapshot;
	return 0;
}

struct reader_snapshot *reader_snapshot_hold(const struct reader_snapshot *snapshot)
{
	struct reader_snapshot *held = (struct reader_snapshot *)(uintptr_t)snapshot;

	/* The count of references is not part of what never changes. */
	held->references++;
	return held;
}

void reader_snapshot_drop(struct reader_snapshot *snapshot)
{
	if (!snapshot || --snapshot->references > 0)
		return;
	for (size_t i = 0; i < snapshot->process_count; i++)
		segment_process_fini(&snapshot->processes[i]);
	for (size_t i = 0; i < snapshot->refusal_count; i++) {
		free(snapshot->refusals[i].path);
		free(snapshot->refusals[i].text);
	}
	free(snapshot->processes);
	free(snapshot->refusals);
	free(snapshot);
}

int reader_remove(const struct reader_process *process)
{
	char *path = memory_text(process->path);
	char *name = strrchr(path, '/');
	struct stat status;
	int directory;
	int error = 0;

	if (reader_state_runs(process->state) || !name) {
		free(path);
		return name ? -EBUSY : -EINVAL;
	}
	if (process->contained) {
		free(path);
		return -EXDEV;
	}
	*name++ = '\0';
	/*
	 * The name holds pid and start time, so it cannot have become another process's file. But
	 * the user whose directory it is may have put another one in its place, for us to remove
	 * from.
	 */
	directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0 || fstat(directory, &status) < 0)
		error = -errno;
	else if (status.st_uid != process->uid)
		error = -EPERM;
	else if (unlinkat(directory, name, 0) < 0)
		error = -errno;
	if (directory >= 0)
		close(directory);
	free(path);
	return error;
}
