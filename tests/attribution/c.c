// SPDX-License-Identifier: BSD-2-Clause
/* c.c - C functions, wrappers, recursion, threads, a signal handler; the table is c.expect */
#include "host.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

void *xmalloc(size_t size);
void *safe_malloc(size_t size);
void *my_malloc(size_t size);
void *plain(size_t size);
void *zeroed(size_t count, size_t size);
void *aligned(size_t size);
void *grown(void);
void copies(void);
void *three_deep(size_t size);
void *two_deep(size_t size);
int recursive(int depth);
void handler(int number);
void *in_thread(void *unused);
int compare_keys(const void *a, const void *b);
void frees_for_others(void *block);

static SITE void *static_function(size_t size)
{
	void *block = malloc(size);

	KEEP(block);
	return block;
}

SITE void *plain(size_t size)
{
	void *block = malloc(size);

	KEEP(block);
	return block;
}

SITE void *zeroed(size_t count, size_t size)
{
	void *block = calloc(count, size);

	KEEP(block);
	return block;
}

SITE void *aligned(size_t size)
{
	void *block = aligned_alloc(256, size);
	void *second = NULL;

	KEEP(block);
	MUST(posix_memalign(&second, 64, size) == 0);
	free(second);
	STAY();
	return block;
}

/* Each step is a free and an allocation, in place or not. */
SITE void *grown(void)
{
	void *block = NULL;

	for (size_t size = 10; size <= 100000; size *= 10) {
		block = realloc(block, size);
		KEEP(block);
	}
	return block;
}

/* strdup and strndup of libc are wrappers: the copies are ours. */
SITE void copies(void)
{
	char *a = strdup("123456789");
	char *b = strndup("123456789", 4);

	KEEP(a);
	KEEP(b);
	free(a);
	STAY();
}

SITE void *my_malloc(size_t size)
{
	void *block = malloc(size);

	KEEP(block);
	return block;
}

SITE void *safe_malloc(size_t size)
{
	void *block = my_malloc(size);

	MUST(block != NULL);
	KEEP(block);
	return block;
}

SITE void *xmalloc(size_t size)
{
	void *block = safe_malloc(size);

	MUST(block != NULL);
	KEEP(block);
	return block;
}

SITE void *three_deep(size_t size)
{
	void *block = xmalloc(size);

	KEEP(block);
	return block;
}

SITE void *two_deep(size_t size)
{
	void *block = safe_malloc(size);

	KEEP(block);
	return block;
}

SITE int recursive(int depth)
{
	void *block = xmalloc(8);
	int result = depth > 0 ? recursive(depth - 1) : 0;

	free(block);
	STAY();
	return result + 1;
}

/* Safe here, as the signal is raised where no allocation is going on. */
SITE void handler(int number)
{
	void *block = malloc((size_t)number + 1000);

	KEEP(block);
}

SITE void *in_thread(void *unused)
{
	for (int i = 0; i < 100; i++) {
		void *block = xmalloc(50);

		KEEP(block);
		free(block);
	}
	STAY();
	return unused;
}

SITE int compare_keys(const void *a, const void *b)
{
	void *block = malloc(24);

	KEEP(block);
	free(block);
	return *(const int *)a - *(const int *)b;
}

SITE void frees_for_others(void *block)
{
	free(block);
	STAY();
}

int main(void)
{
	static int keys[] = {1, 2, 3, 4, 5, 6, 7, 8};
	static char alternate[64 << 10];
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
	stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)};
	pthread_t threads[4];
	int key = 4;

	frees_for_others(static_function(100));
	static_function(200);
	for (int i = 0; i < 10; i++)
		plain(30);
	frees_for_others(plain(70000));
	zeroed(10, 7);
	aligned(512);
	grown();
	copies();
	for (int i = 0; i < 3; i++)
		three_deep(33);
	frees_for_others(two_deep(44));
	two_deep(20000);
	MUST(recursive(9) == 10);
	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	sigaltstack(&stack, NULL);
	sigaction(SIGUSR2, &action, NULL);
	raise(SIGUSR2);
	for (int i = 0; i < 4; i++)
		MUST(pthread_create(&threads[i], NULL, in_thread, NULL) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	MUST(bsearch(&key, keys, 8, sizeof(key), compare_keys) == &keys[3]);
	return 0;
}
