/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * violation.h - what Driver Verifier would see
 *
 * Purpose: bug check DRIVER_VERIFIER_DETECTED_VIOLATION (0xC4, code, ...) with one clear line.
 * Callers: lib/kernel. Locking: none. Context: any IRQL; never allocates.
 */
#ifndef LIB_KERNEL_VIOLATION_H
#define LIB_KERNEL_VIOLATION_H

#include "lib/kernel/thread.h"

/* What was done wrong, as Microsoft numbers it. */
struct kernel_violation {
	uint32_t code;
	uint64_t p2, p3, p4;
	const char *what;
	const void *return_address;
};

BASE_COLD __attribute__((noreturn)) void kernel_violation(struct kernel_violation violation);

/* The same, and at which level: p2 is the current one. */
BASE_COLD __attribute__((noreturn)) void kernel_bad_irql(struct kernel_violation violation);

/* A system service above PASSIVE_LEVEL, or with special kernel APCs disabled. */
BASE_COLD __attribute__((noreturn)) void kernel_bad_service(const char *name,
							    const void *return_address);

#define KERNEL_CHECK_SERVICE(name)                                               \
	do {                                                                     \
		if (BASE_UNLIKELY(kernel_irql != PASSIVE_LEVEL ||                \
				  kernel_thread()->guarded_regions != 0))        \
			kernel_bad_service((name), __builtin_return_address(0)); \
	} while (0)

/* Synchronization objects stay in memory: one in a block of paged pool is bug check 0xC4, 0xE1. */
void kernel_check_resident(const void *object, const char *what, const void *return_address);

/* Violation `code_` when the current level is above `highest`. */
#define KERNEL_CHECK_IRQL(highest, code_, p3_, p4_, what_)                       \
	do {                                                                     \
		if (BASE_UNLIKELY(kernel_irql > (highest)))                      \
			kernel_bad_irql((struct kernel_violation){               \
				.code = (code_),                                 \
				.p3 = (uint64_t)(p3_),                           \
				.p4 = (uint64_t)(p4_),                           \
				.what = (what_),                                 \
				.return_address = __builtin_return_address(0)}); \
	} while (0)

#endif
