/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fault.h - low-resources simulation: which allocations fail on purpose
 *
 * Purpose: Driver Verifier's "randomized low resources simulation" and more, by the options
 * fault_*: a tag, a module or a function whose allocations may fail; then one in N of them, exactly
 * the N-th, each site once (those that have failed stand in a file, so that the next process goes
 * on with the next site), or, when none of that is asked for, all of them.
 *
 * What decides is the number of an allocation among those that may fail and the seed, so that a
 * program of one thread fails in the same place every time.
 *
 * Callers: verify/check.c; lib/kernel by pool_check_fault (pool/check.h). Locking: verify_lock, for
 * each site's first sight only. Context: as malloc.
 */
#ifndef LIB_VERIFY_FAULT_H
#define LIB_VERIFY_FAULT_H

/* 1 when the options ask for faults; reads the list of sites that have failed before. Once. */
int verify_fault_start(void);

#endif
