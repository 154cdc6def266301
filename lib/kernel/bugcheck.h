/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bugcheck.h - one clear line, then the end, as KeBugCheckEx
 *
 * Purpose: `pooltag: BAD_POOL_CALLER (0xC2, 0x7, 0x0, 0x0, 0x7F0012345000): what happened`, with
 * Windows' name, code and four parameters, then SIGABRT.
 * Callers: lib/kernel. Locking: none. Context: async-signal-safe, never allocates.
 */
#ifndef LIB_KERNEL_BUGCHECK_H
#define LIB_KERNEL_BUGCHECK_H

#include "lib/base/compiler.h"
#include "lib/base/text.h"
#include <pooltag/ddk/bugcodes.h>

/* A report in the making: open, add to `text`, close. */
struct kernel_bug {
	struct base_text text;
	char line[900];
};

void kernel_bug_open(struct kernel_bug *bug, uint32_t code, uint64_t p1, uint64_t p2, uint64_t p3,
		     uint64_t p4);
/* Adds ", called by module!function+0x12", or nothing for 0. */
void kernel_bug_caller(struct kernel_bug *bug, const void *return_address);
__attribute__((noreturn)) void kernel_bug_close(struct kernel_bug *bug);

/* Adds "IRQL 2 (DISPATCH_LEVEL)". */
void kernel_add_irql(struct base_text *text, uint32_t irql);

/* All three, for reports whose text is fixed. */
BASE_COLD __attribute__((noreturn)) void kernel_bug_check(uint32_t code, uint64_t p1, uint64_t p2,
							  uint64_t p3, uint64_t p4,
							  const char *what,
							  const void *return_address);

#endif
