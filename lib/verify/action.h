/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * action.h - sigaction without libc, which a host may interpose
 *
 * Callers: lib/verify. Locking: none. Context: any.
 */
#ifndef LIB_VERIFY_ACTION_H
#define LIB_VERIFY_ACTION_H

#include <signal.h>
#include <stdint.h>

/* The kernel's struct sigaction. */
struct verify_action {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void); /* set by verify_action_set */
	uint64_t mask;
};

/* `fresh` and `ret_old` may be NULL. 0 or a negative errno. */
long verify_action_set(int number, const struct verify_action *fresh,
		       struct verify_action *ret_old);

#endif
