/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lookaside_report.h - what can be wrong with the use of a lookaside list
 *
 * Purpose: bug checks with Windows' codes, and one note.
 * Callers: lookaside_list.c. Locking: none. Context: any IRQL; never allocates.
 */
#ifndef LIB_KERNEL_LOOKASIDE_REPORT_H
#define LIB_KERNEL_LOOKASIDE_REPORT_H

#include "lib/kernel/lookaside_record.h"

/* `what` is done with a list that was never made, or deleted. */
BASE_COLD __attribute__((noreturn)) void kernel_list_not_made(const kernel_list *list,
							      const char *what,
							      const void *return_address);

/* An active list is initialised. */
BASE_COLD __attribute__((noreturn)) void kernel_list_made_twice(const kernel_list *list,
								const void *return_address);

/* Blocks that cannot hold a link. */
BASE_COLD __attribute__((noreturn)) void kernel_list_too_small(const kernel_list *list, size_t size,
							       const void *return_address);

/* A note: blocks that can no longer be given back to their list. */
BASE_COLD void kernel_list_note_outstanding(const struct kernel_list_record *record,
					    const void *return_address);

/* The byte at `at` of a kept block is not what the free left there. */
BASE_COLD __attribute__((noreturn)) void kernel_list_written(const void *entry, const void *at);

/* A kept block is freed. */
BASE_COLD __attribute__((noreturn)) void kernel_list_freed_twice(const void *entry,
								 const void *return_address);

#endif
