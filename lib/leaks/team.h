/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * team.h - several threads for the scanning process
 *
 * Purpose: a large heap is read by as many threads as there are processors, since nearly all of a
 * scan's time is waiting for memory. They are made by the kernel alone, without libc, have the
 * first thread's thread pointer, and end with the process at the latest. Where no more may be made,
 * fewer do the same work.
 *
 * Callers: leaks/follow.c, leaks/mark.c, in the child. Locking: none. Context: raw system calls and
 * mappings only.
 */
#ifndef LIB_LEAKS_TEAM_H
#define LIB_LEAKS_TEAM_H

#include "lib/base/compiler.h"

#define LEAKS_TEAM_MAX 4u

/* How many threads there are to be; 1 at first. */
extern BASE_HIDDEN uint32_t leaks_team_size;

/* How many are worth it: one for each processor this process may use, at most LEAKS_TEAM_MAX. */
uint32_t leaks_team_wanted(void);

/*
 * Calls `work` in up to leaks_team_size threads, with numbers from 0 (the caller) on, and comes
 * back when it has come back in all. It must not matter how many there are.
 */
void leaks_team_run(void (*work)(uint32_t number));

#endif
