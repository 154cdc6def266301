/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * types.h - Windows' basic types with Windows' sizes: LONG and ULONG 32 bits, WCHAR 16 bits,
 * pointers 64 bits
 *
 * A driver that writes `long` itself gets 64 bits here; LONG is what the interface uses.
 */
#ifndef POOLTAG_DDK_TYPES_H
#define POOLTAG_DDK_TYPES_H

#pragma GCC system_header

#include "compiler.h"
#include "sal.h"

#ifndef VOID
#	define VOID void
#endif
#ifndef CONST
#	define CONST const
#endif
#ifndef FALSE
#	define FALSE 0
#	define TRUE  1
#endif

typedef char CHAR, CCHAR, *PCHAR, *PCH, *PCCHAR, *LPSTR, *PSTR, *PSZ, *NPSTR;
typedef const char *PCSTR, *LPCSTR, *PCSZ, *PCCH;
typedef signed char INT8, *PINT8, SCHAR, *PSCHAR;
typedef unsigned char UCHAR, *PUCHAR, UINT8, *PUINT8, BYTE, *PBYTE, *LPBYTE, BOOLEAN, *PBOOLEAN,
	FCHAR;
typedef short SHORT, *PSHORT, CSHORT, *PCSHORT, INT16, *PINT16;
typedef unsigned short USHORT, *PUSHORT, UINT16, *PUINT16, WORD, *PWORD;
typedef int LONG, *PLONG, INT, *PINT, INT32, *PINT32, LONG32, *PLONG32, BOOL, *PBOOL;
typedef unsigned int ULONG, *PULONG, UINT, *PUINT, UINT32, *PUINT32, ULONG32, *PULONG32, DWORD,
	*PDWORD, *LPDWORD, DWORD32, CLONG, *PCLONG, LOGICAL, *PLOGICAL;
typedef long LONGLONG, *PLONGLONG, LONG64, *PLONG64, INT64, *PINT64, LONG_PTR, *PLONG_PTR, INT_PTR,
	*PINT_PTR, SSIZE_T, *PSSIZE_T, USN;
typedef unsigned long ULONGLONG, *PULONGLONG, ULONG64, *PULONG64, UINT64, *PUINT64, DWORD64,
	*PDWORD64, DWORDLONG, *PDWORDLONG, ULONG_PTR, *PULONG_PTR, UINT_PTR, *PUINT_PTR, DWORD_PTR,
	*PDWORD_PTR, SIZE_T, *PSIZE_T, KAFFINITY, *PKAFFINITY, QWORD;
typedef float FLOAT, *PFLOAT;
typedef double DOUBLE;

typedef void *PVOID, *LPVOID, *HANDLE, *PVOID64;
typedef const void *LPCVOID, *PCVOID;
typedef HANDLE *PHANDLE;

typedef wchar_t WCHAR, *PWCHAR, *LPWSTR, *PWSTR, *PWCH, *LPWCH, *NWPSTR;
typedef const wchar_t *LPCWSTR, *PCWSTR, *PCWCH, *LPCWCH;
typedef PCWSTR *PZPCWSTR;
typedef PWSTR *PZPWSTR;
typedef PWSTR PZZWSTR;
typedef PCWSTR PCZZWSTR;
typedef PSTR PZZSTR;
typedef UCHAR KIRQL, *PKIRQL;
typedef CCHAR KPROCESSOR_MODE;
typedef ULONG ACCESS_MASK, *PACCESS_MASK;
typedef ULONG DEVICE_TYPE, LCID, LANGID;
typedef LONG KPRIORITY;
typedef PVOID PSECURITY_DESCRIPTOR, PSID;
typedef LONG HRESULT;
typedef LONG NTSTATUS, *PNTSTATUS;

typedef enum _MODE { KernelMode, UserMode, MaximumMode } MODE;

#define ANYSIZE_ARRAY 1
#define MAXCHAR       0x7f
#define MAXSHORT      0x7fff
#define MAXLONG       0x7fffffff
#define MAXUCHAR      0xff
#define MAXUSHORT     0xffff
#define MAXULONG      0xffffffff
#define MAXULONGLONG  ((ULONGLONG) ~((ULONGLONG)0))
#define MAXLONGLONG   (0x7fffffffffffffffL)
#define MINLONG       ((LONG)0x80000000)
#define MINSHORT      ((SHORT)0x8000)
#define MINCHAR       ((CHAR)0x80)
#define MAXULONG_PTR  (~((ULONG_PTR)0))
#define MAXLONG_PTR   ((LONG_PTR)(MAXULONG_PTR >> 1))
#define MAXSIZE_T     ((SIZE_T) ~((SIZE_T)0))
#define MAXUINT       ((UINT) ~((UINT)0))
#define MAXINT        ((INT)(MAXUINT >> 1))
#define MAXUINT32     ((UINT32) ~((UINT32)0))
#define MAXUINT64     ((UINT64) ~((UINT64)0))
#define MAXDWORD      0xffffffff
#define MAXWORD       0xffff
#define MAXUINT_PTR   (~((UINT_PTR)0))
#define MAX_PATH      260

#ifndef UNICODE_NULL
#	define UNICODE_NULL ((WCHAR)0)
#endif
#define ANSI_NULL                ((CHAR)0)
#define UNICODE_STRING_MAX_BYTES ((USHORT)65534)
#define UNICODE_STRING_MAX_CHARS (32767)

typedef union _LARGE_INTEGER {
	__extension__ struct {
		ULONG LowPart;
		LONG HighPart;
	};

	struct {
		ULONG LowPart;
		LONG HighPart;
	} u;

	LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
	__extension__ struct {
		ULONG LowPart;
		ULONG HighPart;
	};

	struct {
		ULONG LowPart;
		ULONG HighPart;
	} u;

	ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef LARGE_INTEGER PHYSICAL_ADDRESS, *PPHYSICAL_ADDRESS;

typedef struct _LUID {
	ULONG LowPart;
	LONG HighPart;
} LUID, *PLUID;

typedef struct _STRING {
	USHORT Length;
	USHORT MaximumLength;
	PCHAR Buffer;
} STRING, *PSTRING, ANSI_STRING, *PANSI_STRING, OEM_STRING, *POEM_STRING, UTF8_STRING,
	*PUTF8_STRING;

typedef const STRING *PCSTRING, *PCANSI_STRING, *PCOEM_STRING, *PCUTF8_STRING;

typedef struct _UNICODE_STRING {
	USHORT Length;
	USHORT MaximumLength;
	PWCH Buffer;
} UNICODE_STRING, *PUNICODE_STRING;

typedef const UNICODE_STRING *PCUNICODE_STRING;

#ifndef GUID_DEFINED
#	define GUID_DEFINED

typedef struct _GUID {
	ULONG Data1;
	USHORT Data2;
	USHORT Data3;
	UCHAR Data4[8];
} GUID, *PGUID, *LPGUID, UUID, IID, CLSID;

typedef const GUID *LPCGUID, *PCGUID;
#	ifdef __cplusplus
typedef const GUID &REFGUID, &REFIID, &REFCLSID;
#	else
typedef const GUID *REFGUID, *REFIID, *REFCLSID;
#	endif
#endif
#ifdef INITGUID
#	define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
		EXTERN_C const GUID DECLSPEC_SELECTANY name;                 \
		EXTERN_C const GUID DECLSPEC_SELECTANY name = {              \
			l, w1, w2, {b1, b2, b3, b4, b5, b6, b7, b8}}
#else
#	define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
		EXTERN_C const GUID name
#endif

typedef struct _SINGLE_LIST_ENTRY {
	struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

typedef struct _LIST_ENTRY {
	struct _LIST_ENTRY *Flink;
	struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY, *PRLIST_ENTRY;

typedef struct _OBJECT_ATTRIBUTES {
	ULONG Length;
	HANDLE RootDirectory;
	PUNICODE_STRING ObjectName;
	ULONG Attributes;
	PVOID SecurityDescriptor;
	PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;

typedef const OBJECT_ATTRIBUTES *PCOBJECT_ATTRIBUTES;

#define OBJ_INHERIT            0x00000002
#define OBJ_PERMANENT          0x00000010
#define OBJ_EXCLUSIVE          0x00000020
#define OBJ_CASE_INSENSITIVE   0x00000040
#define OBJ_OPENIF             0x00000080
#define OBJ_OPENLINK           0x00000100
#define OBJ_KERNEL_HANDLE      0x00000200
#define OBJ_FORCE_ACCESS_CHECK 0x00000400
#define InitializeObjectAttributes(p, n, a, r, s)        \
	do {                                             \
		(p)->Length = sizeof(OBJECT_ATTRIBUTES); \
		(p)->RootDirectory = (r);                \
		(p)->Attributes = (a);                   \
		(p)->ObjectName = (n);                   \
		(p)->SecurityDescriptor = (s);           \
		(p)->SecurityQualityOfService = NULL;    \
	} while (0)

#define DECLARE_HANDLE(name)      \
	typedef struct name##__ { \
		int unused;       \
	} * name

#define UNREFERENCED_PARAMETER(p)             ((void)(p))
#define DBG_UNREFERENCED_PARAMETER(p)         ((void)(p))
#define DBG_UNREFERENCED_LOCAL_VARIABLE(v)    ((void)(v))
#define UNREFERENCED_LOCAL_VARIABLE(v)        ((void)(v))
#define FIELD_OFFSET(type, field)             ((LONG)offsetof(type, field))
#define UFIELD_OFFSET(type, field)            ((ULONG)offsetof(type, field))
#define RTL_FIELD_SIZE(type, field)           (sizeof(((type *)0)->field))
#define FIELD_SIZE(type, field)               RTL_FIELD_SIZE(type, field)
#define RTL_SIZEOF_THROUGH_FIELD(type, field) (offsetof(type, field) + RTL_FIELD_SIZE(type, field))
#define RTL_CONTAINS_FIELD(s, size, field) \
	((((PCHAR)(&(s)->field)) + sizeof((s)->field)) <= (((PCHAR)(s)) + (size)))
#define CONTAINING_RECORD(address, type, field) \
	((type *)((PCHAR)(address) - (ULONG_PTR)offsetof(type, field)))
#define RTL_NUMBER_OF_V1(a) (sizeof(a) / sizeof((a)[0]))
#define RTL_NUMBER_OF(a)    RTL_NUMBER_OF_V1(a)
#ifndef ARRAYSIZE
#	define ARRAYSIZE(a) RTL_NUMBER_OF(a)
#endif
#define _ARRAYSIZE(a) RTL_NUMBER_OF(a)
#define _countof(a)   RTL_NUMBER_OF(a)
#ifdef __cplusplus
#	define C_ASSERT(e) static_assert((e), #        e)
#else
#	define C_ASSERT(e) _Static_assert((e), #        e)
#endif
#define STATIC_ASSERT(e)         C_ASSERT(e)
#define POINTER_IS_ALIGNED(p, n) ((((ULONG_PTR)(p)) & ((n)-1)) == 0)
#define PtrToUlong(p)            ((ULONG)(ULONG_PTR)(p))
#define PtrToLong(p)             ((LONG)(LONG_PTR)(p))
#define PtrToUint(p)             ((UINT)(UINT_PTR)(p))
#define PtrToInt(p)              ((INT)(INT_PTR)(p))
#define UlongToPtr(u)            ((PVOID)(ULONG_PTR)(ULONG)(u))
#define LongToPtr(l)             ((PVOID)(LONG_PTR)(LONG)(l))
#define HandleToUlong(h)         ((ULONG)(ULONG_PTR)(h))
#define HandleToULong(h)         HandleToUlong(h)
#define HandleToLong(h)          ((LONG)(LONG_PTR)(h))
#define UlongToHandle(u)         ((HANDLE)(ULONG_PTR)(u))
#define ULongToHandle(u)         UlongToHandle(u)
#define LongToHandle(l)          ((HANDLE)(LONG_PTR)(l))
#define ULongToPtr(u)            UlongToPtr(u)
#define FlagOn(f, s)             ((f) & (s))
#define BooleanFlagOn(f, s)      ((BOOLEAN)(((f) & (s)) != 0))
#define SetFlag(f, s)            ((f) |= (s))
#define ClearFlag(f, s)          ((f) &= ~(s))
#define LOWORD(l)                ((USHORT)((ULONG_PTR)(l)&0xffff))
#define HIWORD(l)                ((USHORT)(((ULONG_PTR)(l) >> 16) & 0xffff))
#define LOBYTE(w)                ((UCHAR)((ULONG_PTR)(w)&0xff))
#define HIBYTE(w)                ((UCHAR)(((ULONG_PTR)(w) >> 8) & 0xff))

#if !defined(NOMINMAX) && !defined(__cplusplus)
#	ifndef min
#		define min(a, b) (((a) < (b)) ? (a) : (b))
#	endif
#	ifndef max
#		define max(a, b) (((a) > (b)) ? (a) : (b))
#	endif
#endif

/* Bit operations on enums in C++, as Microsoft's header has them. */
#ifdef __cplusplus
#	define DEFINE_ENUM_FLAG_OPERATORS(E)                \
		extern "C++" {                               \
		constexpr E operator|(E a, E b)              \
		{                                            \
			return E((unsigned)a | (unsigned)b); \
		}                                            \
		constexpr E operator&(E a, E b)              \
		{                                            \
			return E((unsigned)a & (unsigned)b); \
		}                                            \
		constexpr E operator^(E a, E b)              \
		{                                            \
			return E((unsigned)a ^ (unsigned)b); \
		}                                            \
		constexpr E operator~(E a)                   \
		{                                            \
			return E(~(unsigned)a);              \
		}                                            \
		inline E &operator|=(E &a, E b)              \
		{                                            \
			return a = a | b;                    \
		}                                            \
		inline E &operator&=(E &a, E b)              \
		{                                            \
			return a = a & b;                    \
		}                                            \
		}
#else
#	define DEFINE_ENUM_FLAG_OPERATORS(E)
#endif

/* The machine: x86-64 with 4 KB pages. */
#define PAGE_SIZE                0x1000
#define PAGE_SHIFT               12L
#define PAGE_ALIGN(va)           ((PVOID)((ULONG_PTR)(va) & ~(PAGE_SIZE - 1)))
#define BYTE_OFFSET(va)          ((ULONG)((LONG_PTR)(va) & (PAGE_SIZE - 1)))
#define BYTES_TO_PAGES(size)     (((size) >> PAGE_SHIFT) + (((size) & (PAGE_SIZE - 1)) != 0))
#define ROUND_TO_PAGES(size)     (((ULONG_PTR)(size) + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1))
#define ROUND_TO_SIZE(length, n) ((((ULONG_PTR)(length)) + ((n)-1)) & ~(ULONG_PTR)((n)-1))
#define ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, size) \
	((BYTE_OFFSET(va) + ((SIZE_T)(size)) + (PAGE_SIZE - 1)) >> PAGE_SHIFT)
#define COMPUTE_PAGES_SPANNED(va, size) ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, size)
#define MEMORY_ALLOCATION_ALIGNMENT     16
#define SYSTEM_CACHE_ALIGNMENT_SIZE     64
#define CACHE_LINE_SIZE_HINT            64
#define ALIGN_DOWN_BY(length, n)        ((ULONG_PTR)(length) & ~((ULONG_PTR)(n)-1))
#define ALIGN_UP_BY(length, n)          (ALIGN_DOWN_BY(((ULONG_PTR)(length) + (n)-1), n))
#define ALIGN_DOWN_POINTER_BY(p, n)     ((PVOID)ALIGN_DOWN_BY(p, n))
#define ALIGN_UP_POINTER_BY(p, n)       ((PVOID)ALIGN_UP_BY(p, n))
#define ALIGN_DOWN(length, type)        ALIGN_DOWN_BY(length, sizeof(type))
#define ALIGN_UP(length, type)          ALIGN_UP_BY(length, sizeof(type))
#define ALIGN_UP_POINTER(p, type)       ALIGN_UP_POINTER_BY(p, sizeof(type))

#define Int32x32To64(a, b)              ((LONGLONG)(LONG)(a) * (LONGLONG)(LONG)(b))
#define UInt32x32To64(a, b)             ((ULONGLONG)(ULONG)(a) * (ULONGLONG)(ULONG)(b))

#endif
