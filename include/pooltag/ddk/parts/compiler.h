/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compiler.h - what Microsoft's compiler has and gcc and clang do not: keywords, calling
 * conventions, __declspec, linkage
 *
 * For drivers, through ntddk.h, wdm.h, ntifs.h. Needs the flags of pooltag-ddk.pc: -fshort-wchar,
 * since WCHAR and L"" are 16 bits wide, and -fms-extensions.
 */
#ifndef POOLTAG_DDK_COMPILER_H
#define POOLTAG_DDK_COMPILER_H

#pragma GCC system_header

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if !defined(__x86_64__) || !defined(__linux__)
#	error "the driver kit's headers are for x86_64 Linux"
#endif
#if __SIZEOF_WCHAR_T__ != 2
#	error "compile with the flags of `pkg-config --cflags pooltag-ddk`: WCHAR needs -fshort-wchar"
#endif

#ifdef __cplusplus
#	define EXTERN_C       extern "C"
#	define EXTERN_C_START extern "C" {
#	define EXTERN_C_END   }
#else
#	define EXTERN_C extern
#	define EXTERN_C_START
#	define EXTERN_C_END
#endif

#ifndef _AMD64_
#	define _AMD64_
#endif
#ifndef _WIN64
#	define _WIN64
#endif

/*
 * All 64-bit integers are one type, as on Windows: size_t, SIZE_T, ULONG_PTR, ULONGLONG, __int64.
 */
#define __int8 char
#define __int16 short
#define __int32 int
#define __int64 long

/* There is one calling convention. */
#define __cdecl
#define __stdcall
#define __fastcall
#define _cdecl
#define _stdcall
#define _fastcall
#define NTAPI
#define FASTCALL
#define WINAPI
#define CALLBACK
#define APIENTRY
#define CDECL

#define __forceinline inline __attribute__((always_inline))
#define FORCEINLINE  __forceinline
#define CFORCEINLINE FORCEINLINE
#define __unaligned
#define UNALIGNED
#define UNALIGNED64
#define RESTRICTED_POINTER
#define __w64
#define __ptr64
#define __ptr32

/*
 * __declspec(x) becomes the macro for x; one that is not here is an error that names it. clang
 * knows the keyword itself, but not that most of them mean nothing on Linux.
 */
#define __declspec(x) POOLTAG_DECLSPEC_##x
#define _declspec(x) POOLTAG_DECLSPEC_##x
#define POOLTAG_DECLSPEC_align(n)    __attribute__((aligned(n)))
#define POOLTAG_DECLSPEC_allocate(s) __attribute__((section(s)))
#define POOLTAG_DECLSPEC_code_seg(s)
#define POOLTAG_DECLSPEC_deprecated __attribute__((deprecated))
#define POOLTAG_DECLSPEC_dllexport
#define POOLTAG_DECLSPEC_dllimport
#define POOLTAG_DECLSPEC_noalias
#define POOLTAG_DECLSPEC_noinline __attribute__((noinline))
#define POOLTAG_DECLSPEC_noreturn __attribute__((noreturn))
#define POOLTAG_DECLSPEC_nothrow
#define POOLTAG_DECLSPEC_novtable
#define POOLTAG_DECLSPEC_restrict
#define POOLTAG_DECLSPEC_safebuffers
#define POOLTAG_DECLSPEC_selectany __attribute__((weak))
#define POOLTAG_DECLSPEC_thread    __thread
#define POOLTAG_DECLSPEC_uuid(u)

#define DECLSPEC_ALIGN(n)   __attribute__((aligned(n)))
#define DECLSPEC_CACHEALIGN DECLSPEC_ALIGN(64)
#define DECLSPEC_NOINLINE   __attribute__((noinline))
#define DECLSPEC_NORETURN   __attribute__((noreturn))
#define DECLSPEC_SELECTANY  __attribute__((weak))
#define DECLSPEC_IMPORT
#define DECLSPEC_EXPORT
#define DECLSPEC_NOTHROW
#define NTSYSAPI
#define NTKERNELAPI
#define NTHALAPI
#define NTSYSCALLAPI
#define NTKRNLVISTAAPI

#define TYPE_ALIGNMENT(t)  _Alignof(t)
#define PROBE_ALIGNMENT(t) TYPE_ALIGNMENT(t)
#define __alignof(t) __alignof__(t)
#ifdef __cplusplus
#	undef TYPE_ALIGNMENT
#	define TYPE_ALIGNMENT(t) alignof(t)
#endif

#define __debugbreak() __builtin_trap()
#define __noop(...)    ((void)0)
#define __assume(e)    ((void)0)
#define __analysis_assume(e)
#define _Analysis_assume_(e)
#define __pragma(x)
#define __annotation(...)
#define _ReturnAddress()          __builtin_return_address(0)
#define _AddressOfReturnAddress() ((void *)((char *)__builtin_frame_address(0) + sizeof(void *)))

#endif
