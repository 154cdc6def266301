/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * growth.h - what there is more of after more iterations
 *
 * Callers: cmd/check.c. Allocates; no locks.
 */
#ifndef POOLMON_CHECK_GROWTH_H
#define POOLMON_CHECK_GROWTH_H

#include "check/check.h"

/* A place grows when it has so many bytes more per iteration, or a block. */
#define GROWTH_BYTES 16

/* Fills in what a check must collect to be compared, whatever else was asked for. */
void growth_options(const struct check_options *options, struct check_options *ret_options);

/*
 * Compares two checks of the same command, collected with growth_options(), of which the second
 * ran `iterations` more: of the findings of `after` those stay that grow, with what they have
 * more in the class GROWN. Then `after` may be judged with `options`, which this fills in.
 */
void growth_compare(const struct check *before, struct check *after, uint64_t iterations,
		    struct check_options *options);

#endif
