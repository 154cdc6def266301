/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * leaks.c - a program that leaks as its words say
 *
 * Each word is done in turn: definite N (that many blocks of 40 bytes), indirect, possible, keep
 * (reachable), budget N (bytes, reachable), peak N and
 * again N (bytes, freed at once; two places), hold N (N blocks per iteration, reachable), status N,
 * _exit N, abort, twice (a double free), fork (a child does the rest and the parent waits), orphan (a child does the rest a
 * little later), exec FILE.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct node {
	struct node *next;
	char text[32];
};

static void *volatile kept[1 << 16];
static size_t kept_count;

/* The text of suppressions that a program brings along. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	const char *text = getenv("LEAKS_SUPPRESSIONS");

	return text ? text : "";
}

__attribute__((noinline)) static void *make_block(size_t size)
{
	void *block = malloc(size);

	memset(block, 0, size);
	return block;
}

__attribute__((noinline)) static void leak_definite(void)
{
	void *volatile block = make_block(40); /* LINE definite */

	block = NULL;
	(void)block;
}

__attribute__((noinline)) static void leak_indirect(void)
{
	struct node *volatile head = make_block(sizeof(*head));

	head->next = make_block(24);
	head = NULL;
	(void)head;
}

__attribute__((noinline)) static void keep_inside(void)
{
	kept[kept_count++] = (char *)make_block(80) + 16;
}

__attribute__((noinline)) static void keep_block(size_t size)
{
	kept[kept_count++] = make_block(size);
}

__attribute__((noinline)) static void free_twice(void)
{
	void *block = make_block(40);

	for (int i = 0; i < 2; i++) {
		free(block);
		__asm__ volatile("" : "+r"(block));
	}
}

/* What was on the stack is no longer there. */
__attribute__((noinline)) static void wipe(void)
{
	volatile char stack[4096];

	for (size_t i = 0; i < sizeof(stack); i++)
		stack[i] = 0;
}

static void repeat(const char *times, void (*work)(void))
{
	for (int i = atoi(times); i > 0; i--)
		work();
	wipe();
}

static void child(int orphan)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		if (orphan)
			usleep(300000);
		return;
	}
	if (!orphan)
		waitpid(pid, &status, 0);
	exit(WEXITSTATUS(status));
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : "1";

		if (strcmp(argv[i], "definite") == 0)
			repeat(next, leak_definite);
		else if (strcmp(argv[i], "indirect") == 0)
			repeat("1", leak_indirect);
		else if (strcmp(argv[i], "possible") == 0)
			repeat("1", keep_inside);
		else if (strcmp(argv[i], "keep") == 0)
			keep_block(100);
		else if (strcmp(argv[i], "budget") == 0)
			keep_block((size_t)atoi(next));
		else if (strcmp(argv[i], "peak") == 0)
			free(make_block((size_t)atoi(next)));
		else if (strcmp(argv[i], "again") == 0)
			free(make_block((size_t)atoi(next)));
		else if (strcmp(argv[i], "hold") == 0)
			for (int n = atoi(next); n > 0; n--)
				keep_block(48);
		else if (strcmp(argv[i], "status") == 0)
			return atoi(next);
		else if (strcmp(argv[i], "_exit") == 0)
			_exit(atoi(next));
		else if (strcmp(argv[i], "abort") == 0)
			abort();
		else if (strcmp(argv[i], "twice") == 0)
			free_twice();
		else if (strcmp(argv[i], "fork") == 0)
			child(0);
		else if (strcmp(argv[i], "orphan") == 0)
			child(1);
		else if (strcmp(argv[i], "exec") == 0)
			execv(next, argv + i + 1);
	}
	return 0;
}
