/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * block.h - the bytes of and around a block, as a verified process keeps them
 *
 * Purpose: verify=1 fills what lies between the bytes asked for and the header (or the end of the
 * class) with one value and looks at it when the block comes back; verify=2 fills fresh blocks too,
 * so that nobody takes them for zeroed, and freed ones, so that a write to one is seen before it is
 * used again. Large blocks are filled at their start only, and watched a little way past their end.
 * Callers: verify/check.c, verify/quarantine.c. Locking: the block's owner. Context: any.
 */
#ifndef LIB_VERIFY_BLOCK_H
#define LIB_VERIFY_BLOCK_H

#include "lib/pool/block.h"

/* Bytes of a large block that are filled, and those past its end that are watched. */
#define VERIFY_FILL_MAX  ((size_t)64 * 1024)
#define VERIFY_SLACK_MAX ((size_t)256)

/* Some changed bytes; `count` 0: none. */
struct verify_damage {
	size_t offset; /* from the start of the block */
	size_t count;  /* from the first to the last of them */
	unsigned char first;
};

/* Chooses the value that stands behind blocks; once. */
void verify_block_start(void);

/* Fills fresh bytes with verify=2. */
void verify_block_freshen(void *block, size_t size);

/* A block as it is handed out; `zero`: its bytes are the caller's already. */
void verify_block_begin(void *block, const struct pool_found *found, unsigned zero);

/* What was written behind a live block. */
struct verify_damage verify_block_behind(const void *block, const struct pool_found *found);

/* Fills a freed block. */
void verify_block_bury(void *block, const struct pool_found *found);

/* What was written to a freed block. */
struct verify_damage verify_block_disturbed(const void *block, const struct pool_found *found);

/* The same for any range, filled by verify_range_fill; `start` counts as offset 0. */
void verify_range_fill(unsigned char *start, size_t size);
struct verify_damage verify_range_check(const unsigned char *start, size_t size);

#endif
