/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/containers.h"

#include "common/memory.h"
#include "common/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CONTAINERS_INTERVAL_NS 3000000000u /* between looks: there may be thousands of processes */

void containers_fini(struct containers *containers)
{
	free(containers->mounts);
	free(containers->processes);
}

/* The inode of a namespace; 0: it may not be known. */
static ino_t containers_namespace(const char *pid, const char *kind)
{
	char path[64];
	struct stat status;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/%s", pid, kind);
	return stat(path, &status) == 0 ? status.st_ino : 0;
}

static void containers_add_mount(struct containers *containers, ino_t inode, uint32_t pid)
{
	for (size_t i = 0; i < containers->mount_count; i++) {
		if (containers->mounts[i].inode == inode)
			return;
	}
	memory_reserve(&containers->mounts, &containers->mounts_allocated, containers->mount_count,
		       sizeof(*containers->mounts));
	containers->mounts[containers->mount_count++] =
		(struct containers_mount){.inode = inode, .pid = pid};
}

/* The last number of the line "NSpid:" is the one in the innermost namespace; 0: none is there. */
static uint32_t containers_inner_pid(uint32_t pid)
{
	char path[32];
	char line[256];
	uint32_t inner = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		char *last = strrchr(line, '\t');

		if (strncmp(line, "NSpid:", 6) == 0 && last)
			inner = (uint32_t)strtoul(last, NULL, 10);
	}
	if (file)
		fclose(file);
	return inner;
}

static void containers_add_process(struct containers *containers, ino_t namespace, uint32_t pid)
{
	uint32_t inner = containers_inner_pid(pid);

	if (inner == 0)
		return;
	memory_reserve(&containers->processes, &containers->processes_allocated,
		       containers->process_count, sizeof(*containers->processes));
	containers->processes[containers->process_count++] =
		(struct containers_process){.namespace = namespace, .pid = inner, .host_pid = pid};
}

void containers_look(struct containers *containers, uint64_t now_ns)
{
	ino_t our_mount = containers_namespace("self", "mnt");
	ino_t our_pids = containers_namespace("self", "pid");
	const struct dirent *entry;
	DIR *proc;

	if (now_ns < containers->due_ns || !our_mount || !our_pids)
		return;
	containers->due_ns = now_ns + CONTAINERS_INTERVAL_NS;
	containers->mount_count = 0;
	containers->process_count = 0;
	proc = opendir("/proc");
	while (proc && (entry = readdir(proc))) {
		uint64_t pid;
		ino_t inode;

		if (text_to_number(entry->d_name, INT32_MAX, &pid))
			continue;
		inode = containers_namespace(entry->d_name, "mnt");
		if (inode && inode != our_mount)
			containers_add_mount(containers, inode, (uint32_t)pid);
		inode = containers_namespace(entry->d_name, "pid");
		if (inode && inode != our_pids)
			containers_add_process(containers, inode, (uint32_t)pid);
	}
	if (proc)
		closedir(proc);
}

int containers_open(const struct containers_mount *mount, const char *name)
{
	struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW,
			       .resolve = RESOLVE_IN_ROOT};
	char root[32];
	char *path;
	long fd;
	int root_fd;

	snprintf(root, sizeof(root), "/proc/%u/root", mount->pid);
	root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0)
		return -errno;
	path = memory_printed("dev/shm/%s", name);
	fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
	if (fd < 0)
		fd = -errno;
	free(path);
	close(root_fd);
	return (int)fd;
}

uint32_t containers_host_pid(const struct containers *containers, ino_t namespace, uint32_t pid,
			     bool *ret_known)
{
	*ret_known = false;
	for (size_t i = 0; i < containers->process_count; i++) {
		const struct containers_process *process = &containers->processes[i];

		if (process->namespace != namespace)
			continue;
		*ret_known = true;
		if (process->pid == pid)
			return process->host_pid;
	}
	return 0;
}
