/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ntintsafe.h - arithmetic and conversions that tell when the result does not fit
 *
 * STATUS_INTEGER_OVERFLOW then, and the result is the type's XXX_ERROR value: all bits set.
 */
#ifndef POOLTAG_DDK_NTINTSAFE_H
#define POOLTAG_DDK_NTINTSAFE_H

#pragma GCC system_header

#include "ntstatus.h"
#include "parts/types.h"

#define INT8_ERROR      (-1)
#define UINT8_ERROR     0xff
#define BYTE_ERROR      0xff
#define SHORT_ERROR     (-1)
#define INT16_ERROR     (-1)
#define USHORT_ERROR    0xffff
#define UINT16_ERROR    0xffff
#define WORD_ERROR      0xffff
#define INT_ERROR       (-1)
#define INT32_ERROR     (-1)
#define UINT_ERROR      0xffffffff
#define UINT32_ERROR    0xffffffff
#define DWORD_ERROR     0xffffffff
#define LONG_ERROR      (-1)
#define ULONG_ERROR     0xffffffffU
#define LONGLONG_ERROR  (-1L)
#define LONG64_ERROR    (-1L)
#define INT64_ERROR     (-1L)
#define ULONGLONG_ERROR 0xffffffffffffffffUL
#define UINT64_ERROR    0xffffffffffffffffUL
#define ULONG64_ERROR   0xffffffffffffffffUL
#define SIZET_ERROR     0xffffffffffffffffUL
#define SIZE_T_ERROR    0xffffffffffffffffUL
#define ULONG_PTR_ERROR 0xffffffffffffffffUL
#define UINT_PTR_ERROR  0xffffffffffffffffUL

#define POOLTAG_CHECKED(name, type, operation)                              \
	static inline NTSTATUS name(type left, type right, type *result)    \
	{                                                                   \
		if (!__builtin_##operation##_overflow(left, right, result)) \
			return STATUS_SUCCESS;                              \
		*result = (type) ~(type)0;                                  \
		return STATUS_INTEGER_OVERFLOW;                             \
	}
#define POOLTAG_ARITHMETIC(name, type)             \
	POOLTAG_CHECKED(Rtl##name##Add, type, add) \
	POOLTAG_CHECKED(Rtl##name##Sub, type, sub) \
	POOLTAG_CHECKED(Rtl##name##Mult, type, mul)

POOLTAG_ARITHMETIC(Int8, INT8)
POOLTAG_ARITHMETIC(UInt8, UINT8)
POOLTAG_ARITHMETIC(Short, SHORT)
POOLTAG_ARITHMETIC(Int16, INT16)
POOLTAG_ARITHMETIC(UShort, USHORT)
POOLTAG_ARITHMETIC(UInt16, UINT16)
POOLTAG_ARITHMETIC(Word, WORD)
POOLTAG_ARITHMETIC(Int, INT)
POOLTAG_ARITHMETIC(Int32, INT32)
POOLTAG_ARITHMETIC(UInt, UINT)
POOLTAG_ARITHMETIC(UInt32, UINT32)
POOLTAG_ARITHMETIC(Long, LONG)
POOLTAG_ARITHMETIC(ULong, ULONG)
POOLTAG_ARITHMETIC(DWord, DWORD)
POOLTAG_ARITHMETIC(LongLong, LONGLONG)
POOLTAG_ARITHMETIC(Long64, LONG64)
POOLTAG_ARITHMETIC(Int64, INT64)
POOLTAG_ARITHMETIC(ULongLong, ULONGLONG)
POOLTAG_ARITHMETIC(ULong64, ULONG64)
POOLTAG_ARITHMETIC(UInt64, UINT64)
POOLTAG_ARITHMETIC(SizeT, SIZE_T)
POOLTAG_ARITHMETIC(SSIZET, SSIZE_T)
POOLTAG_ARITHMETIC(ULongPtr, ULONG_PTR)
POOLTAG_ARITHMETIC(UIntPtr, UINT_PTR)
POOLTAG_ARITHMETIC(LongPtr, LONG_PTR)
POOLTAG_ARITHMETIC(IntPtr, INT_PTR)
POOLTAG_ARITHMETIC(PtrdiffT, ptrdiff_t)

#define POOLTAG_CONVERT(from, from_type, to, to_type)                                \
	static inline NTSTATUS Rtl##from##To##to(from_type operand, to_type *result) \
	{                                                                            \
		if (!__builtin_add_overflow(operand, (from_type)0, result))          \
			return STATUS_SUCCESS;                                       \
		*result = (to_type) ~(to_type)0;                                     \
		return STATUS_INTEGER_OVERFLOW;                                      \
	}
/* From one type to all others. */
#define POOLTAG_CONVERSIONS(from, from_type)                   \
	POOLTAG_CONVERT(from, from_type, Char, CHAR)           \
	POOLTAG_CONVERT(from, from_type, Int8, INT8)           \
	POOLTAG_CONVERT(from, from_type, UChar, UCHAR)         \
	POOLTAG_CONVERT(from, from_type, UInt8, UINT8)         \
	POOLTAG_CONVERT(from, from_type, Byte, BYTE)           \
	POOLTAG_CONVERT(from, from_type, Short, SHORT)         \
	POOLTAG_CONVERT(from, from_type, UShort, USHORT)       \
	POOLTAG_CONVERT(from, from_type, UInt16, UINT16)       \
	POOLTAG_CONVERT(from, from_type, Word, WORD)           \
	POOLTAG_CONVERT(from, from_type, Int, INT)             \
	POOLTAG_CONVERT(from, from_type, Int32, INT32)         \
	POOLTAG_CONVERT(from, from_type, UInt, UINT)           \
	POOLTAG_CONVERT(from, from_type, UInt32, UINT32)       \
	POOLTAG_CONVERT(from, from_type, Long, LONG)           \
	POOLTAG_CONVERT(from, from_type, ULong, ULONG)         \
	POOLTAG_CONVERT(from, from_type, DWord, DWORD)         \
	POOLTAG_CONVERT(from, from_type, LongLong, LONGLONG)   \
	POOLTAG_CONVERT(from, from_type, ULongLong, ULONGLONG) \
	POOLTAG_CONVERT(from, from_type, UInt64, UINT64)       \
	POOLTAG_CONVERT(from, from_type, SizeT, SIZE_T)        \
	POOLTAG_CONVERT(from, from_type, ULongPtr, ULONG_PTR)

POOLTAG_CONVERSIONS(Int8, INT8)
POOLTAG_CONVERSIONS(UInt8, UINT8)
POOLTAG_CONVERSIONS(Short, SHORT)
POOLTAG_CONVERSIONS(UShort, USHORT)
POOLTAG_CONVERSIONS(UInt16, UINT16)
POOLTAG_CONVERSIONS(Int, INT)
POOLTAG_CONVERSIONS(Int32, INT32)
POOLTAG_CONVERSIONS(UInt, UINT)
POOLTAG_CONVERSIONS(UInt32, UINT32)
POOLTAG_CONVERSIONS(Long, LONG)
POOLTAG_CONVERSIONS(ULong, ULONG)
POOLTAG_CONVERSIONS(DWord, DWORD)
POOLTAG_CONVERSIONS(LongLong, LONGLONG)
POOLTAG_CONVERSIONS(ULongLong, ULONGLONG)
POOLTAG_CONVERSIONS(UInt64, UINT64)
POOLTAG_CONVERSIONS(SizeT, SIZE_T)
POOLTAG_CONVERSIONS(ULongPtr, ULONG_PTR)
POOLTAG_CONVERSIONS(LongPtr, LONG_PTR)

#undef POOLTAG_CHECKED
#undef POOLTAG_ARITHMETIC
#undef POOLTAG_CONVERT
#undef POOLTAG_CONVERSIONS

#endif
