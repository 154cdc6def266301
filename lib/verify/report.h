/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.h - what the checks have found, in one line, and the stacks behind it
 *
 * Purpose: the line names the mistake, the block with its size, tag and address, who allocated it
 * and who freed it; then, each in a line of its own, the stacks of both as far as they are known.
 * Callers: lib/verify, and pool/badfree.c through pool/check.h. Locking: none may be held. Context:
 * anywhere; never allocates. Reads private tables, the page map and the ledger, nothing a broken
 * block could lead astray.
 */
#ifndef LIB_VERIFY_REPORT_H
#define LIB_VERIFY_REPORT_H

#include "lib/base/text.h"
#include "lib/verify/block.h"

#define VERIFY_LINE_MAX 900

/* "block 0x7f.. of 40 bytes, tag redi, allocated by a!b+0x1" and ", freed by c!d+0x2" if it was. */
void verify_report_block(struct base_text *text, const void *block, const struct pool_found *found);

/* Adds "3 bytes at offset 40, the first now 0x41,". */
void verify_report_damage(struct base_text *text, struct verify_damage damage);

/* Adds `what` and "c!d+0x2", the innermost call of a stack, if it is known. */
void verify_report_caller(struct base_text *text, const char *what, uint32_t stack);

/* The line and the stacks of `block`, and of the free that is going on; goes on. */
void verify_report_note(const struct base_text *text, const void *block, uint32_t freeing);

/* The same, and the end. */
BASE_COLD __attribute__((noreturn)) void verify_report_fatal(const struct base_text *text,
							     const void *block, uint32_t freeing);

#endif
