/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * leaks.h - the leak check: at the end of the process, and when another process wants one
 *
 * Callers: interpose/exit.c. Locking: lib/leaks'. Context: the start of the process and the end of
 * exit().
 */
#ifndef LIB_INTERPOSE_LEAKS_H
#define LIB_INTERPOSE_LEAKS_H

/* From now on requests are served. */
void interpose_leaks_init(void);

/* Scans for leaks if the option leak_check=1 says so and the program has not done it already. */
void interpose_leaks_at_exit(void);

#endif
