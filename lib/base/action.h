/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * action.h - sigaction without libc, which a host may interpose
 *
 * Callers: lib/verify, lib/leaks. Locking: none. Context: any.
 */
#ifndef LIB_BASE_ACTION_H
#define LIB_BASE_ACTION_H

#include <signal.h>
#include <stdint.h>

/* The kernel's struct sigaction. */
struct base_action {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void); /* set by base_action_set */
	uint64_t mask;
};

/* `fresh` and `ret_old` may be NULL. 0 or a negative errno. */
long base_action_set(int number, const struct base_action *fresh, struct base_action *ret_old);

#endif
