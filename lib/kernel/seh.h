/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seh.h - raising exceptions to the __try blocks of drivers
 *
 * Callers: lib/kernel, and drivers through ExRaiseStatus. Locking: none. Context: also from the
 * handler of a synchronous signal; a raise does not return.
 */
#ifndef LIB_KERNEL_SEH_H
#define LIB_KERNEL_SEH_H

#include "lib/kernel/thread.h"

/* Whether a raise would find a __try block of this thread. */
BASE_INLINE int kernel_can_raise(void)
{
	return kernel_self != NULL && kernel_self->frames != NULL;
}

/*
 * To the innermost __try block; bug check KMODE_EXCEPTION_NOT_HANDLED (0x1E) when there is none.
 * `where` is the address the exception is said to come from.
 */
__attribute__((noreturn)) void kernel_raise_status(NTSTATUS status, const void *where);

/* STATUS_ACCESS_VIOLATION at an address; `operation` 0: a read, 1: a write. */
__attribute__((noreturn)) void kernel_raise_access(uintptr_t address, int operation,
						   const void *where);

#endif
