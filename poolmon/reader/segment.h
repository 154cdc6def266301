/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * segment.h - one segment file: opened, checked, copied
 *
 * Callers: reader.c. Allocates; no locks. A `struct segment` remembers from one refresh to the next
 * what never changes in a file (sites, modules, names, chunk owners), so that a refresh reads only
 * counters and what is new. The file is opened anew each time; what is kept is a mapping of its
 * cells and a descriptor of its process.
 */
#ifndef POOLMON_READER_SEGMENT_H
#define POOLMON_READER_SEGMENT_H

#include "reader/liveness.h"
#include "reader/reader.h"

#include <sys/types.h>

struct segment;

/* What is wrong, for a refusal. */
struct segment_fault {
	enum reader_reason reason;
	char text[256]; /* completes reader_reason_text(): the figures at fault, or empty */
};

/* A segment file `name` in the directory `path`. */
struct segment *segment_create(const char *directory, const char *name);
void segment_destroy(struct segment *segment);

const char *segment_name(const struct segment *segment);
const char *segment_path(const struct segment *segment);

/*
 * Reads the file anew into *ret_process. `owner` is the uid the file must belong to. Returns 1 when
 * it was read, 0 when it no longer exists or is not of the choice, or -1 with *fault filled in;
 * *ret_process is then untouched. Release with segment_process_fini().
 */
int segment_read(struct segment *segment, int directory_fd, uid_t owner,
		 const struct reader_choice *choice, const struct liveness_here *here,
		 uint64_t mono_ns, struct reader_process *ret_process, struct segment_fault *fault);

void segment_process_fini(struct reader_process *process);

/* Whether `name` has the shape <pid>.<starttime>[.<number>]; fills in the numbers, 0 for none. */
bool segment_parse_name(const char *name, uint64_t ret_numbers[3]);

#endif
