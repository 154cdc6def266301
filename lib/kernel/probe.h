/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe.h - user addresses, and the protection of pages
 *
 * Callers: lib/kernel. Locking: none. Context: a driver's; never allocates from the heap.
 */
#ifndef LIB_KERNEL_PROBE_H
#define LIB_KERNEL_PROBE_H

#include "lib/base/compiler.h"
#include <pooltag/ddk/ntddk.h>

/*
 * Whether a buffer lies where users' do: below the system's addresses, not in the driver's memory.
 */
int kernel_is_user_range(uintptr_t address, size_t length);

/* 1 for one of the PAGE_ constants, without guard and caching bits. */
int kernel_protection_known(ULONG protection);
/* The PROT_ bits of a known one; PAGE_WRITECOPY's are for a private mapping. */
int kernel_protection_bits(ULONG protection);

/* Protects whole pages; 0 or a negative errno. */
long kernel_protect(uintptr_t start, size_t length, ULONG protection);

/* The same for system memory: a write to what is read-only then is a bug check. */
NTSTATUS kernel_protect_system(uintptr_t start, size_t length, ULONG protection);

#endif
