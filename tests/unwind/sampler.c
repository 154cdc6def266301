// SPDX-License-Identifier: BSD-2-Clause
/*
 * sampler.c - compares stacks inside of programs that know nothing of it
 *
 * Preloaded. Every UNWIND_EVERY-th allocation and every tick of the profiling clock compares the
 * stack. At exit one line is added to the file UNWIND_REPORT: the program, then for calls and for
 * interrupts the number of stacks by enum compare_end and the steps that agreed, then what was
 * worst in words.
 */
#include "compare.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);

/* What was seen by one way of coming to a stack. */
struct tally {
	unsigned long ends[COMPARE_END_MAX];
	unsigned long frames;
	struct compare_stack worst;
};

static struct tally calls, interrupts;
static unsigned long every;
static pid_t owner;
static __thread volatile int busy __attribute__((tls_model("initial-exec")));
static __thread unsigned long count __attribute__((tls_model("initial-exec")));

/* Threads race for these; a lost one does not matter, a failure that is seen stays. */
static void note(struct tally *tally, struct compare_stack stack)
{
	__atomic_fetch_add(&tally->ends[stack.end], 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&tally->frames, stack.frames, __ATOMIC_RELAXED);
	if (stack.end > tally->worst.end)
		tally->worst = stack;
}

void *malloc(size_t size)
{
	if (every != 0 && !busy && ++count % every == 0) {
		int saved_errno = errno;

		busy = 1;
		note(&calls, compare_here());
		busy = 0;
		errno = saved_errno;
	}
	return __libc_malloc(size);
}

/* libunwind must not be entered twice by one thread. */
static void tick(int number, siginfo_t *info, void *context)
{
	int saved_errno = errno;

	(void)number;
	(void)info;
	if (busy)
		return;
	busy = 1;
	note(&interrupts, compare_interrupted(context));
	busy = 0;
	errno = saved_errno;
}

static __attribute__((constructor)) void start(void)
{
	struct sigaction action = {.sa_sigaction = tick, .sa_flags = SA_SIGINFO | SA_RESTART};
	struct itimerspec interval = {{0, 1000000}, {0, 1000000}};
	timer_t timer; /* unlike setitimer's it does not live on in what is executed */
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGPROF};
	const char *number = getenv("UNWIND_EVERY");

	busy = 1;
	compare_here(); /* libunwind's first use prepares itself */
	busy = 0;
	owner = getpid();
	sigaction(SIGPROF, &action, NULL);
	if (timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer) == 0)
		timer_settime(timer, 0, &interval, NULL);
	every = number != NULL ? strtoul(number, NULL, 10) : 0;
}

static size_t add_tally(char *line, size_t size, const struct tally *tally)
{
	size_t used = 0;

	for (int end = 0; end < COMPARE_END_MAX; end++)
		used += (size_t)snprintf(line + used, size - used, " %lu", tally->ends[end]);
	return used + (size_t)snprintf(line + used, size - used, " %lu", tally->frames);
}

static size_t add_worst(char *line, size_t size, const char *what, const struct tally *tally)
{
	const struct compare_stack *worst = &tally->worst;
	Dl_info info = {.dli_fname = "?"};

	dladdr((void *)worst->address, &info);
	return (size_t)snprintf(line, size,
				"; %s %s at %s+%#lx (%s) by rule %lu after %lu: we %#lx sp %#lx, "
				"they %#lx sp %#lx",
				what, compare_end_name(worst->end), info.dli_fname,
				worst->address - (unsigned long)info.dli_fbase,
				info.dli_sname != NULL ? info.dli_sname : "?", worst->rule,
				worst->frames, worst->ours, worst->our_sp, worst->theirs,
				worst->their_sp);
}

static __attribute__((destructor)) void finish(void)
{
	const char *path = getenv("UNWIND_REPORT");
	char line[2000];
	size_t used;
	int file;

	if (path == NULL || getpid() != owner)
		return;
	every = 0;
	signal(SIGPROF, SIG_IGN);
	used = (size_t)snprintf(line, sizeof(line), "%s", program_invocation_short_name);
	used += add_tally(line + used, sizeof(line) - used, &calls);
	used += add_tally(line + used, sizeof(line) - used, &interrupts);
	used += add_worst(line + used, sizeof(line) - used, "calls", &calls);
	used += add_worst(line + used, sizeof(line) - used, "interrupts", &interrupts);
	used += (size_t)snprintf(line + used, sizeof(line) - used, "\n");
	file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (file < 0 || write(file, line, used) != (ssize_t)used)
		_exit(99);
	close(file);
}
