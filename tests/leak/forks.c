// SPDX-License-Identifier: BSD-2-Clause
/*
 * forks.c - forks while other threads scan and are in the loader, and scans in the children
 *
 * forks: prints "N children" when every child could make a scan of its own, which found what it lost.
 * Half of the children are made by _Fork, which calls no handlers.
 */
#include <link.h>
#include <pooltag/pooltag.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 100

static int stop;

static void *scan_always(void *unused)
{
	struct pooltag_leaks leaks;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		pooltag_leak_check(&leaks);
	return unused;
}

/* What glibc does not free in a child: the lock of the loader's list. */
static int see_module(struct dl_phdr_info *module, size_t size, void *unused)
{
	(void)module;
	(void)size;
	(void)unused;
	return 0;
}

static void *list_always(void *unused)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		dl_iterate_phdr(see_module, NULL);
	return unused;
}

__attribute__((noinline)) static void lose(void)
{
	void *volatile block = malloc(77);

	block = NULL;
	(void)block;
}

static void scan_once(void)
{
	struct pooltag_leaks leaks;

	alarm(60); /* the default action ends a child that hangs */
	lose();
	_exit(pooltag_leak_check(&leaks) == 0 && leaks.definite.blocks >= 1 ? 0 : 1);
}

int main(void)
{
	int good = 0;
	pthread_t scanner, lister;

	alarm(240);
	pthread_create(&scanner, NULL, scan_always, NULL);
	pthread_create(&lister, NULL, list_always, NULL);
	for (int i = 0; i < CHILDREN; i++) {
		pid_t child = i % 2 ? _Fork() : fork();
		int status = 0;

		if (child == 0)
			scan_once();
		waitpid(child, &status, 0);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
			fprintf(stderr, "child %d ended with status 0x%x\n", i, (unsigned)status);
			break;
		}
		good++;
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(scanner, NULL);
	pthread_join(lister, NULL);
	printf("%d children\n", good);
	return 0;
}
