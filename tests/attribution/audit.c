// SPDX-License-Identifier: BSD-2-Clause
/*
 * audit.c - the library's books held against jemalloc's and against the program's own
 *
 * Usage: audit [threads]. Prints TAP. Random allocations of every size and kind, seeded; at many
 * points of it all books must agree to the byte: with one thread always, with several when all rest.
 */
#include "tests/harness/tap.h"

#include <malloc.h>
#include <pooltag/pooltag.h>
#include <pthread.h>
#include <stdbool.h>

enum { SLOTS = 512, THREADS = 6, ROUNDS = 12 };

/* What the program knows of its blocks. */
struct books {
	void *blocks[SLOTS];
	size_t sizes[SLOTS];
	uint64_t random;
	uint64_t allocs, frees, alloc_bytes, free_bytes;
};

static struct books own[THREADS];
static struct pooltag_audit before;
static pthread_barrier_t barrier;

static size_t below(struct books *books, size_t limit)
{
	books->random = books->random * 6364136223846793005u + 1442695040888963407u;
	return (size_t)((books->random >> 33) % limit);
}

/* As many small sizes as large ones, and what lies around powers of two. */
static size_t any_size(struct books *books)
{
	size_t power = (size_t)1 << below(books, 21);

	switch (below(books, 4)) {
	case 0:
		return below(books, 1 << 20);
	case 1:
		return power + below(books, 33) - (power > 16 ? 16 : 0);
	case 2:
		return below(books, 256);
	default:
		return below(books, 8192);
	}
}

static void count(struct books *books, size_t slot, void *block, size_t size)
{
	if (block == NULL)
		abort();
	books->blocks[slot] = block;
	books->sizes[slot] = size;
	books->allocs++;
	books->alloc_bytes += size;
}

static void count_free(struct books *books, size_t slot)
{
	books->frees++;
	books->free_bytes += books->sizes[slot];
	books->blocks[slot] = NULL;
}

static void step(struct books *books)
{
	size_t slot = below(books, SLOTS), size = any_size(books);
	void *block = books->blocks[slot];

	if (block != NULL && below(books, 3) == 0) {
		size += size == 0; /* realloc to nothing frees */
		count_free(books, slot);
		count(books, slot, realloc(block, size), size);
		return;
	}
	if (block != NULL) {
		free(block);
		count_free(books, slot);
		return;
	}
	switch (below(books, 6)) {
	case 0:
		count(books, slot, calloc(1, size), size);
		break;
	case 1:
		count(books, slot, memalign((size_t)8 << below(books, 12), size), size);
		break;
	case 2:
		count(books, slot, pooltag_malloc(POOLTAG_TAG('B', 'o', 'o', 'k'), size), size);
		break;
	default:
		count(books, slot, malloc(size), size);
	}
}

static void release(struct books *books)
{
	for (size_t slot = 0; slot < SLOTS; slot++)
		if (books->blocks[slot] != NULL) {
			free(books->blocks[slot]);
			count_free(books, slot);
		}
}

static bool agree(bool alone, const char *when)
{
	struct pooltag_audit now;
	struct books sum = {.allocs = 0};
	uint64_t charged, taken;
	bool right;

	pooltag_audit(&now);
	for (size_t i = 0; i < THREADS; i++) {
		sum.allocs += own[i].allocs;
		sum.frees += own[i].frees;
		sum.alloc_bytes += own[i].alloc_bytes;
		sum.free_bytes += own[i].free_bytes;
	}
	charged = now.alloc_charge - now.free_charge;
	taken = now.heap_taken - now.heap_returned;
	right = taken == charged + now.front_held && now.jemalloc_allocated >= taken &&
		(!alone || now.jemalloc_allocated == taken) &&
		now.allocs - before.allocs == sum.allocs && now.frees - before.frees == sum.frees &&
		now.alloc_bytes - before.alloc_bytes == sum.alloc_bytes &&
		now.free_bytes - before.free_bytes == sum.free_bytes &&
		charged >= now.alloc_bytes - now.free_bytes;
	if (!right)
		diag("%s: taken %lu, charged %lu, in front lists %lu, jemalloc's %lu; allocs %lu "
		     "(own "
		     "%lu), frees %lu (%lu), bytes %lu (%lu), freed %lu (%lu)",
		     when, taken, charged, now.front_held, now.jemalloc_allocated,
		     now.allocs - before.allocs, sum.allocs, now.frees - before.frees, sum.frees,
		     now.alloc_bytes - before.alloc_bytes, sum.alloc_bytes,
		     now.free_bytes - before.free_bytes, sum.free_bytes);
	return right;
}

static void alone(void)
{
	int wrong = 0, points = 0;

	pooltag_audit(&before);
	own[0].random = 1;
	ok(agree(true, "start"), "at the start");
	for (int i = 0; i < 60000 && wrong < 5; i++) {
		step(&own[0]);
		/* After every step at first, when everything happens for the first time. */
		if (i < 2000 || i % 97 == 0) {
			wrong += !agree(true, "between");
			points++;
		}
	}
	ok(wrong == 0, "at %d points in between", points);
	for (size_t size = 0; size < 70000 && wrong < 5; size += size < 4200 ? 1 : 61) {
		count(&own[0], 0, (release(&own[0]), malloc(size)), size);
		wrong += !agree(true, "one of every size");
	}
	ok(wrong == 0, "with one block of every size");
	release(&own[0]);
	ok(agree(true, "end"), "at the end");
	malloc_trim(0);
	ok(agree(true, "trimmed"), "after malloc_trim");
}

/* Frees what another thread made as well. */
static void *work(void *argument)
{
	struct books *books = argument;
	struct books *other = &own[(size_t)(books - own + 1) % THREADS];

	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < 3000; i++)
			step(books);
		pthread_barrier_wait(&barrier);
		/* All rest; main looks. */
		pthread_barrier_wait(&barrier);
		/* Everybody frees his neighbour's, which nobody else touches now. */
		release(other);
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

static void together(void)
{
	pthread_t threads[THREADS];
	int wrong = 0;

	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	for (size_t i = 0; i < THREADS; i++) {
		own[i].random = i + 1;
		if (pthread_create(&threads[i], NULL, work, &own[i]) != 0)
			abort();
	}
	/* Starting threads allocates, too: the books begin when all have started. */
	pthread_barrier_wait(&barrier);
	pooltag_audit(&before);
	pthread_barrier_wait(&barrier);
	for (int round = 0; round < ROUNDS; round++) {
		pthread_barrier_wait(&barrier);
		wrong += !agree(false, "resting");
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		wrong += !agree(false, "freed by others");
		pthread_barrier_wait(&barrier);
	}
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ok(wrong == 0, "%d times when all threads rest", 2 * ROUNDS);
}

int main(int argc, char **argv)
{
	(void)argv;
	setvbuf(stdout, NULL, _IONBF, 0);
	if (!pooltag_active())
		return done() + !ok(0, "runs under the library");
	if (argc > 1)
		together();
	else
		alone();
	return done();
}
