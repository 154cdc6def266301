// SPDX-License-Identifier: BSD-2-Clause
/*
 * locks.c - hosts that lock memory, and whose nonpaged pool stays locked whatever they unlock
 *
 * Without the library nothing here is in a nonpaged pool, so what must be locked then is told from
 * LD_PRELOAD.
 */
#include "pitfall.h"
#include <linux/capability.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCKS 100
#define MORE   ((size_t)40 << 20)

static int with_library(void)
{
	return getenv("LD_PRELOAD") != NULL;
}

/* Kilobytes that the kernel says are locked. */
static long locked_kilobytes(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	long kilobytes = -1;

	must(file != NULL);
	while (fgets(line, sizeof(line), file) != NULL)
		sscanf(line, "VmLck: %ld", &kilobytes);
	fclose(file);
	must(kilobytes >= 0);
	return kilobytes;
}

/* Whether the mapping that an address lies in is locked. */
static int is_locked(const void *address)
{
	FILE *file = fopen("/proc/self/smaps", "r");
	char line[512];
	int inside = 0, locked = -1;

	must(file != NULL);
	while (fgets(line, sizeof(line), file) != NULL) {
		uintptr_t start, end;

		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = (uintptr_t)address >= start && (uintptr_t)address < end;
		else if (inside && strncmp(line, "VmFlags:", 8) == 0)
			locked = strstr(line, " lo") != NULL;
	}
	fclose(file);
	must(locked >= 0);
	return locked;
}

static void reap(pid_t child)
{
	int status = -1;

	must(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

/* What is locked is what a program of this size has, not the address space of the library's tables. */
static void lock_all(const char *unused)
{
	char *before = malloc(100000);
	char *after, *own;
	pid_t child;

	(void)unused;
	must(mlockall(0) == -1 && errno == EINVAL);
	must(mlockall(64) == -1 && errno == EINVAL);
	must(mlockall(MCL_CURRENT | MCL_FUTURE) == 0);
	must(locked_kilobytes() > 100 && locked_kilobytes() < 40 << 10);
	after = malloc(MORE);
	must(after != NULL && is_locked(before) && is_locked(after) && is_locked(&after));
	must(locked_kilobytes() > (long)(MORE >> 10) && locked_kilobytes() < 160 << 10);
	pitfall_churn(1);
	child = fork();
	if (child == 0) {
		own = malloc(100000);
		must(!is_locked(before) && !is_locked(own) && locked_kilobytes() == 0);
		/* Its old memory is none of the future. */
		must(mlockall(MCL_FUTURE) == 0);
		exit(0);
	}
	reap(child);
	puts("locked");
	/* poolmon looks on while everything is locked, and when it no longer is. */
	fflush(stdout);
	must(getchar() == '\n');
	must(munlockall() == 0 && locked_kilobytes() == 0);
	must(getchar() == '\n');
	free(before);
	free(after);
	puts("unlocked");
}

static void give_up_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	must(syscall(SYS_capset, &header, none) == 0);
}

/* The limit that users usually have is enough for a small program, and then for some of its heap. */
static void lock_limited(const char *unused)
{
	enum { LIMIT = 8 << 20, SIZE = 16 << 10 };

	void *block, *last = NULL;
	size_t had = 0;

	(void)unused;
	must(setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){LIMIT, LIMIT}) == 0);
	give_up_capabilities();
	must(mlockall(MCL_CURRENT | MCL_FUTURE) == 0);
	for (; (block = malloc(SIZE)) != NULL; last = block, had += SIZE) {
		must(is_locked(memset(block, 1, SIZE)) && locked_kilobytes() <= LIMIT >> 10);
		memcpy(block, &last, sizeof(last));
	}
	must(errno == ENOMEM && had >= 1 << 20 && had < LIMIT);
	for (; last != NULL; last = block) {
		memcpy(&block, last, sizeof(block));
		free(last);
	}
	must(setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){1 << 20, LIMIT}) == 0);
	must(mlockall(MCL_CURRENT) == -1 && errno == ENOMEM);
	puts("locked");
}

/* Current and future mappings apart: which of two new ones is locked, and which stays so. */
static void lock_some(const char *unused)
{
	enum { SIZE = 1 << 20 };

	void *mapped[3];

	(void)unused;
	for (int i = 0; i < 3; i++) {
		must(mlockall(i == 1   ? MCL_FUTURE
			      : i == 2 ? MCL_CURRENT
				       : MCL_CURRENT | MCL_ONFAULT) == 0);
		/* Each of other rights than its neighbours, so that it stays a mapping of its own. */
		mapped[i] =
			mmap(NULL, SIZE, i == 1 ? PROT_READ : PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		must(mapped[i] != MAP_FAILED);
		printf("%d:", i);
		for (int k = 0; k <= i; k++)
			printf(" %d", is_locked(mapped[k]));
		printf(", data %d\n", is_locked(&stdin));
	}
	must(locked_kilobytes() < 40 << 10);
}

/* Charged to a rule that puts it in the nonpaged pool, when there is one. */
__attribute__((noinline)) static char *nonpaged(size_t size)
{
	char *block = malloc(size);

	must(block != NULL);
	memset(block, 1, size);
	return block;
}

/* A child uses its heap, and has as much locked as its parent; `unlockable`: it may lock nothing. */
static void look_in_child(pid_t (*make_child)(void), char **blocks, int unlockable)
{
	long kilobytes = locked_kilobytes();
	pid_t child = make_child();

	if (child == 0) {
		if (unlockable) {
			must(setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){0}) == 0);
			give_up_capabilities();
		}
		free(malloc(10));
		must(locked_kilobytes() == (unlockable ? 0 : kilobytes));
		for (int i = 0; i < BLOCKS; i++)
			must(is_locked(blocks[i]) == (with_library() && !unlockable) &&
			     blocks[i][0] == 1);
		exit(0);
	}
	reap(child);
}

/* What the program unlocks, and what children do not inherit, is locked all the same. */
static void keep_locked(const char *unlockable)
{
	char *blocks[BLOCKS];
	long before = locked_kilobytes();
	long kilobytes;

	for (int i = 0; i < BLOCKS; i++)
		blocks[i] = nonpaged(1000);
	kilobytes = locked_kilobytes();
	must((kilobytes - before >= BLOCKS) == with_library());
	for (int i = 0; i < BLOCKS; i++) {
		must(munlock(blocks[i], 1000) == 0);
		must(is_locked(blocks[i]) == with_library());
	}
	must(locked_kilobytes() == kilobytes);
	must(munlockall() == 0 && locked_kilobytes() == kilobytes);
	if (*unlockable != '\0') {
		look_in_child(fork, blocks, 1);
	} else {
		look_in_child(fork, blocks, 0);
		look_in_child(_Fork, blocks, 0);
	}
	for (int i = 0; i < BLOCKS; i++)
		free(blocks[i]);
	puts("done");
}

/* In the special pool each block has a locked page of its own. */
static void special(const char *unused)
{
	char *blocks[BLOCKS];
	long before = locked_kilobytes();

	(void)unused;
	for (int i = 0; i < BLOCKS; i++)
		blocks[i] = nonpaged(1000);
	must(locked_kilobytes() - before == (with_library() ? 4 * BLOCKS : 0));
	must(munlockall() == 0);
	must(locked_kilobytes() - before == (with_library() ? 4 * BLOCKS : 0));
	look_in_child(fork, blocks, 0);
	for (int i = 0; i < BLOCKS; i++)
		free(blocks[i]);
	must(locked_kilobytes() == before);
	puts("done");
}

/* The guard page behind a nonpaged block. */
static void special_overrun(const char *unused)
{
	volatile char *block = nonpaged(1000);

	(void)unused;
	block[1008] = 1;
}

int main(int argc, char **argv)
{
	static const struct pitfall pitfalls[] = {
		{"lock-all", lock_all},   {"lock-limited", lock_limited},
		{"lock-some", lock_some}, {"keep-locked", keep_locked},
		{"special", special},     {"special-overrun", special_overrun},
	};

	return pitfall_main(pitfalls, sizeof(pitfalls) / sizeof(pitfalls[0]), argc, argv);
}
