/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * holder.c - a host that has known blocks, says where they are, and then does what it is told
 *
 * holder [busy|asleep|confined]: prints "TAG ADDRESS REQUESTED CHARGE" for each block and "ready", then
 * allocates until it is killed, sleeps, or lets a system call filter confine it and allocates.
 */
#include <pooltag/pooltag.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define HOLDER_SMALL 300 /* more than an answer lists */

static void hold(const char *tag, void *block, size_t size)
{
	struct pooltag_block info;

	if (!block)
		exit(99);
	memset(block, 1, size);
	if (pooltag_query(block, &info) != 0)
		exit(97);
	printf("%s %p %zu %zu\n", tag, block, size, info.charge);
}

static __attribute__((noinline)) void hold_all(void)
{
	static const size_t sizes[] = {5000000, 100000, 4096, 4088, 1000, 24};
	pooltag_tag big = POOLTAG_TAG('B', 'i', 'g', ' ');
	pooltag_tag many = POOLTAG_TAG('M', 'a', 'n', 'y');
	void *moved = pooltag_malloc(big, 7000000);

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		hold("Big", pooltag_malloc(big, sizes[i]), sizes[i]);
	/* Freed and moved blocks are none any more. */
	free(pooltag_malloc(big, 6000000));
	moved = pooltag_realloc(big, moved, 3000000);
	hold("Big", moved, 3000000);
	for (size_t i = 0; i < HOLDER_SMALL; i++)
		hold("Many", pooltag_malloc(many, 100 + i), 100 + i);
}

/* What a strict service would do: nothing but memory, output and time is allowed. */
static void confine(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog filter = {.len = 1, .filter = &allow};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		exit(98);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "busy";

	hold_all();
	if (strcmp(what, "confined") == 0)
		confine();
	puts("ready");
	fflush(stdout);
	while (strcmp(what, "asleep") == 0)
		pause();
	for (unsigned i = 0;; i++) {
		void *volatile block = malloc(1 + i % 100000);

		free(block);
	}
}
