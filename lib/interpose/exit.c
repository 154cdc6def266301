/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exit.c - the ways a process ends by its own will
 *
 * exit() and a return from main run destructors; _exit and _Exit do not, and fork children use them
 * all the time, so they are interposed. libc's own exit ends in an internal _exit that is not. What
 * is allocated after the mark is still counted: the segment stays mapped to the end.
 */
#include "lib/base/sys.h"
#include "lib/pool/state.h"
#include <stdlib.h>
#include <unistd.h>

__attribute__((destructor)) static void on_exit_normally(void)
{
	pool_exit();
}

__attribute__((constructor)) static void watch_quick_exit(void)
{
	at_quick_exit(pool_exit);
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
