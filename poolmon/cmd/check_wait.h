/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_wait.h - until everything that a command started has ended
 *
 * A child that has not allocated yet has no segment, so segments alone do not tell who still runs.
 * poolmon becomes the parent of those whose parent ends (PR_SET_CHILD_SUBREAPER), as init would.
 * Callers: check.c. Allocates nothing; changes the signal mask while it waits.
 */
#ifndef POOLMON_CMD_CHECK_WAIT_H
#define POOLMON_CMD_CHECK_WAIT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Before the command is started. */
void check_wait_prepare(void);

/* After it has ended: waits for all others, at most so long. */
void check_wait(uint64_t timeout_ns);

/* The children of this process that still run, at most `max` of them. Returns how many. */
size_t check_wait_left(pid_t *ret_pids, size_t max);

#endif
