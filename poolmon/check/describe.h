/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * describe.h - the sentences that all reports share
 *
 * Callers: the writers of check/. Allocates; no locks. The caller frees every text.
 */
#ifndef POOLMON_CHECK_DESCRIBE_H
#define POOLMON_CHECK_DESCRIBE_H

#include "check/check.h"

/* Whether the finding has blocks of one of the classes. */
bool describe_has(const struct check_finding *finding, unsigned classes);

/* "96 bytes in 3 blocks" */
char *describe_sum(const struct check_sum *sum);

/* "96 bytes in 3 blocks were in use" */
char *describe_in_use(const struct check_sum *sum);

/* "definite: 96 bytes in 3 blocks, indirect: 8 bytes in 1 block", of the classes in `classes`. */
char *describe_sums(const struct check_finding *finding, unsigned classes);

/* "libfoo.so.1!foo_new", or the module alone. */
char *describe_place(const struct check_finding *finding);

/* "make at leak.c:6 (leak+0x1180)" */
char *describe_frame(const struct check_frame *frame);

/* How many of the finding's frames lead to the program's main function, that one included. */
size_t describe_frame_count(const struct check_finding *finding);

/* "process 12 (sh): still runs" */
char *describe_process(const struct check_process *process);

/* "tags like Fo*: at most 4096 bytes in use in a process (12), 1024 allowed" */
char *describe_budget(const struct check_budget *budget);

/* Of a peak budget that may have been exceeded. */
char *describe_doubt(const struct check_budget *budget);

/* What is said of the whole in one line, without an end. */
char *describe_summary(const struct check *check);

/* The four bytes as text. */
#define DESCRIBE_TAG_SIZE 17
void describe_tag(pooltag_tag tag, char out[DESCRIBE_TAG_SIZE]);

/* Why the suppression does not do all it says, or NULL: not a text to free. */
const char *describe_flaw(const struct suppression *suppression);

/*
 * 16 hexadecimal digits that stay when lines move and files are built again: of the tag and of the
 * modules' base names and functions of the frames.
 */
#define DESCRIBE_FINGERPRINT_SIZE 17
void describe_fingerprint(const struct check_finding *finding, char out[DESCRIBE_FINGERPRINT_SIZE]);

/* "s" unless there is one. */
static inline const char *describe_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

#endif
