/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * number.h - numbers made of figures that may be anything
 *
 * Callers: every layer of poolmon. A damaged segment can have any counters, and C leaves open what
 * becomes of a double that no integer can hold.
 */
#ifndef POOLMON_COMMON_NUMBER_H
#define POOLMON_COMMON_NUMBER_H

#include <stdint.h>

/* `value` without its fraction; the nearest number there is when it is too large. */
static inline int64_t number_whole(double value)
{
	if (value >= 0x1p63)
		return INT64_MAX;
	return value > -0x1p63 ? (int64_t)value : INT64_MIN;
}

/* a + b; the largest number there is when it is too large. */
static inline uint64_t number_sum(uint64_t a, uint64_t b)
{
	return a <= UINT64_MAX - b ? a + b : UINT64_MAX;
}

#endif
