/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * leaks.c - how fast a leak scan reads a heap, and what it takes for itself
 *
 * leaks SHAPE MEGABYTES: fills the heap, asks for scans, and prints
 * `SHAPE BYTES NANOSECONDS PAGES`: the heap's bytes, the time from the request to the answer (the
 * least of five; the scanning process has as many threads as there are processors, four at most),
 * and the pages it touched for the first time, which bounds its memory. Huge ones are counted for
 * the whole machine.
 */
#include <pooltag/pooltag.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

struct node {
	struct node *next;
	char rest[48];
};

static void *root;

static unsigned long fill_list(unsigned long bytes)
{
	unsigned long count = bytes / sizeof(struct node);

	for (unsigned long i = 0; i < count; i++) {
		struct node *node = calloc(1, sizeof(*node));

		node->next = root;
		root = node;
	}
	return count * sizeof(struct node);
}

/* A table of strings, which lie in another order than the table: what a cache server has. */
static unsigned long fill_table(unsigned long bytes)
{
	unsigned long size = 120, count = bytes / (size + sizeof(void *));
	char **table = malloc(count * sizeof(*table));

	for (unsigned long i = 0; i < count; i++) {
		table[i] = malloc(size);
		memset(table[i], 'x', size);
	}
	for (unsigned long i = count - 1, random = 1; i > 0; i--) {
		unsigned long j = (random = random * 6364136223846793005u + 1) % (i + 1);
		char *other = table[i];

		table[i] = table[j];
		table[j] = other;
	}
	root = table;
	return count * (size + sizeof(void *));
}

/* A binary tree: every node a block of three words and some data. */
struct tree {
	struct tree *left, *right;
	char rest[80];
};

static unsigned long fill_tree(unsigned long bytes)
{
	unsigned long count = bytes / sizeof(struct tree);

	for (unsigned long i = 0, random = 1; i < count; i++) {
		struct tree **at = (struct tree **)&root;
		struct tree *fresh = calloc(1, sizeof(*fresh));
		unsigned long way = random = random * 6364136223846793005u + 1;

		for (; *at != NULL; way = way << 1 | way >> 63)
			at = (long)way < 0 ? &(*at)->left : &(*at)->right;
		*at = fresh;
	}
	return count * sizeof(struct tree);
}

static unsigned long fill_buffers(unsigned long bytes)
{
	unsigned long count = bytes >> 20;
	void **table = malloc(count * sizeof(*table));

	for (unsigned long i = 0; i < count; i++) {
		table[i] = malloc(1 << 20);
		memset(table[i], 'y', 1 << 20);
	}
	root = table;
	return count << 20;
}

static const struct {
	const char *name;
	unsigned long (*fill)(unsigned long bytes);
} shapes[] = {
	{"list", fill_list}, {"table", fill_table}, {"tree", fill_tree}, {"buffers", fill_buffers}};

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000 + time.tv_nsec;
}

/* How many huge pages the kernel has handed out so far, to anybody. */
static long huge_pages(void)
{
	FILE *file = fopen("/proc/vmstat", "r");
	char line[128];
	long count = 0;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "thp_fault_alloc %ld", &count) == 1)
			break;
	if (file != NULL)
		fclose(file);
	return count;
}

static void measure(const char *name, unsigned long bytes)
{
	struct pooltag_leaks leaks;
	struct rusage before, after;
	long best = 0, huge;

	for (int i = 0; i < 5; i++) {
		long start, taken;

		getrusage(RUSAGE_CHILDREN, &before);
		huge = huge_pages();
		start = now();
		if (pooltag_leak_check(&leaks) != 0) {
			perror("leaks: cannot check");
			exit(1);
		}
		if (leaks.definite.blocks != 0) {
			fprintf(stderr, "leaks: %lu blocks count as lost, and none are\n",
				(unsigned long)leaks.definite.blocks);
			exit(1);
		}
		taken = now() - start;
		getrusage(RUSAGE_CHILDREN, &after);
		huge = huge_pages() - huge;
		best = best == 0 || taken < best ? taken : best;
	}
	printf("%s %lu %ld %ld\n", name, bytes, best,
	       after.ru_minflt - before.ru_minflt + 511 * huge);
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 3 && i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (strcmp(argv[1], shapes[i].name) == 0) {
			measure(argv[1], shapes[i].fill(strtoul(argv[2], NULL, 10) << 20));
			return 0;
		}
	fputs("usage: leaks list|table|tree|buffers MEGABYTES\n", stderr);
	return 2;
}
