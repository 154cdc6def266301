/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blocks.h - the largest blocks of a process, by tag, pool or call site
 *
 * Nobody keeps books on single blocks: the process is asked to look through its heap, and answers
 * when it next does more than the usual for an allocation, or at the signal of leak_signal=.
 *
 * Callers: view/, cmd/. Allocates; no locks. blocks_ask() waits.
 */
#ifndef POOLMON_MODEL_BLOCKS_H
#define POOLMON_MODEL_BLOCKS_H

#include "model/place.h"
#include "reader/request.h"

/* One block. */
struct blocks_entry {
	uint64_t address;
	uint64_t requested;
	uint64_t charge;
	bool known; /* the site is; else tag and pool are those asked for, or 0 */
	pooltag_tag tag;
	uint8_t pool;
	char place[PLACE_SIZE];
};

/* An answer. Zero-initialised: none. */
struct blocks {
	uint32_t pid;
	char process[64];
	char what[PLACE_SIZE]; /* that was asked for: "dict Paged", "all blocks" */
	uint64_t least;
	uint64_t count; /* of all that were asked for, and what they sum up to */
	uint64_t requested;
	uint64_t charge;
	uint64_t duration_ns; /* that the process took */
	size_t listed;
	struct blocks_entry *entries; /* the largest first */
};

/* What is asked for; zero: everything. */
struct blocks_question {
	bool tagged;
	pooltag_tag tag;
	bool pooled;
	uint8_t pool;
	bool sited;
	size_t site;    /* number in the process */
	uint64_t least; /* bytes requested of each */
};

/* Asks. Returns 0, or a negative errno for blocks_reason(). Release with blocks_fini(). */
int blocks_ask(struct blocks *ret_blocks, const struct reader_process *process,
	       const struct blocks_question *question, uint64_t timeout_ns);
void blocks_fini(struct blocks *blocks);

/* Why there is no answer, in a sentence. */
const char *blocks_reason(int error);

/* The first lines of a table, without a newline: what it is about, and the headings. */
void blocks_title(const struct blocks *blocks, char *out, size_t size);
extern const char blocks_heading[];

/* A block as a line of that table, without a newline. */
void blocks_line(const struct blocks_entry *entry, char *out, size_t size);

#define BLOCKS_LINE_SIZE (PLACE_SIZE + 96)

#endif
