/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trap.h - names the block when the special pool's guard pages are touched
 *
 * Purpose: a SIGSEGV handler, set at start when there is a special pool. A fault outside of it goes
 * to whoever would have had it without us. A program that sets its own handler later has that one.
 * Callers: verify/special.c. Context: async-signal-safe.
 */
#ifndef LIB_VERIFY_TRAP_H
#define LIB_VERIFY_TRAP_H

void verify_trap_start(void);

#endif
