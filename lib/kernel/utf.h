/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * utf.h - one character of UTF-8 or UTF-16 at a time
 *
 * What is not well formed becomes U+FFFD, one for each part that cannot begin anything, as Unicode
 * recommends and Windows does.
 * Callers: lib/kernel. Locking: none. Context: anywhere; never allocates.
 */
#ifndef LIB_KERNEL_UTF_H
#define LIB_KERNEL_UTF_H

#include <pooltag/ddk/parts/types.h>

#define KERNEL_UTF_BAD 0xfffd

/* Reads one character of `count` > 0 units; returns the units it takes. Sets KERNEL_UTF_BAD. */
size_t kernel_utf8_get(const uint8_t *bytes, size_t count, uint32_t *ret_code);
size_t kernel_utf16_get(const WCHAR *units, size_t count, uint32_t *ret_code);

/* Writes one character; returns how many units that were. */
unsigned kernel_utf8_put(uint32_t code, uint8_t bytes[4]);
unsigned kernel_utf16_put(uint32_t code, WCHAR units[2]);

#endif
