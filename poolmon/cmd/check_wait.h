/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_wait.h - until the processes of a run have ended
 *
 * Callers: check.c. Does not allocate; no locks.
 */
#ifndef POOLMON_CMD_CHECK_WAIT_H
#define POOLMON_CMD_CHECK_WAIT_H

#include "reader/reader.h"

/*
 * Waits for the end of a process of run `run_id` that still runs in `snapshot`, at most until
 * `deadline_ns` (CLOCK_MONOTONIC). Returns whether it is worth taking another snapshot.
 */
bool check_wait(const struct reader_snapshot *snapshot, uint64_t run_id, uint64_t deadline_ns);

/* CLOCK_MONOTONIC */
uint64_t check_wait_clock(void);

#endif
