/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exit.c - the ways a process ends by its own will
 *
 * exit() and a return from main run destructors; _exit and _Exit do not, and fork children use them
 * all the time, so they are interposed. libc's own exit ends in an internal _exit that is not. What
 * is allocated after the mark is still counted: the segment stays mapped to the end.
 */
#include "lib/base/sys.h"
#include "lib/interpose/leaks.h"
#include "lib/pool/state.h"
#include <stdlib.h>
#include <unistd.h>

extern int __cxa_atexit(void (*function)(void *), void *argument, void *dso);

static void on_exit_normally(void *argument)
{
	(void)argument;
	interpose_leaks_at_exit();
	pool_exit();
}

/*
 * The last handler called is the first one registered, and one of no module comes after the
 * destructors of all, since glibc registers those before it calls main but after it has called the
 * constructors of libraries. So everything the program frees at its end is free by then.
 */
__attribute__((constructor)) static void watch_exits(void)
{
	__cxa_atexit(on_exit_normally, NULL, NULL);
	at_quick_exit(pool_exit);
	interpose_leaks_init();
}

static __attribute__((noreturn)) void leave(int status)
{
	pool_exit();
	for (;;)
		BASE_SYSCALL1(SYS_exit_group, status);
}

BASE_EXPORT void _exit(int status)
{
	leave(status);
}

BASE_EXPORT void _Exit(int status)
{
	leave(status);
}
