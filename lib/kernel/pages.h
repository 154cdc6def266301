/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pages.h - pages held in memory, and their numbers
 *
 * Purpose: several MDLs may lock the same page, but mlock does not count; and a page that was
 * locked without us, as nonpaged pool is, must stay so.
 * Callers: lib/kernel. Locking: a lock inside. Context: as malloc.
 */
#ifndef LIB_KERNEL_PAGES_H
#define LIB_KERNEL_PAGES_H

#include "lib/base/compiler.h"

/* Locks the pages of `length` > 0 bytes once more; 0 or a negative errno, and then nothing. */
long kernel_pages_lock(uintptr_t address, size_t length);
void kernel_pages_unlock(uintptr_t address, size_t length);

/* Pages that are locked now, each counted once. */
size_t kernel_pages_locked(void);

/*
 * The numbers of `count` physical pages from that of `address` on. Real ones where the process may
 * read them (/proc/self/pagemap), else those of the virtual pages; contiguous memory has its own.
 */
void kernel_page_numbers(uintptr_t address, size_t count, uint64_t *ret_numbers);

#endif
