/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * request.h - asks a process for a leak scan
 *
 * The one thing that is ever written to a segment from outside: the word `request` of its SCAN.
 * Callers: cmd/check.c. Does not allocate; no locks. Waits.
 */
#ifndef POOLMON_READER_REQUEST_H
#define POOLMON_READER_REQUEST_H

#include "reader/reader.h"

/*
 * Asks, and waits at most `timeout_ns` for the answer, which the next snapshot has. Returns 0;
 * -ETIMEDOUT when the process did not look (it looks when it allocates, or at the signal of its
 * option leak_signal=), -ESRCH when it ended meanwhile, -ENOTSUP when its segment has no place for
 * a scan, -EIO when the segment is damaged, or another negative errno.
 */
int request_scan(const struct reader_process *process, uint64_t timeout_ns);

#endif
