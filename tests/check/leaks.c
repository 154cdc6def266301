/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * leaks.c - a program that leaks as its words say
 *
 * Each word is done in turn: definite N (that many blocks of 40 bytes), indirect, together (two owners), possible, keep
 * (reachable), budget N (bytes, reachable), peak N and
 * again N (bytes, freed at once; two places), quark (definite, as if of GLib), inlined (definite), hold N (N blocks per iteration, reachable), status N,
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

__attribute__((noinline)) static void g_quark_leak(void)
{
	void *volatile block = make_block(48);

	block = NULL;
	(void)block;
}

__attribute__((always_inline)) static inline void *make_inlined(void)
{
	return make_block(56);
}

__attribute__((noinline)) static void leak_inlined(void)
{
	void *volatile block = make_inlined();

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

/* Blocks of call sites of their own, made before those that own them. */
#define CHILD(name, size)                                 \
	__attribute__((noinline)) static void *name(void) \
	{                                                 \
		void *volatile block = make_block(size);  \
                                                          \
		return block;                             \
	}
CHILD(make_only, 40)
CHILD(make_below, 24)
CHILD(make_shared, 24)
CHILD(make_other, 24)
CHILD(make_mixed, 16)

#define OWNER(name)                                                                    \
	__attribute__((noinline)) static void name(void *a, void *b, void *c, void *d) \
	{                                                                              \
		void **volatile block = make_block(40);                                \
                                                                                       \
		block[0] = a, block[1] = b, block[2] = c, block[3] = d;                \
		block = NULL;                                                          \
		(void)block;                                                           \
	}
OWNER(own_quietly)
OWNER(own_loudly)

/* One owner has what is only its own, the other too, both have one block, and one site is of both. */
__attribute__((noinline)) static void leak_together(void)
{
	void **volatile only = make_only();
	void *volatile shared = make_shared();
	void *volatile other = make_other();
	void *volatile mixed[3];

	only[0] = make_below();
	for (volatile int i = 0; i < 3; i++)
		mixed[i] = make_mixed();
	own_quietly(only, shared, mixed[0], mixed[2]);
	own_loudly(other, shared, mixed[1], NULL);
	only = NULL;
	shared = other = mixed[0] = mixed[1] = mixed[2] = NULL;
	(void)only;
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
		else if (strcmp(argv[i], "together") == 0)
			repeat("1", leak_together);
		else if (strcmp(argv[i], "quark") == 0)
			repeat("1", g_quark_leak);
		else if (strcmp(argv[i], "inlined") == 0)
			repeat("1", leak_inlined);
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
