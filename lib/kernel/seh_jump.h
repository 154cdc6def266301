/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seh_jump.h - the jumps that seh.c is made of
 *
 * Callers: seh.c. Locking: none. Context: anywhere.
 */
#ifndef LIB_KERNEL_SEH_JUMP_H
#define LIB_KERNEL_SEH_JUMP_H

#include <pooltag/ddk/parts/seh.h>

/* Back to where the registers were saved; 1 is what the call there returns. */
__attribute__((noreturn)) void kernel_seh_jump(const struct pooltag_seh_registers *registers);

/* PooltagSehLeave, with the registers as its caller has them. Called from assembly only. */
__attribute__((visibility("hidden"), used)) void kernel_seh_leave(
	struct pooltag_seh_frame **here, const struct pooltag_seh_registers *registers);

#endif
