/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * debug.h - DbgPrint, assertions, bug checks
 *
 * What a driver prints goes to stderr. Formats are Microsoft's: %wZ, %ws, %S, %I64d, %lu is 32
 * bits.
 */
#ifndef POOLTAG_DDK_DEBUG_H
#define POOLTAG_DDK_DEBUG_H

#pragma GCC system_header

#include "types.h"

/* A checked build unless the driver says NDEBUG, which is what gets its assertions tested. */
#ifndef DBG
#	ifdef NDEBUG
#		define DBG 0
#	else
#		define DBG 1
#	endif
#endif

#define DPFLTR_ERROR_LEVEL   0
#define DPFLTR_WARNING_LEVEL 1
#define DPFLTR_TRACE_LEVEL   2
#define DPFLTR_INFO_LEVEL    3
#define DPFLTR_MASK          0x80000000

enum {
	DPFLTR_SYSTEM_ID = 0,
	DPFLTR_IHVDRIVER_ID = 77,
	DPFLTR_IHVVIDEO_ID = 78,
	DPFLTR_IHVAUDIO_ID = 79,
	DPFLTR_IHVNETWORK_ID = 80,
	DPFLTR_IHVSTREAMING_ID = 81,
	DPFLTR_IHVBUS_ID = 82,
	DPFLTR_DEFAULT_ID = 101,
};

EXTERN_C_START

ULONG DbgPrint(PCSTR Format, ...);
ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...);
ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, va_list Arguments);
ULONG vDbgPrintExWithPrefix(PCSTR Prefix, ULONG ComponentId, ULONG Level, PCSTR Format,
			    va_list Arguments);
void DbgBreakPoint(void);
void DbgBreakPointWithStatus(ULONG Status);

DECLSPEC_NORETURN void KeBugCheck(ULONG BugCheckCode);
DECLSPEC_NORETURN void KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1,
				    ULONG_PTR BugCheckParameter2, ULONG_PTR BugCheckParameter3,
				    ULONG_PTR BugCheckParameter4);

void RtlAssert(PVOID VoidFailedAssertion, PVOID VoidFileName, ULONG LineNumber,
	       PSTR MutableMessage);

/* Formats at most `Capacity` characters, without a NUL; STATUS_BUFFER_OVERFLOW when that cut it. */
NTSTATUS PooltagFormatA(PSTR Buffer, size_t Capacity, size_t *Length, PCSTR Format,
			va_list Arguments);
NTSTATUS PooltagFormatW(PWSTR Buffer, size_t Capacity, size_t *Length, PCWSTR Format,
			va_list Arguments);

EXTERN_C_END

#if DBG
#	define KdPrint(arguments)   ((void)DbgPrint arguments)
#	define KdPrintEx(arguments) ((void)DbgPrintEx arguments)
#	define KdBreakPoint()       DbgBreakPoint()
#	define ASSERT(e)            ((e) ? (void)0 : RtlAssert((PVOID) #        e, (PVOID)__FILE__, __LINE__, NULL))
#	define ASSERTMSG(m, e) \
		((e) ? (void)0 : RtlAssert((PVOID) #e, (PVOID)__FILE__, __LINE__, (PSTR)(m)))
#	define NT_ASSERT_ACTION(e) ASSERT(e)
#else
#	define KdPrint(arguments)   ((void)0)
#	define KdPrintEx(arguments) ((void)0)
#	define KdBreakPoint()       ((void)0)
#	define ASSERT(e)            ((void)0)
#	define ASSERTMSG(m, e)      ((void)0)
#	define NT_ASSERT_ACTION(e)  ((void)0)
#endif
#define NT_ASSERT(e)                 NT_ASSERT_ACTION(e)
#define NT_ASSERTMSG(m, e)           ASSERTMSG(m, e)
#define NT_ASSERTMSGW(m, e)          NT_ASSERT(e)
#define NT_VERIFY(e)                 ((e) ? (void)0 : RtlAssert((PVOID) #e, (PVOID)__FILE__, __LINE__, NULL))
#define NT_VERIFYMSG(m, e)           NT_VERIFY(e)
#define NT_FRE_ASSERT(e)             NT_VERIFY(e)
#define ASSERT_IRQL_LESS_OR_EQUAL(i) ASSERT(KeGetCurrentIrql() <= (i))

#endif
