/* SPDX-License-Identifier: BSD-2-Clause */
#include "view/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

static sigset_t signals_waiting; /* the mask while we wait */
static volatile sig_atomic_t signals_ending;
static volatile sig_atomic_t signals_continued;
static void (*signals_rescue)(void);

static void signals_on_end(int number)
{
	signals_ending = number;
}

static void signals_on_continue(int number)
{
	(void)number;
	signals_continued = 1;
}

static void signals_on_fatal(int number)
{
	signals_rescue();
	signal(number, SIG_DFL);
	raise(number);
}

void signals_catch(void (*rescue)(void))
{
	static const int ends[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
	static const int fatals[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};
	struct sigaction action = {.sa_handler = signals_on_end};
	sigset_t blocked;

	signals_rescue = rescue;
	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct sigaction old;

		/* As under nohup(1). */
		if (sigaction(ends[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN)
			continue;
		sigaction(ends[i], &action, NULL);
		sigaddset(&blocked, ends[i]);
	}
	action.sa_handler = signals_on_continue;
	sigaction(SIGCONT, &action, NULL);
	action.sa_handler = signals_on_fatal;
	for (size_t i = 0; i < sizeof(fatals) / sizeof(fatals[0]); i++)
		sigaction(fatals[i], &action, NULL);
	/* The terminal library handles the stop and the change of size. */
	sigaddset(&blocked, SIGTSTP);
	sigaddset(&blocked, SIGWINCH);
	sigaddset(&blocked, SIGCONT);
	sigprocmask(SIG_BLOCK, &blocked, &signals_waiting);
}

enum signals_event signals_wait(int fd, uint64_t timeout_ns)
{
	struct pollfd input = {.fd = fd, .events = POLLIN};
	struct timespec timeout = {.tv_sec = (time_t)(timeout_ns / 1000000000u),
				   .tv_nsec = (long)(timeout_ns % 1000000000u)};
	int ready = ppoll(&input, 1, &timeout, &signals_waiting);

	if (signals_ending || (ready < 0 && errno != EINTR))
		return SIGNALS_ENDED;
	if (signals_continued) {
		signals_continued = 0;
		return SIGNALS_CONTINUED;
	}
	return ready > 0 && input.revents & (POLLHUP | POLLERR | POLLNVAL) ? SIGNALS_HANGUP
									   : SIGNALS_NONE;
}

void signals_die(void)
{
	if (!signals_ending)
		return;
	signal(signals_ending, SIG_DFL);
	raise(signals_ending);
	sigprocmask(SIG_SETMASK, &signals_waiting, NULL); /* delivers it */
}
