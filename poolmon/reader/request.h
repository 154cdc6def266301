/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * request.h - asks a process for a leak scan, or for its largest blocks
 *
 * The only things that are ever written to a segment from outside: `request` and `question` of its
 * SCAN. Callers: cmd/check.c, model/blocks.c. Does not allocate; no locks. Waits.
 *
 * The functions return 0; -ETIMEDOUT when the process did not look (it looks when it allocates, or
 * at the signal of its option leak_signal=), -ESRCH when it ended meanwhile, -ENOTSUP when its
 * segment has no place for the answer, -EBUSY when somebody else asked at the same time, -EIO when
 * the segment is damaged, or another negative errno.
 */
#ifndef POOLMON_READER_REQUEST_H
#define POOLMON_READER_REQUEST_H

#include "reader/reader.h"

/* Asks for a scan, and waits at most `timeout_ns` for it; the next snapshot has the result. */
int request_scan(const struct reader_process *process, uint64_t timeout_ns);

/* What a process says of its blocks. */
struct request_blocks {
	struct pooltag_listing listing; /* `error` is 0, `listed` at most POOLTAG_BLOCKS_MAX */
	struct pooltag_listed blocks[POOLTAG_BLOCKS_MAX]; /* unchecked, the largest first */
};

/*
 * Asks for the largest blocks that `question`, whose number does not matter, is about, and waits at
 * most `timeout_ns`. -ECANCELED: the process could not find out, *ret_blocks has its `error`.
 */
int request_blocks(const struct reader_process *process, const struct pooltag_question *question,
		   uint64_t timeout_ns, struct request_blocks *ret_blocks);

#endif
