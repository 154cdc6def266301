// SPDX-License-Identifier: BSD-2-Clause
/*
 * peaks.c - functions that know what they had in use at once
 *
 * peaks: prints a line for each: its name, the most bytes charged that its blocks had at once, by the
 * library's own word for each block, and whether one thread did it alone.
 */
#include <pooltag/pooltag.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define WALK    4096
#define THREADS 4
#define EACH    5000

static uint64_t charge_of(const void *block)
{
	struct pooltag_block known;

	if (block == NULL || pooltag_query(block, &known) != 0)
		abort();
	return known.charge;
}

static void tell(const char *name, uint64_t peak, int alone)
{
	printf("%s %llu %d\n", name, (unsigned long long)peak, alone);
	fflush(stdout);
}

/* What is in use of one function, and the most it was. */
struct account {
	uint64_t in_use, peak;
};

static void gain(struct account *account, const void *block)
{
	account->in_use += charge_of(block);
	if (account->in_use > account->peak)
		account->peak = account->in_use;
}

static void lose(struct account *account, void *block)
{
	account->in_use -= charge_of(block);
	free(block);
}

static void peak_of_one_block(void)
{
	struct account account = {0};
	void *block = malloc(1000000);

	gain(&account, block);
	lose(&account, block);
	tell(__func__, account.peak, 1);
}

static void peak_of_turnover(void)
{
	struct account account = {0};

	for (int i = 0; i < 300000; i++) {
		void *block = malloc(100);

		gain(&account, block);
		lose(&account, block);
	}
	tell(__func__, account.peak, 1);
}

/* Up, down, and up again, but not as far. */
static void peak_of_mountain(void)
{
	static void *blocks[60000];
	struct account account = {0};
	size_t most[] = {20000, 60000, 40000};

	for (int top = 0; top < 3; top++) {
		for (size_t i = 0; i < most[top]; i++)
			gain(&account, blocks[i] = malloc(48));
		for (size_t i = 0; i < most[top]; i++)
			lose(&account, blocks[i]);
	}
	tell(__func__, account.peak, 1);
}

/* Any size, from bytes to pages to large blocks. */
static void peak_of_walk(void)
{
	static void *blocks[WALK];
	struct account account = {0};
	uint32_t random = 1;

	for (int i = 0; i < 200000; i++) {
		void **slot;

		random = random * 1664525 + 1013904223;
		slot = &blocks[random >> 20];
		if (*slot != NULL)
			lose(&account, *slot);
		*slot = malloc((size_t)1 << (random >> 8) % 15);
		gain(&account, *slot);
	}
	for (int i = 0; i < WALK; i++)
		if (blocks[i] != NULL)
			lose(&account, blocks[i]);
	tell(__func__, account.peak, 1);
}

/* A block that is resized where it is, is one block. */
static void peak_of_resizes(void)
{
	struct account account = {0};
	char *block = NULL;

	for (size_t i = 0; i < 5000; i++)
		block = realloc(block, 97 + i % 4);
	gain(&account, block);
	lose(&account, block);
	tell(__func__, account.peak, 1);
}

static pthread_barrier_t barrier;
static void *shared[THREADS][EACH];

__attribute__((noinline)) static void *block_of_threads(void)
{
	void *block = malloc(200);

	__asm__ volatile("" : "+r"(block));
	return block;
}

/* Each fills its own, and frees the next one's: nobody's own cell tells what is in use. */
static void *take_part(void *argument)
{
	size_t self = (size_t)(uintptr_t)argument;

	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < EACH; i++)
			shared[self][i] = block_of_threads();
		pthread_barrier_wait(&barrier);
		for (int i = 0; i < EACH; i++)
			free(shared[(self + 1) % THREADS][i]);
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

static void peak_of_threads(void)
{
	void *one = malloc(200);
	uint64_t peak = charge_of(one) * THREADS * EACH;
	pthread_t threads[THREADS];

	free(one);
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, take_part, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	tell("block_of_threads", peak, 0);
}

/*
 * What a child has from its parent is in use in the child: the row of both has what the parent had
 * while it waited, and the child's most besides.
 */
static void peak_of_parent_and_child(void)
{
	static void *blocks[3000];
	struct account account = {0};
	pid_t child;

	for (int turn = 0; turn < 3; turn++) {
		for (int i = 1000 * turn; i < 1000 * (turn + 1); i++)
			gain(&account, blocks[i] = malloc(300));
		if (turn == 1) {
			child = fork();
			if (child != 0) {
				waitpid(child, NULL, 0);
				tell(__func__, account.peak + account.peak / 2 * 3, 0);
				return;
			}
		}
	}
	for (int i = 0; i < 3000; i++)
		lose(&account, blocks[i]);
	_exit(0);
}

/* Of these the rules of the test say that they are nonpaged, so that they never take the fast path. */
static void peak_of_nonpaged(void)
{
	static void *blocks[500];
	struct account account = {0};

	for (int i = 0; i < 500; i++)
		gain(&account, blocks[i] = malloc(100));
	for (int i = 0; i < 500; i++)
		lose(&account, blocks[i]);
	for (int i = 0; i < 5000; i++) {
		void *block = malloc(100);

		gain(&account, block);
		lose(&account, block);
	}
	tell(__func__, account.peak, 1);
}

int main(void)
{
	peak_of_one_block();
	peak_of_turnover();
	peak_of_mountain();
	peak_of_walk();
	peak_of_resizes();
	peak_of_threads();
	peak_of_nonpaged();
	peak_of_parent_and_child();
	return 0;
}
