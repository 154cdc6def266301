/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fault.h - page faults of drivers
 *
 * Purpose: a bad access inside a __try block is an exception of the driver's,
 * STATUS_ACCESS_VIOLATION or STATUS_IN_PAGE_ERROR; a write to read-only system memory is a bug
 * check. All other faults go to whoever would have had them.
 * Callers: lib/kernel/thread.c, when a process first has a thread in the driver kit. Context: the
 * handler is async-signal-safe until it raises.
 */
#ifndef LIB_KERNEL_FAULT_H
#define LIB_KERNEL_FAULT_H

void kernel_fault_start(void);

#endif
