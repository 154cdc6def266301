/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * result.h - what a leak scan finds, in memory that the process shares with the child that scans
 *
 * Callers: lib/leaks, lib/interpose. Locking: the child writes it, `state` and `pulse` atomically;
 * the process reads the rest once the child is through. Context: data only.
 */
#ifndef LIB_LEAKS_RESULT_H
#define LIB_LEAKS_RESULT_H

#include <pooltag/segment.h>

struct leaks_result {
	struct pooltag_scan scan;
	struct pooltag_lost *lost; /* POOLTAG_LOST_MAX records, which hardly ever are touched */
	uint32_t lost_count;
	uint32_t pulse;              /* another one while the scan goes on, and at its end; futex */
	uint32_t sites;              /* that there may be */
	struct pooltag_leak leaks[]; /* by number of the site, most of them empty */
};

#endif
