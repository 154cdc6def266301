/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wait.h - sleeping until a word changes, and Windows' times
 *
 * Callers: lib/kernel. Locking: none. Context: a driver's thread; never allocates.
 */
#ifndef LIB_KERNEL_WAIT_H
#define LIB_KERNEL_WAIT_H

#include "lib/base/compiler.h"
#include <pooltag/ddk/ntddk.h>

/* When to give up. */
struct kernel_deadline {
	int forever;
	uint64_t at; /* nanoseconds of CLOCK_MONOTONIC */
};

/* Of a Windows time-out: NULL is for ever, negative relative, else absolute since 1601. */
struct kernel_deadline kernel_deadline_of(const LARGE_INTEGER *timeout);
int kernel_is_past(const struct kernel_deadline *deadline);

/* Sleeps while *word is `seen`, at most until the deadline. May return early. */
void kernel_sleep_on(const void *word, uint32_t seen, const struct kernel_deadline *deadline);
void kernel_wake(const void *word, int count);

/* One more try of a spinning loop: pauses, and after some gives the processor away. */
void kernel_spin(uint32_t *tries);

#endif
