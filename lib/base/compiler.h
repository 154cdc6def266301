/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compiler.h - the compiler attributes and helpers the library uses
 *
 * Callers: everything in lib/. Locking: none. Context: macros only, valid anywhere.
 */
#ifndef LIB_BASE_COMPILER_H
#define LIB_BASE_COMPILER_H

#include <stddef.h>
#include <stdint.h>

#define BASE_LIKELY(x)   __builtin_expect(!!(x), 1)
#define BASE_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* A rare path: out of line, away from the hot code. */
#define BASE_COLD __attribute__((cold, noinline))
/* Part of a fast path: always merged into its caller. */
#define BASE_INLINE static inline __attribute__((always_inline))
/* A name hosts may call; everything else is hidden by -fvisibility=hidden. */
#define BASE_EXPORT __attribute__((visibility("default")))
/*
 * For `extern` data: -fvisibility does not reach declarations, and without this every access would
 * load the address first.
 */
#define BASE_HIDDEN __attribute__((visibility("hidden")))
/* Thread-local without a call: the library is loaded at start, so the static TLS block has room. */
#define BASE_TLS __thread __attribute__((tls_model("initial-exec")))

/* What a macro stands for, as a string literal. */
#define BASE_STRING(x)     BASE_STRING_OF(x)
#define BASE_STRING_OF(x)  #x

#define BASE_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define BASE_PAGE_SHIFT    12
#define BASE_PAGE_SIZE     ((size_t)1 << BASE_PAGE_SHIFT)

/* `value` rounded up to a multiple of `unit`, a power of two; the caller rules out overflow. */
BASE_INLINE size_t base_round_up(size_t value, size_t unit)
{
	return (value + unit - 1) & ~(unit - 1);
}

BASE_INLINE size_t base_round_down(size_t value, size_t unit)
{
	return value & ~(unit - 1);
}

BASE_INLINE size_t base_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

BASE_INLINE size_t base_max(size_t a, size_t b)
{
	return a > b ? a : b;
}

#endif
