// SPDX-License-Identifier: BSD-2-Clause
/*
 * plugins.c - one library after the other at the same address; the table is plugins.expect
 *
 * Usage: plugins DIRECTORY. The blocks outlive the code that made them.
 */
#include "host.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static void *blocks[64];
static size_t count;
static const char *directory;

/* Loads the file, calls its function twice, unloads it. Returns where the function was. */
static void *use(const char *file, const char *function, size_t size)
{
	char path[4096];
	void *handle;
	void *(*allocate)(size_t size);

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	MUST(handle != NULL);
	*(void **)&allocate = dlsym(handle, function);
	MUST(allocate != NULL);
	blocks[count++] = allocate(size);
	blocks[count++] = allocate(size);
	MUST(dlclose(handle) == 0);
	MUST(dlopen(path, RTLD_NOW | RTLD_NOLOAD) == NULL);
	return *(void **)&allocate;
}

/* Another thread's caches know the addresses, too. */
static void *in_thread(void *unused)
{
	use("attribution-second.so", "second_owner", 1000);
	return unused;
}

int main(int argc, char **argv)
{
	void *first, *second;
	int same = 0;
	pthread_t thread;

	MUST(argc == 2);
	directory = argv[1];
	for (int i = 0; i < 5; i++) {
		first = use("attribution-first.so", "first_owner", 100);
		second = use("attribution-second.so", "second_owner", 10);
		same += first == second;
	}
	/* If not a single pair was at the same place, nothing has been tested. */
	MUST(same > 0);
	MUST(pthread_create(&thread, NULL, in_thread, NULL) == 0);
	pthread_join(thread, NULL);
	use("attribution-first.so", "first_owner", 100);
	for (size_t i = 0; i < count; i += 2)
		free(blocks[i]);
	return 0;
}
