// SPDX-License-Identifier: BSD-2-Clause
/*
 * nomem.c - memory really runs out (RLIMIT_AS), comes back, and everything goes on
 *
 * Writes TAP. No output and no stdio between the exhaustion and its end.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 1 << 26 };

static void *blocks[MOST];

/* Allocates blocks of `size` until that fails; frees them all. The number of blocks, or -1. */
static long exhaust(size_t size)
{
	long count = 0;
	bool good;

	while (count < MOST && (blocks[count] = malloc(size)) != NULL)
		memset(blocks[count++], 1, size < 64 ? size : 64);
	good = count < MOST && errno == ENOMEM;
	errno = 0;
	good = good && calloc(1, 64u << 20) == NULL && errno == ENOMEM;
	for (long i = 0; i < count; i++)
		free(blocks[i]);
	return good ? count : -1;
}

/*
 * In a program of its own, so that every size starts with an empty heap and with the limit already
 * there, as under `ulimit -v`. 0 when it went well.
 */
static int start_child(const char *size)
{
	const struct rlimit limit = {1280ul << 20, RLIM_INFINITY};
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (setrlimit(RLIMIT_AS, &limit) != 0)
			_exit(2);
		execl("/proc/self/exe", "nomem", size, (char *)NULL);
		_exit(3);
	}
	waitpid(child, &status, 0);
	return status;
}

/*
 * The second time finds the memory of the first. Address space is the limit here, and an allocator
 * may fragment it; one that lost freed memory would find next to nothing.
 */
static int exhaust_twice(size_t size)
{
	long first = exhaust(size);
	long second = exhaust(size);

	return first > 0 && second > first / 2 ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const char *const sizes[] = {"20", "400", "4000", "20000", "300000", "5000000"};
	int number = 0;
	int failures = 0;

	if (argc > 1)
		return exhaust_twice(strtoul(argv[1], NULL, 10));
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (; number < 6; number++) {
		int status = start_child(sizes[number]);

		printf("%s %d - blocks of %s until ENOMEM, twice\n", status ? "not ok" : "ok",
		       number + 1, sizes[number]);
		if (status)
			printf("#   wait status 0x%x\n", (unsigned)status);
		failures += status != 0;
	}
	printf("1..%d\n", number);
	return failures != 0;
}
