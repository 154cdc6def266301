/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sum.h - blocks, and the bytes requested for them
 *
 * Callers: check/. Does not allocate.
 */
#ifndef POOLMON_CHECK_SUM_H
#define POOLMON_CHECK_SUM_H

#include <stddef.h>
#include <stdint.h>

struct check_sum {
	uint64_t blocks;
	uint64_t bytes;
};

static inline void check_sum_add(struct check_sum *to, const struct check_sum *from)
{
	to->blocks += from->blocks;
	to->bytes += from->bytes;
}

/* from - less; 0 when `less` is more, as it can be in a damaged segment. */
static inline uint64_t check_difference(uint64_t from, uint64_t less)
{
	return from > less ? from - less : 0;
}

#endif
