/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * measure.c - runs a command and writes what it and all its descendants cost
 *
 * measure --result FILE [--repeat N] [--cpus LIST] [--env NAME=VALUE]... -- COMMAND...
 *
 * One line per repetition: user and system CPU time (us), wall time (us), largest resident set of
 * any one process (KiB), wait status, and, if the command stamps as resident.c does, the time from
 * fork to main and from the end of main to the process's end (us), else 0.
 *
 * It is a small program of its own because a child's largest resident set includes that of the
 * process that forked it. It is the subreaper, so daemons' CPU time is counted too. SIGTERM and
 * SIGINT are passed on to the command.
 */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_ENVIRONMENT 32

struct options {
	const char *result;
	unsigned long repeat;
	cpu_set_t cpus;
	char *environment[MAX_ENVIRONMENT];
	unsigned environment_count;
};

struct cost {
	int64_t user_us, system_us, wall_us, rss_kib, start_us, exit_us;
	int status;
};

static volatile pid_t child;

static void pass_on(int signal)
{
	if (child > 0)
		kill(child, signal);
}

_Noreturn static void fail(const char *what)
{
	fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
	exit(125);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

_Noreturn static void become(const struct options *options, char **command, int stamps)
{
	char number[16];

	snprintf(number, sizeof number, "%d", stamps);
	setenv("BENCH_STAMPS_FD", number, 1);
	for (unsigned i = 0; i < options->environment_count; i++)
		putenv(options->environment[i]);
	if (!CPU_COUNT(&options->cpus) ||
	    !sched_setaffinity(0, sizeof options->cpus, &options->cpus))
		execvp(command[0], command);
	fprintf(stderr, "measure: cannot run %s: %s\n", command[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static void add_usage(struct cost *cost, const struct rusage *usage)
{
	cost->user_us += usage->ru_utime.tv_sec * 1000000 + usage->ru_utime.tv_usec;
	cost->system_us += usage->ru_stime.tv_sec * 1000000 + usage->ru_stime.tv_usec;
	if (usage->ru_maxrss > cost->rss_kib)
		cost->rss_kib = usage->ru_maxrss;
}

/* Waits for the command, then for orphans it left. Returns when the command itself ended. */
static int64_t reap(struct cost *cost)
{
	int64_t end = 0;
	struct rusage usage;
	int status;

	for (;;) {
		pid_t pid = wait4(-1, &status, 0, &usage);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return end;
		add_usage(cost, &usage);
		if (pid == child) {
			end = now_ns();
			cost->status = status;
		}
	}
}

static struct cost run(const struct options *options, char **command)
{
	struct cost cost = {0};
	int64_t stamps[2] = {0, 0};
	int ends[2];

	if (pipe(ends))
		fail("pipe");
	int64_t start = now_ns();
	child = fork();
	if (child < 0)
		fail("fork");
	if (child == 0) {
		close(ends[0]);
		become(options, command, ends[1]);
	}
	close(ends[1]);
	int64_t end = reap(&cost);
	cost.wall_us = (end - start) / 1000;
	if (read(ends[0], stamps, sizeof stamps) == (ssize_t)sizeof stamps) {
		cost.start_us = (stamps[0] - start) / 1000;
		cost.exit_us = (end - stamps[1]) / 1000;
	}
	close(ends[0]);
	return cost;
}

static void add_cpus(cpu_set_t *cpus, char *list)
{
	for (char *rest = NULL, *item = strtok_r(list, ",", &rest); item;
	     item = strtok_r(NULL, ",", &rest))
		CPU_SET(strtoul(item, NULL, 10), cpus);
}

static int parse(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {
		{"result", required_argument, NULL, 'r'},
		{"repeat", required_argument, NULL, 'n'},
		{"cpus", required_argument, NULL, 'c'},
		{"env", required_argument, NULL, 'e'},
		{NULL, 0, NULL, 0},
	};
	int o;

	while ((o = getopt_long(argc, argv, "+", names, NULL)) != -1) {
		if (o == 'r')
			options->result = optarg;
		else if (o == 'n')
			options->repeat = strtoul(optarg, NULL, 10);
		else if (o == 'c')
			add_cpus(&options->cpus, optarg);
		else if (o == 'e' && options->environment_count < MAX_ENVIRONMENT)
			options->environment[options->environment_count++] = optarg;
		else
			return -EINVAL;
	}
	return options->result && options->repeat && optind < argc ? 0 : -EINVAL;
}

int main(int argc, char **argv)
{
	struct options options = {.repeat = 1};

	if (parse(argc, argv, &options)) {
		fprintf(stderr, "usage: measure --result FILE [--repeat N] [--cpus LIST] "
				"[--env NAME=VALUE]... -- COMMAND...\n");
		return 2;
	}
	FILE *result = fopen(options.result, "we");
	if (!result)
		fail(options.result);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	struct sigaction action = {.sa_handler = pass_on};
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	for (unsigned long i = 0; i < options.repeat; i++) {
		struct cost c = run(&options, argv + optind);

		fprintf(result, "%ld %ld %ld %ld %d %ld %ld\n", (long)c.user_us, (long)c.system_us,
			(long)c.wall_us, (long)c.rss_kib, c.status, (long)c.start_us,
			(long)c.exit_us);
	}
	return fclose(result) ? 125 : 0;
}
