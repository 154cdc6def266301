/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * debug.c - what drivers print, and their assertions
 *
 * Purpose: DbgPrint to stderr, one write per call. As on Windows a DbgPrintEx of a component is
 * shown only up to the component's level, which is ERROR until somebody says otherwise; DbgPrint is
 * always shown: there is no debugger whose filter it would pass.
 * Callers: drivers. Locking: none. Context: any IRQL; never allocates.
 */
#include "lib/base/sys.h"
#include "lib/kernel/bugcheck.h"
#include "lib/kernel/format.h"

/* The longest line, as on Windows. */
#define PRINT_MAX 512

static ULONG print(PCSTR prefix, PCSTR format, va_list arguments)
{
	char buffer[PRINT_MAX];
	struct kernel_text text = {.buffer = buffer, .capacity = sizeof(buffer)};
	va_list copy;

	for (; *prefix != '\0'; prefix++)
		buffer[text.length++] = *prefix;
	va_copy(copy, arguments);
	kernel_format(&text, format, &copy);
	va_end(copy);
	BASE_SYSCALL3(SYS_write, 2, buffer, base_min(text.length, sizeof(buffer)));
	return (ULONG)STATUS_SUCCESS;
}

/* A level below 32 is the number of a bit; from 32 on it is a mask. */
static int is_shown(ULONG component, ULONG level)
{
	ULONG bits = level < 32 ? 1u << level : level;

	return component == DPFLTR_DEFAULT_ID || (bits & (1u << DPFLTR_ERROR_LEVEL)) != 0;
}

BASE_EXPORT ULONG vDbgPrintExWithPrefix(PCSTR Prefix, ULONG ComponentId, ULONG Level, PCSTR Format,
					va_list Arguments)
{
	if (!is_shown(ComponentId, Level))
		return (ULONG)STATUS_SUCCESS;
	return print(strlen(Prefix) < PRINT_MAX / 2 ? Prefix : "", Format, Arguments);
}

BASE_EXPORT ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, va_list Arguments)
{
	return vDbgPrintExWithPrefix("", ComponentId, Level, Format, Arguments);
}

BASE_EXPORT ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...)
{
	va_list arguments;
	ULONG status;

	va_start(arguments, Format);
	status = vDbgPrintEx(ComponentId, Level, Format, arguments);
	va_end(arguments);
	return status;
}

BASE_EXPORT ULONG DbgPrint(PCSTR Format, ...)
{
	va_list arguments;
	ULONG status;

	va_start(arguments, Format);
	status = print("", Format, arguments);
	va_end(arguments);
	return status;
}

BASE_EXPORT void DbgBreakPoint(void)
{
	__builtin_trap();
}

BASE_EXPORT void DbgBreakPointWithStatus(ULONG Status)
{
	(void)Status;
	__builtin_trap();
}

/* Without a debugger a failed assertion is an exception nobody handles. */
BASE_EXPORT void RtlAssert(PVOID VoidFailedAssertion, PVOID VoidFileName, ULONG LineNumber,
			   PSTR MutableMessage)
{
	const void *caller = __builtin_return_address(0);
	struct kernel_bug bug;

	kernel_bug_open(&bug, KMODE_EXCEPTION_NOT_HANDLED, (ULONG)STATUS_ASSERTION_FAILURE,
			(uintptr_t)caller, 0, 0);
	base_text_add(&bug.text, "assertion failed: ");
	if (MutableMessage != NULL) {
		base_text_add(&bug.text, MutableMessage);
		base_text_add(&bug.text, ": ");
	}
	base_text_add(&bug.text, VoidFailedAssertion);
	base_text_add(&bug.text, ", ");
	base_text_add(&bug.text, VoidFileName);
	base_text_char(&bug.text, ':');
	base_text_unsigned(&bug.text, LineNumber);
	kernel_bug_close(&bug);
}

static NTSTATUS format_into(struct kernel_text *text, size_t *ret_length, const void *format,
			    va_list arguments)
{
	va_list copy;

	va_copy(copy, arguments);
	kernel_format(text, format, &copy);
	va_end(copy);
	*ret_length = base_min(text->length, text->capacity);
	return text->length > text->capacity ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

BASE_EXPORT NTSTATUS PooltagFormatA(PSTR Buffer, size_t Capacity, size_t *Length, PCSTR Format,
				    va_list Arguments)
{
	struct kernel_text text = {.buffer = Buffer, .capacity = Capacity};

	return format_into(&text, Length, Format, Arguments);
}

BASE_EXPORT NTSTATUS PooltagFormatW(PWSTR Buffer, size_t Capacity, size_t *Length, PCWSTR Format,
				    va_list Arguments)
{
	struct kernel_text text = {.buffer = Buffer, .capacity = Capacity, .wide = 1};

	return format_into(&text, Length, Format, Arguments);
}
