// SPDX-License-Identifier: BSD-2-Clause
/*
 * driver.c - uses the allocator at random, and knows what must come of it
 *
 * Usage: driver THREADS OPERATIONS SEED; prints "allocs frees alloc_bytes" of all operations.
 *
 * Each thread has a table of blocks. An operation allocates, resizes, frees or hands a block to another
 * thread, by any function of the family. Every block is full of a pattern of its own, looked at before
 * the block is resized or freed, so that two blocks that overlap, or a resize that loses bytes, show.
 * Alignments, zeroes and usable sizes are checked as they come; now and then a fork child looks at
 * everything its thread has, uses the heap, and ends. Threads end and begin meanwhile, leaving what
 * they had to others.
 *
 * Everything is allocated with the tag Modl, and nothing else is, so that the counters of the tag must
 * equal the model's to the byte. The model allocates nothing itself.
 */
#include <errno.h>
#include <malloc.h>
#include <pooltag/pooltag.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCKS      512 /* of a thread */
#define THREADS_MAX 64
#define LIFE        200000 /* operations of one thread, then another takes its place */
#define FORK_EVERY  100000
#define LARGE_MAX   (4u << 20)
#define FILL_MAX    4096 /* bytes of a large block that are filled, at each end */
#define NOISE       (64u << 10)

/* C++'s operators, and jemalloc's API, as the library exports them. */
extern void *_Znwm(size_t size);
extern void *_Znam(size_t size);
extern void *_ZnwmSt11align_val_t(size_t size, size_t alignment);
extern void _ZdlPv(void *block);
extern void _ZdaPv(void *block);
extern void _ZdlPvm(void *block, size_t size);
extern void _ZdlPvSt11align_val_t(void *block, size_t alignment);
extern void *mallocx(size_t size, int flags);
extern void *rallocx(void *block, size_t size, int flags);
extern void dallocx(void *block, int flags);
extern void free_sized(void *block, size_t size);

enum family { FAMILY_C, FAMILY_NEW, FAMILY_NEW_ARRAY, FAMILY_NEW_ALIGNED };

struct block {
	unsigned char *start; /* NULL: none */
	size_t size;
	size_t alignment;
	uint64_t pattern;
	enum family family;
};

struct totals {
	uint64_t allocs, frees, alloc_bytes;
};

struct worker {
	uint64_t random;
	uint64_t left; /* operations */
	int alone;     /* a fork child: the other threads are not here */
	struct totals totals;
	struct block blocks[BLOCKS];
};

static struct worker *workers;
static unsigned worker_count;
static uint64_t next_pattern = 1;

/* A block on its way from one thread to another. */
static struct {
	pthread_mutex_t lock;
	struct block block;
} mailboxes[THREADS_MAX];

static __attribute__((noreturn)) void fail(const struct block *block, const char *what)
{
	fprintf(stderr, "driver: %s: block %p of %zu bytes, alignment %zu, family %d\n", what,
		(void *)block->start, block->size, block->alignment, (int)block->family);
	abort();
}

static uint64_t draw(struct worker *worker)
{
	worker->random ^= worker->random << 13;
	worker->random ^= worker->random >> 7;
	worker->random ^= worker->random << 17;
	return worker->random * 0x2545f4914f6cdd1du >> 16;
}

/* Small ones mostly, sizes around the powers of two often, large ones now and then. */
static size_t draw_size(struct worker *worker)
{
	uint64_t kind = draw(worker) % 1024;

	if (kind == 0)
		return draw(worker) % LARGE_MAX;
	if (kind < 16)
		return draw(worker) % 70000;
	if (kind < 128)
		return ((size_t)2 << draw(worker) % 14) + draw(worker) % 5 - 2 * (draw(worker) & 1);
	return draw(worker) % 600;
}

/* --- content ---------------------------------------------------------------------------------- */

/*
 * What blocks are full of: noise, each block's from a place of its own, so that bytes of another
 * block, or of this one shifted, are others. Copied and compared at once, it costs little more than
 * the allocator that is to be tested.
 */
static unsigned char noise[NOISE];

static void make_noise(void)
{
	uint64_t word = 0x9e3779b97f4a7c15u;

	for (size_t i = 0; i < NOISE; i += sizeof(word)) {
		word ^= word << 13;
		word ^= word >> 7;
		word ^= word << 17;
		memcpy(noise + i, &word, sizeof(word));
	}
}

static const unsigned char *noise_of(const struct block *block)
{
	return noise + block->pattern % (NOISE - 2 * FILL_MAX);
}

/* The first and the last bytes of a large block; all of another. */
static size_t head_of(const struct block *block)
{
	return block->size <= 2 * FILL_MAX ? block->size : FILL_MAX;
}

static size_t tail_of(const struct block *block)
{
	return block->size <= 2 * FILL_MAX ? 0 : FILL_MAX;
}

static void look_at_head(const struct block *block, size_t size)
{
	if (memcmp(block->start, noise_of(block), size) != 0)
		fail(block, "its content has changed");
}

static void fill(struct block *block)
{
	size_t tail = tail_of(block);

	block->pattern = __atomic_fetch_add(&next_pattern, 0x10001, __ATOMIC_RELAXED);
	memcpy(block->start, noise_of(block), head_of(block));
	memcpy(block->start + block->size - tail, noise_of(block) + FILL_MAX, tail);
}

static void look(const struct block *block)
{
	size_t tail = tail_of(block);

	look_at_head(block, head_of(block));
	if (memcmp(block->start + block->size - tail, noise_of(block) + FILL_MAX, tail) != 0)
		fail(block, "its end has changed");
}

static void demand_zero(const struct block *block)
{
	const unsigned char *start = block->start;

	if (block->size != 0 && (start[0] != 0 || memcmp(start, start + 1, block->size - 1) != 0))
		fail(block, "it is not zero");
}

/* --- operations ------------------------------------------------------------------------------- */

static void count_alloc(struct worker *worker, size_t size)
{
	worker->totals.allocs++;
	worker->totals.alloc_bytes += size;
}

static void *from_c(struct worker *worker, struct block *block)
{
	void *start = NULL;

	switch (draw(worker) % 8) {
	case 0:
		start = calloc(1, block->size);
		block->start = start;
		if (start != NULL)
			demand_zero(block);
		return start;
	case 1:
		block->alignment = (size_t)16 << draw(worker) % 10;
		return aligned_alloc(block->alignment, block->size);
	case 2:
		block->alignment = (size_t)8 << draw(worker) % 8;
		return posix_memalign(&start, block->alignment, block->size) == 0 ? start : NULL;
	case 3:
		block->alignment = 4096;
		return valloc(block->size);
	case 4:
		block->size += block->size == 0;
		return realloc(NULL, block->size);
	case 5:
		block->size += block->size == 0;
		return mallocx(block->size, 0);
	default:
		return malloc(block->size);
	}
}

static void *from_cxx(struct worker *worker, struct block *block)
{
	switch (block->family) {
	case FAMILY_NEW:
		return _Znwm(block->size);
	case FAMILY_NEW_ARRAY:
		return _Znam(block->size);
	case FAMILY_NEW_ALIGNED:
	case FAMILY_C:
		break;
	}
	block->alignment = (size_t)16 << draw(worker) % 10;
	return _ZnwmSt11align_val_t(block->size, block->alignment);
}

static void allocate(struct worker *worker, struct block *block)
{
	uint64_t kind = draw(worker) % 8;

	*block = (struct block){
		.size = draw_size(worker),
		.alignment = 16,
		.family = kind < 5 ? FAMILY_C : (enum family)(kind - 4),
	};
	block->start = block->family == FAMILY_C ? from_c(worker, block) : from_cxx(worker, block);
	if (block->start == NULL)
		fail(block, "it could not be had");
	if ((uintptr_t)block->start % block->alignment != 0)
		fail(block, "it is not aligned");
	if (malloc_usable_size(block->start) < block->size)
		fail(block, "it is smaller than asked for");
	count_alloc(worker, block->size);
	fill(block);
}

static void give_back(struct worker *worker, struct block *block)
{
	unsigned kind = (unsigned)(draw(worker) % 4);

	look(block);
	worker->totals.frees++;
	switch (block->family) {
	case FAMILY_NEW:
		if (kind < 2)
			_ZdlPvm(block->start, block->size);
		else
			_ZdlPv(block->start);
		break;
	case FAMILY_NEW_ARRAY:
		_ZdaPv(block->start);
		break;
	case FAMILY_NEW_ALIGNED:
		_ZdlPvSt11align_val_t(block->start, block->alignment);
		break;
	case FAMILY_C:
		if (kind == 0)
			free_sized(block->start, block->size);
		else if (kind == 1)
			dallocx(block->start, 0);
		else
			free(block->start);
	}
	block->start = NULL;
}

/* Counts as one free and one allocation, wherever the block ends up. */
static void resize(struct worker *worker, struct block *block)
{
	size_t size = draw_size(worker) + 1;
	struct block old = *block;
	size_t kept;

	if (draw(worker) % 4 == 0)
		size = block->size + draw(worker) % 40 + 1;
	kept = block->size < size ? block->size : size;
	look(block);
	switch (draw(worker) % 4) {
	case 0:
		block->start = rallocx(block->start, size, 0);
		break;
	case 1:
		block->start = reallocarray(block->start, size, 1);
		break;
	default:
		block->start = realloc(block->start, size);
	}
	if (block->start == NULL)
		fail(&old, "it could not be resized");
	old.start = block->start;
	look_at_head(&old, kept < head_of(&old) ? kept : head_of(&old));
	worker->totals.frees++;
	count_alloc(worker, size);
	block->size = size;
	block->alignment = 16;
	fill(block);
}

/* What a thread puts into a mailbox it may get back from another one's hands. */
static void exchange(struct worker *worker, struct block *block)
{
	unsigned box = (unsigned)(draw(worker) % worker_count);
	struct block taken;

	pthread_mutex_lock(&mailboxes[box].lock);
	taken = mailboxes[box].block;
	mailboxes[box].block = *block;
	pthread_mutex_unlock(&mailboxes[box].lock);
	*block = taken;
	if (block->start != NULL)
		look(block);
}

static void operate(struct worker *worker);

static void in_child(struct worker *worker)
{
	alarm(60);
	for (int i = 0; i < BLOCKS; i++)
		if (worker->blocks[i].start != NULL)
			look(&worker->blocks[i]);
	/* The child's counters are its own: what it does here is nobody's business. */
	for (int i = 0; i < 300; i++)
		operate(worker);
	_exit(0);
}

static void fork_child(struct worker *worker)
{
	struct block nothing = {.alignment = 16};
	int status;
	pid_t child = fork();

	if (child == 0) {
		worker->alone = 1;
		in_child(worker);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
		fail(&nothing, "the fork child failed");
}

static void operate(struct worker *worker)
{
	struct block *block = &worker->blocks[draw(worker) % BLOCKS];
	uint64_t kind = draw(worker) % 16;

	if (worker->left % FORK_EVERY == 0 && !worker->alone)
		fork_child(worker);
	if (kind == 0 && !worker->alone)
		exchange(worker, block);
	else if (block->start == NULL)
		allocate(worker, block);
	else if (kind < 5 && block->family == FAMILY_C)
		resize(worker, block);
	else
		give_back(worker, block);
}

/* --- threads ---------------------------------------------------------------------------------- */

static void *live(void *argument)
{
	struct worker *worker = argument;

	pooltag_scope_enter(POOLTAG_TAG('M', 'o', 'd', 'l'));
	for (int i = 0; i < LIFE && worker->left > 0; i++, worker->left--)
		operate(worker);
	return NULL;
}

static void *supervise(void *argument)
{
	struct worker *worker = argument;
	pthread_t thread;

	while (worker->left > 0) {
		if (pthread_create(&thread, NULL, live, worker) != 0)
			abort();
		pthread_join(thread, NULL);
	}
	return NULL;
}

static void clean_up(struct worker *worker)
{
	for (int i = 0; i < BLOCKS; i++)
		if (worker->blocks[i].start != NULL)
			give_back(worker, &worker->blocks[i]);
}

/* With everything given back, the library's own sums must agree with each other. */
static void audit(void)
{
	struct pooltag_audit sums;

	if (!pooltag_active())
		return;
	pooltag_audit(&sums);
	if (sums.heap_taken - sums.heap_returned !=
	    sums.alloc_charge - sums.free_charge + sums.front_held) {
		fprintf(stderr, "driver: taken %ju - %ju, charged %ju - %ju, held %ju\n",
			(uintmax_t)sums.heap_taken, (uintmax_t)sums.heap_returned,
			(uintmax_t)sums.alloc_charge, (uintmax_t)sums.free_charge,
			(uintmax_t)sums.front_held);
		abort();
	}
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS_MAX];
	struct totals sum = {0};
	static char buffer[4096];

	worker_count = argc == 4 ? (unsigned)atoi(argv[1]) : 0;
	if (worker_count < 1 || worker_count > THREADS_MAX) {
		fputs("usage: driver THREADS OPERATIONS SEED\n", stderr);
		return 2;
	}
	make_noise();
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	workers = mmap(NULL, worker_count * sizeof(*workers), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (workers == MAP_FAILED)
		return 2;
	for (unsigned i = 0; i < worker_count; i++) {
		pthread_mutex_init(&mailboxes[i].lock, NULL);
		workers[i].random = strtoull(argv[3], NULL, 0) * 0x9e3779b97f4a7c15u + i + 1;
		workers[i].left = strtoull(argv[2], NULL, 0) / worker_count;
		if (pthread_create(&threads[i], NULL, supervise, &workers[i]) != 0)
			abort();
	}
	for (unsigned i = 0; i < worker_count; i++)
		pthread_join(threads[i], NULL);
	pooltag_scope_enter(POOLTAG_TAG('M', 'o', 'd', 'l'));
	for (unsigned i = 0; i < worker_count; i++) {
		if (mailboxes[i].block.start != NULL)
			give_back(&workers[i], &mailboxes[i].block);
		clean_up(&workers[i]);
		sum.allocs += workers[i].totals.allocs;
		sum.frees += workers[i].totals.frees;
		sum.alloc_bytes += workers[i].totals.alloc_bytes;
	}
	audit();
	printf("%ju %ju %ju\n", (uintmax_t)sum.allocs, (uintmax_t)sum.frees,
	       (uintmax_t)sum.alloc_bytes);
	return 0;
}
