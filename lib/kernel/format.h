/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * format.h - Microsoft's printf
 *
 * Purpose: DbgPrint and ntstrsafe.h, whose formats are not libc's: %lu has 32 bits, %I64u, %wZ, %Z,
 * %ws, %S, and %s means wide text in a wide format. Narrow text is UTF-8. Floating point is not
 * converted, as in Windows' kernel; it is passed over and shown as its own specification.
 * Callers: lib/kernel. Locking: none. Context: any IRQL; never allocates.
 */
#ifndef LIB_KERNEL_FORMAT_H
#define LIB_KERNEL_FORMAT_H

#include <pooltag/ddk/ntddk.h>

/* Text in the making, narrow or wide. */
struct kernel_text {
	void *buffer;    /* of char, or of WCHAR; NULL: only count */
	size_t capacity; /* characters, without a NUL, which is the caller's business */
	size_t length;   /* characters wanted so far; what is more than capacity is left out */
	int wide;
};

/* `format` is of char, or of WCHAR when the text is wide. */
void kernel_format(struct kernel_text *text, const void *format, va_list *arguments);

#endif
