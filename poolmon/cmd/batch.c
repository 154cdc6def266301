/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * batch.c - tables and other formats without a screen
 */
#include "cmd/cmd.h"
#include "cmd/outputs.h"
#include "cmd/session.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* Sleeps until `start` + `round` intervals, so that a slow reader does not stretch the interval. */
static void batch_wait(const struct timespec *start, double interval, uint64_t round)
{
	double at = (double)round * interval;
	struct timespec until = *start;

	until.tv_sec += (time_t)at;
	until.tv_nsec += (long)((at - (double)(time_t)at) * 1e9);
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		continue;
}

/* Files that are not read are told once, on stderr; JSON has them inside. */
static void batch_warn(const struct session *session)
{
	for (size_t i = 0; i < session->snapshot->refusal_count; i++)
		fprintf(stderr, "poolmon: %s %s\n", session->snapshot->refusals[i].path,
			session->snapshot->refusals[i].text);
}

/* Writes what was asked for. Returns 0, or the exit status after one line on stderr. */
static int batch_write(struct session *session, struct outputs *outputs, bool first)
{
	if (arguments_exports(session->arguments))
		return outputs_write(outputs, session, first);
	if (!first)
		putchar('\n');
	return session_print(session, false, false, stdout);
}

static int batch_loop(struct session *session, struct outputs *outputs, uint64_t count)
{
	const struct arguments *arguments = session->arguments;
	struct timespec start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (uint64_t round = 0; count == 0 || round < count; round++) {
		int status;

		if (round)
			batch_wait(&start, arguments->interval, round);
		status = session_tell(session, session_refresh(session));
		if (status == 0 && round == 0) {
			status = session_check_pids(session);
			if (status == 0 && !arguments->outputs[FORMAT_JSON].asked)
				batch_warn(session);
		}
		if (status == 0)
			status = batch_write(session, outputs, round == 0);
		if (status)
			return status;
	}
	return 0;
}

int cmd_batch(const struct arguments *arguments)
{
	struct outputs outputs;
	struct session session;
	int status = outputs_open(&outputs, arguments);
	int closed;

	if (status)
		return status;
	session_init(&session, arguments, &arguments->model, arguments->dir, true);
	if (arguments->outputs[FORMAT_PPROF].asked || arguments->outputs[FORMAT_FOLDED].asked)
		session.wants |= READER_WANT_STACKS;
	status = batch_loop(&session, &outputs, arguments->batch ? arguments->count : 1);
	closed = outputs_close(&outputs);
	session_fini(&session);
	return status ? status : closed;
}
