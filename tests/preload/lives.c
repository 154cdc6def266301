// SPDX-License-Identifier: BSD-2-Clause
/*
 * lives.c - single-threaded hosts with difficult lives
 *
 * Usage: lives NAME [argument]. Each life prints what poolmon has to show for it (host.h).
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"

extern char **environ;

enum { BLOCKS = 4000 };

static void *blocks[BLOCKS];
static struct host_tally tally = {.function = "host_allocate"};

static size_t size_of(size_t i)
{
	return i % 50 == 0 ? 20000 + i : 1 + i * 7 % 900;
}

HOST_SITE void *host_allocate(size_t size);

HOST_SITE void *host_allocate(size_t size)
{
	void *block = malloc(size);

	HOST_NO_TAIL_CALL(block);
	host_must(block != NULL, "malloc");
	memset(block, 1, size);
	tally.allocs++;
	tally.alloc_bytes += size;
	return block;
}

static void allocate(size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		blocks[i] = host_allocate(size_of(i));
}

static void release(size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		free(blocks[i]);
		tally.frees++;
		tally.free_bytes += size_of(i);
	}
}

static void work(void)
{
	allocate(0, BLOCKS);
	release(100, BLOCKS / 2);
	allocate(100, BLOCKS / 2);
	release(0, BLOCKS - 10);
}

static void life_work(const char *unused)
{
	(void)unused;
	work();
	host_expect(&tally);
}

/* Works, says so, and is killed, or ends when stdin does. */
static void life_wait(const char *unused)
{
	char byte;

	(void)unused;
	work();
	host_expect(&tally);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

/* Daemons close what they do not know. Descriptors opened later must not be the library's. */
static void life_close_all(const char *unused)
{
	(void)unused;
	allocate(0, 10);
	int output = fcntl(STDOUT_FILENO, F_DUPFD, 900);

	for (int fd = 0; fd < 900; fd++)
		close(fd);
	allocate(10, BLOCKS);
	host_must(open("/dev/null", O_RDWR) == 0, "open as 0");
	host_must(dup2(output, 1) == 1 && open("/dev/null", O_RDWR) == 2, "open as 1 and 2");
	close(output);
	release(0, BLOCKS - 3);
	host_expect(&tally);
	for (int fd = 3; fd < 1024; fd++)
		host_must(fcntl(fd, F_GETFD) < 0 && errno == EBADF, "no descriptor is left");
}

/* The child starts with the parent's live blocks and may free them. */
static void life_fork(const char *unused)
{
	int status;

	(void)unused;
	allocate(0, 1000);
	release(0, 100);
	pid_t child = fork();

	if (child == 0) {
		/* What lives at the fork is the child's from its first moment; the past is not. */
		tally.allocs -= tally.frees;
		tally.alloc_bytes -= tally.free_bytes;
		tally.frees = tally.free_bytes = 0;
		release(100, 700);
		allocate(1000, 1500);
		release(1000, 1200);
		host_expect(&tally);
		_exit(0);
	}
	host_must(waitpid(child, &status, 0) == child && status == 0, "the child");
	release(100, 900);
	host_expect(&tally);
}

/* A child that never allocates, and a grandchild of one that does. */
static void life_fork_deep(const char *unused)
{
	int status;

	(void)unused;
	allocate(0, 500);
	for (int depth = 0; depth < 5; depth++) {
		pid_t child = fork();

		if (child != 0) {
			host_must(waitpid(child, &status, 0) == child && status == 0, "the child");
			if (depth == 0)
				host_expect(&tally);
			_exit(0);
		}
	}
	release(0, 500);
	allocate(0, 7);
	tally.frees = 500;
	host_expect(&tally);
	_exit(0);
}

/* The child finds no address space at all: it may not allocate, but it lives and frees. */
static void life_fork_limit(const char *unused)
{
	const struct rlimit limit = {1 << 20, RLIM_INFINITY};
	int status;

	(void)unused;
	allocate(0, 1000);
	pid_t child = fork();

	if (child == 0) {
		host_must(setrlimit(RLIMIT_AS, &limit) == 0, "setrlimit");
		for (size_t i = 0; i < 500; i++)
			free(blocks[i]);
		for (size_t i = 0; i < 500; i++)
			free(malloc(i * 100));
		_exit(0);
	}
	host_must(waitpid(child, &status, 0) == child && status == 0, "the child");
	release(0, 900);
	host_expect(&tally);
}

/* Executes itself `argument` times. Every generation counts for itself. */
static void life_exec(const char *argument)
{
	char next[16];
	int left = atoi(argument);

	allocate(0, (size_t)left * 10 + 5);
	release(0, 3);
	host_expect(&tally);
	snprintf(next, sizeof next, "%d", left - 1);
	if (left > 0)
		execl("/proc/self/exe", "lives", "exec", next, (char *)NULL);
	host_must(left == 0, "exec");
}

static void wait_for(pid_t child)
{
	int status;

	host_must(child > 0 && waitpid(child, &status, 0) == child && status == 0, "a child");
}

/* Not inlined: what the caller keeps in registers is not vfork's to clobber. */
HOST_SITE static pid_t spawn_by_vfork(char *const argv[])
{
	pid_t child = vfork();

	if (child == 0) {
		execve("/bin/true", argv, environ);
		_exit(9);
	}
	return child;
}

/* vfork's child shares our memory; posix_spawn uses the like; system and popen use that. */
static void life_spawn(const char *unused)
{
	char *const argv[] = {(char[]){"true"}, NULL};
	pid_t child;

	(void)unused;
	for (size_t i = 0; i < 100; i++) {
		allocate(i * 20, i * 20 + 20);
		wait_for(spawn_by_vfork(argv));
		release(i * 20, i * 20 + 13);
	}
	host_must(posix_spawn(&child, "/bin/true", NULL, NULL, argv, environ) == 0, "posix_spawn");
	wait_for(child);
	host_must(system("exit 0") == 0, "system");
	FILE *pipe = popen("echo piped", "r");
	char line[16] = "";

	host_must(fgets(line, sizeof line, pipe) && strcmp(line, "piped\n") == 0, "popen");
	host_must(pclose(pipe) == 0, "pclose");
	allocate(3900, BLOCKS);
	host_expect(&tally);
}

/* Blocks of a module that is gone are freed by us; what stays is still shown with its name. */
static void life_dlopen(const char *path)
{
	void *taken[100];

	for (int round = 0; round < 3; round++) {
		void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);

		host_must(module != NULL, "dlopen");
		void *(*allocate_in_plugin)(size_t);

		*(void **)&allocate_in_plugin = dlsym(module, "plugin_allocate");
		host_must(allocate_in_plugin != NULL, "dlsym");
		for (size_t i = 0; i < 100; i++)
			taken[i] = allocate_in_plugin(100 + i);
		host_must(dlclose(module) == 0, "dlclose");
		host_must(dlopen(path, RTLD_NOW | RTLD_NOLOAD) == NULL, "unloading");
		for (size_t i = 0; i < 90; i++)
			free(taken[i]);
	}
	struct host_tally plugin = {"plugin_allocate", 300, 270, 0, 0};

	for (size_t i = 0; i < 100; i++) {
		plugin.alloc_bytes += 3 * (100 + i);
		plugin.free_bytes += i < 90 ? 3 * (100 + i) : 0;
	}
	host_expect(&plugin);
}

/* Allocation in a signal handler is allowed where malloc is not interrupted. */
static void handler(int number)
{
	(void)number;
	free(blocks[0]);
	tally.frees++;
	tally.free_bytes += size_of(0);
	blocks[0] = host_allocate(size_of(0));
}

static void life_signal(const char *unused)
{
	(void)unused;
	stack_t stack = {.ss_sp = malloc(SIGSTKSZ * 4), .ss_size = (size_t)SIGSTKSZ * 4};
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};

	host_must(sigaltstack(&stack, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0,
		  "sigaltstack");
	allocate(0, 10);
	for (int i = 0; i < 1000; i++)
		raise(SIGUSR1);
	host_expect(&tally);
}

/* Address space is short from the start of the second life. */
static void life_limit(const char *argument)
{
	const struct rlimit limit = {strtoul(argument, NULL, 10) << 20, RLIM_INFINITY};

	host_must(setrlimit(RLIMIT_AS, &limit) == 0, "setrlimit");
	execl("/proc/self/exe", "lives", "work", (char *)NULL);
	host_must(0, "exec");
}

static const struct {
	const char *name;
	void (*life)(const char *argument);
} lives[] = {
	{"work", life_work},
	{"wait", life_wait},
	{"close-all", life_close_all},
	{"fork", life_fork},
	{"exec", life_exec},
	{"fork-deep", life_fork_deep},
	{"spawn", life_spawn},
	{"dlopen", life_dlopen},
	{"signal", life_signal},
	{"limit", life_limit},
	{"fork-limit", life_fork_limit},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof lives / sizeof lives[0]; i++) {
		if (strcmp(argv[1], lives[i].name) == 0) {
			lives[i].life(argc > 2 ? argv[2] : "");
			return 0;
		}
	}
	fputs("usage: lives NAME [argument]\n", stderr);
	return 2;
}
