/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * containers.h - processes in other mount and pid namespaces
 *
 * Looks through /proc for namespaces that are not ours. Of a mount namespace the /dev/shm is found
 * through /proc/<pid>/root of any process in it; of a pid namespace, what its processes are called
 * there and here. What may not be looked at is skipped: without privileges that is all but one's
 * own.
 *
 * Callers: reader/. Allocates; no locks. A path inside a container is followed within its root, so
 * that a symbolic link there cannot lead to files here.
 */
#ifndef POOLMON_READER_CONTAINERS_H
#define POOLMON_READER_CONTAINERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A mount namespace, by a process in it. */
struct containers_mount {
	ino_t inode;
	uint32_t pid; /* ours */
};

/* A process of another pid namespace. */
struct containers_process {
	ino_t namespace;
	uint32_t pid;      /* there */
	uint32_t host_pid; /* here */
};

/* Zero-initialise. */
struct containers {
	uint64_t due_ns; /* of the next look */
	size_t mount_count;
	size_t mounts_allocated;
	struct containers_mount *mounts;
	size_t process_count;
	size_t processes_allocated;
	struct containers_process *processes;
};

void containers_fini(struct containers *containers);

/* Looks again when it is time; `now_ns` is CLOCK_MONOTONIC. */
void containers_look(struct containers *containers, uint64_t now_ns);

/*
 * Opens the directory `name` of the container's /dev/shm, or that itself with "". Returns a
 * descriptor or a negative errno.
 */
int containers_open(const struct containers_mount *mount, const char *name);

/*
 * Our number of process `pid` of a pid namespace; 0: there is none. *ret_known: whether we see into
 * that namespace.
 */
uint32_t containers_host_pid(const struct containers *containers, ino_t namespace, uint32_t pid,
			     bool *ret_known);

#endif
