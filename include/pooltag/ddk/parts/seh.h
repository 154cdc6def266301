/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seh.h - __try, __except, __finally, __leave on gcc and clang, in C and C++
 *
 * A raise is a jump to the frame of the innermost __try block: the functions in between are left as
 * they stand, as on Windows without C++ exceptions, so no destructors run there. The ways:
 *
 *   { here = NULL; again: if (here) {BODY} else { open a frame; save; goto again } leave: }
 *   if (caught) {HANDLER}
 *
 *   { here = NULL; again: if (here) {BODY} else { open a frame; if (save) goto again } leave: }
 *   for (frame; save, next;) {FINALLY}
 *
 * The block has a cleanup, which takes the frame off when the body is left in whatever way. With a
 * __finally the first way through goes past the body to the `for`, so that a raise, or a return out
 * of the body, can go there directly; from there it goes back into the body.
 *
 * What differs from Windows:
 *   - One phase: filters run after the stack below them is gone, thus after inner __finally blocks;
 *     EXCEPTION_CONTINUE_EXECUTION is a bug check.
 *   - `if (x) __try {...} __except (...) {...} else ...` needs braces around the __try.
 *   - break in a __finally block itself ends that block only.
 *   - Compiled by clang, a body that is left by return, break, continue or goto must not have a
 *     __finally block that contains another __try; __leave may always be used.
 *   - No compiler here follows the way from a raise to a handler, so these headers turn
 *     optimisation off for the functions that follow. Define POOLTAG_DDK_OPTIMIZE to have it, in
 *     files without __try, or with volatile locals where a body changes what a handler reads.
 */
#ifndef POOLTAG_DDK_SEH_H
#define POOLTAG_DDK_SEH_H

#pragma GCC system_header

#include "types.h"

#define EXCEPTION_NONCONTINUABLE     0x1
#define EXCEPTION_MAXIMUM_PARAMETERS 15
#define EXCEPTION_EXECUTE_HANDLER    1
#define EXCEPTION_CONTINUE_SEARCH    0
#define EXCEPTION_CONTINUE_EXECUTION (-1)

typedef struct _EXCEPTION_RECORD {
	NTSTATUS ExceptionCode;
	ULONG ExceptionFlags;
	struct _EXCEPTION_RECORD *ExceptionRecord;
	PVOID ExceptionAddress;
	ULONG NumberParameters;
	ULONG_PTR ExceptionInformation[EXCEPTION_MAXIMUM_PARAMETERS];
} EXCEPTION_RECORD, *PEXCEPTION_RECORD;

/* Of the processor's state only where the exception happened. */
typedef struct _CONTEXT {
	ULONG64 Rip, Rsp, Rbp;
} CONTEXT, *PCONTEXT;

typedef struct _EXCEPTION_POINTERS {
	PEXCEPTION_RECORD ExceptionRecord;
	PCONTEXT ContextRecord;
} EXCEPTION_POINTERS, *PEXCEPTION_POINTERS;

EXTERN_C_START

/* What a call must preserve: rbx rbp r12 r13 r14 r15, rsp and the return address. */
struct pooltag_seh_registers {
	ULONG64 word[8];
};

enum pooltag_seh_state {
	POOLTAG_SEH_NEW,
	POOLTAG_SEH_BODY,   /* inside __try { } */
	POOLTAG_SEH_RAISED, /* a raise ended the body */
	POOLTAG_SEH_LEFT,   /* return, break, continue or goto did */
	POOLTAG_SEH_DONE,   /* it ended by its end or by __leave */
};

/* A __try block that is entered; belongs to the thread, which uses it again. */
struct pooltag_seh_frame {
	struct pooltag_seh_frame *outer;        /* of the thread's chain, or of its free frames */
	struct pooltag_seh_frame *outer_filter; /* whose filter calls what raised here */
	void *function;                         /* frame address of the function it stands in */
	int state;
	int depth;   /* 1: outermost */
	int running; /* 1: its __finally block runs */
	int has_finally;
	struct pooltag_seh_registers body;   /* with a __finally: where the body begins */
	struct pooltag_seh_registers end;    /* where a raise goes */
	struct pooltag_seh_registers resume; /* LEFT: where the body was going */
	EXCEPTION_RECORD record;             /* RAISED */
	CONTEXT context;
	EXCEPTION_POINTERS pointers;
};

/* Returns 0, and again with 1 when a jump comes back to it. */
int PooltagSehSave(struct pooltag_seh_registers *registers) __attribute__((returns_twice));
struct pooltag_seh_frame *PooltagSehOpen(void *function, int has_finally);
/* The end of the block around the body, however it is reached. */
void PooltagSehLeave(struct pooltag_seh_frame **here);
/* Takes in what a filter answered. */
void PooltagSehFilter(struct pooltag_seh_frame *frame, int answer);
/* 1, once, when the filter of the block just left said EXCEPTION_EXECUTE_HANDLER. */
int PooltagSehCaught(void *function);
/* The frame whose __finally comes next. */
struct pooltag_seh_frame *PooltagSehFinally(void);
/* To the body; 1 after that, for the __finally block; then on to where the body was going. */
int PooltagSehNext(struct pooltag_seh_frame **frame);
/* A __finally block that is left before its end. */
void PooltagSehAbandon(struct pooltag_seh_frame **frame);

NTSTATUS PooltagSehCode(void *function);
PEXCEPTION_POINTERS PooltagSehPointers(void *function);

DECLSPEC_NORETURN void ExRaiseStatus(NTSTATUS Status);
DECLSPEC_NORETURN void ExRaiseAccessViolation(void);
DECLSPEC_NORETURN void ExRaiseDatatypeMisalignment(void);
DECLSPEC_NORETURN void RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord);

EXTERN_C_END

#undef __try
#undef __except
#undef __finally
#undef __leave

// clang-format off
#define __try                                                                                      \
	{                                                                                          \
		__label__ pooltag_seh_again, pooltag_seh_leave;                                    \
		__attribute__((cleanup(PooltagSehLeave)))                                          \
		struct pooltag_seh_frame *pooltag_seh_here = NULL;                                 \
	pooltag_seh_again:                                                                         \
		if (pooltag_seh_here != NULL)

#define POOLTAG_SEH_EXCEPT(...)                                                                    \
		else {                                                                             \
			pooltag_seh_here = PooltagSehOpen(__builtin_frame_address(0), 0);          \
			if (PooltagSehSave(&pooltag_seh_here->end) == 0)                           \
				goto pooltag_seh_again;                                            \
		}                                                                                  \
		if (pooltag_seh_here->state == POOLTAG_SEH_RAISED)                                 \
			PooltagSehFilter(pooltag_seh_here, (__VA_ARGS__));                         \
		else {                                                                             \
		pooltag_seh_leave:                                                                 \
			__attribute__((unused));                                                   \
			pooltag_seh_here->state = POOLTAG_SEH_DONE;                                \
		}                                                                                  \
	}                                                                                          \
	if (PooltagSehCaught(__builtin_frame_address(0)))

#define POOLTAG_SEH_FINALLY                                                                        \
		else {                                                                             \
			pooltag_seh_here = PooltagSehOpen(__builtin_frame_address(0), 1);          \
			if (PooltagSehSave(&pooltag_seh_here->body) != 0)                          \
				goto pooltag_seh_again;                                            \
		}                                                                                  \
		if (pooltag_seh_here->state == POOLTAG_SEH_BODY) {                                 \
		pooltag_seh_leave:                                                                 \
			__attribute__((unused));                                                   \
			pooltag_seh_here->state = POOLTAG_SEH_DONE;                                \
		}                                                                                  \
	}                                                                                          \
	for (__attribute__((cleanup(PooltagSehAbandon))) struct pooltag_seh_frame                  \
	     *pooltag_seh_final = PooltagSehFinally();                   \
	     PooltagSehSave(&pooltag_seh_final->end), PooltagSehNext(&pooltag_seh_final);)
// clang-format on

#define __except POOLTAG_SEH_EXCEPT
#define __finally POOLTAG_SEH_FINALLY
#define __leave goto pooltag_seh_leave

#define GetExceptionCode()        PooltagSehCode(__builtin_frame_address(0))
#define GetExceptionInformation() PooltagSehPointers(__builtin_frame_address(0))
#define AbnormalTermination()     (pooltag_seh_final->state != POOLTAG_SEH_DONE)
#define exception_code            GetExceptionCode
#define exception_info            GetExceptionInformation
#define abnormal_termination      AbnormalTermination
#define _exception_code()         GetExceptionCode()
#define _exception_info()         GetExceptionInformation()
#define _abnormal_termination()   AbnormalTermination()

#ifndef __cplusplus
#	define try     __try
#	define except  __except
#	define finally __finally
#	define leave   __leave
#endif

#ifndef POOLTAG_DDK_OPTIMIZE
#	ifdef __clang__
#		pragma clang optimize off
#	else
#		pragma GCC optimize("O0")
#	endif
#endif

#endif
