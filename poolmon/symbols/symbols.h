/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * symbols.h - from return addresses to functions, files and lines
 *
 * Answers come from the modules' own files and their debug information, wherever libdw finds it:
 * build-id and .gnu_debuglink directories, debuginfod when DEBUGINFOD_URLS is set. A file counts
 * only if its build-id is the one the process had.
 *
 * A thread does the work, so that a debug file of gigabytes or a slow server never holds up the
 * screen: symbols_find() says "not known yet" and the newest question is answered first. Who would
 * only wait for it does it himself. Answers are kept, a bounded number of them.
 *
 * Callers: view/, export/, cmd/; all of one thread. Allocates; locks inside.
 */
#ifndef POOLMON_SYMBOLS_SYMBOLS_H
#define POOLMON_SYMBOLS_SYMBOLS_H

#include "reader/reader.h"

/* A place in the source. The texts are valid UTF-8 without control characters. */
struct symbols_place {
	char *function; /* NULL: not known */
	char *file;     /* as the compiler was given it, or absolute; NULL: not known */
	int line;       /* 0: not known */
};

/* What is known of a call. */
struct symbols_answer {
	bool known;       /* false: not yet, ask again */
	const char *note; /* what was missing, in words; NULL: nothing */
	uint64_t offset;  /* of the return address in the function, 0: not known */
	size_t count;     /* of places, 0: nothing is known */
	/* Innermost first. The last is the function itself, those before were inlined into it. */
	struct symbols_place *places;
};

struct symbols;

/*
 * `directory` (or NULL) is looked into for debug files besides the usual places. With `wait`,
 * symbols_find() finds out before it returns. Destroy with symbols_destroy().
 */
struct symbols *symbols_create(const char *directory, bool wait);

/* Does not wait for work in progress: the process is expected to end. */
void symbols_destroy(struct symbols *symbols);

/*
 * The call that returns to `address` in module number `module` of `process`. The answer is valid
 * until the next call. Without `symbols` (NULL) nothing is known.
 */
const struct symbols_answer *symbols_find(struct symbols *symbols,
					  const struct reader_process *process, uint32_t module,
					  uint64_t address);

/* The same, without asking: what is not known yet stays so. */
const struct symbols_answer *symbols_peek(struct symbols *symbols,
					  const struct reader_process *process, uint32_t module,
					  uint64_t address);

/* How many answers there have been, to see when to draw again. */
uint64_t symbols_progress(struct symbols *symbols);

/* Whether questions are open. */
bool symbols_busy(struct symbols *symbols);

#endif
