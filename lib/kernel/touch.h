/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * touch.h - whether memory can be read or written, without a signal when it cannot
 *
 * Purpose: faults a page in as the access would, by system calls that answer EFAULT: the one for
 * writing changes nothing, and is atomic.
 * Callers: lib/kernel. Locking: none. Context: anywhere; never allocates.
 */
#ifndef LIB_KERNEL_TOUCH_H
#define LIB_KERNEL_TOUCH_H

#include "lib/base/compiler.h"

/* 1 when the page of an address can be accessed so. */
int kernel_can_read(uintptr_t address);
int kernel_can_write(uintptr_t address);

/* The first address of `length` > 0 bytes that cannot be accessed; 0 when all can. */
uintptr_t kernel_touch(uintptr_t address, size_t length, int write);

#endif
