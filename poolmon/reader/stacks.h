/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stacks.h - the stacks of a process: frames of its sites, and sampled stacks
 *
 * They are not part of a snapshot, which would make every refresh slower for what only exports
 * need. Callers: export/, one thread. Allocates; no locks. The file is opened anew and checked like
 * at a refresh; its tables only grow, so that what it holds covers the snapshot. What is younger
 * than the snapshot is left out.
 */
#ifndef POOLMON_READER_STACKS_H
#define POOLMON_READER_STACKS_H

#include "reader/reader.h"

/* Indices are checked against the process's tables and against each other. */
struct stacks {
	size_t frame_count;
	struct pooltag_frame *frames;
	size_t sample_count;
	struct pooltag_sample *samples; /* by site, then as they were made */
};

/*
 * Reads the stacks of `process`. Returns 0, to be released with stacks_fini(), or -1 with one
 * sentence in *ret_text, which the caller frees: the file is gone, is another process's by now, or
 * is damaged.
 */
int stacks_load(const struct reader_process *process, struct stacks *ret_stacks, char **ret_text);

void stacks_fini(struct stacks *stacks);

#endif
