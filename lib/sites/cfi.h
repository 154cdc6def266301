/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cfi.h - one step up the stack, as a rule that can be kept
 *
 * Purpose: the call-frame information a compiler leaves in .eh_frame says, for every address, how
 * to find the caller's frame. For nearly all code that is one addition and one or two loads, and
 * the same for a given return address every time. So the rule is decoded once per return address
 * and kept; a step with a known rule costs a few nanoseconds and needs no frame pointers.
 *
 * The frame information is found through glibc's _dl_find_object: no lock, no allocation, safe in
 * signal handlers and in fork children of threaded programs.
 *
 * Callers: pool/caller.c. Locking: none. Context: any.
 */
#ifndef LIB_SITES_CFI_H
#define LIB_SITES_CFI_H

#include "lib/base/compiler.h"

enum sites_step_kind {
	SITES_STEP_NONE = 0, /* no rule: no frame information, or a rule beyond these */
	SITES_STEP_SP,       /* caller's CFA = sp + cfa_offset */
	SITES_STEP_BP,       /* caller's CFA = bp + cfa_offset */
	SITES_STEP_BP_DEREF, /* caller's CFA = *(bp + cfa_offset): functions that realign the stack
			      */
	SITES_STEP_SIGNAL,   /* a signal handler's return: registers stand in the ucontext at sp */
	SITES_STEP_END,      /* the outermost frame */
};

enum sites_step_bp {
	SITES_BP_SAME = 0,   /* unchanged in this frame */
	SITES_BP_AT_CFA = 1, /* saved at CFA + bp_offset */
	SITES_BP_AT_BP = 2,  /* saved at bp + bp_offset */
	SITES_BP_LOST = 3,   /* not recoverable; only a later BP rule would miss it */
};

/* How to get from the frame of a return address to its caller's. */
struct sites_step {
	int32_t cfa_offset;
	int16_t bp_offset;
	uint8_t kind;  /* enum sites_step_kind */
	uint8_t flags; /* enum sites_step_bp, SITES_STEP_WRAPPER */
};

#define SITES_STEP_BP_MASK 3u
#define SITES_STEP_WRAPPER 4u /* an allocation wrapper: its caller is charged */

_Static_assert(sizeof(struct sites_step) == 8, "kept as one word");

/* A frame: where the caller was, the stack pointer after its return, and the frame register. */
struct sites_frame {
	uintptr_t address; /* return address; for the code a signal interrupted, its address + 1 */
	uintptr_t sp;
	uintptr_t bp;
};

/* The bytes of a mapped file, and where its .eh_frame_hdr is. */
struct sites_cfi_file {
	const uint8_t *start, *end;
	const uint8_t *header;
};

/* The rule for a return address; kind SITES_STEP_NONE when there is none. */
struct sites_step sites_cfi_rule(uintptr_t return_address);

/* The same, in a file that the caller has found: nothing outside of its bytes is read. */
struct sites_step sites_cfi_rule_in(const struct sites_cfi_file *file, uintptr_t return_address);

/*
 * Replaces `frame` by its caller's with one of the plain rules, which nearly all are: an offset
 * from the stack pointer or the frame register. `limit` is an address the stack does not reach;
 * frames that would lie outside (sp, limit] are refused, because then the frame information is
 * wrong. 0, or -1 and `frame` is unchanged: the rule is another one, or there is no caller.
 */
BASE_INLINE int sites_frame_step(struct sites_frame *frame, struct sites_step step, uintptr_t limit)
{
	uintptr_t base = step.kind == SITES_STEP_SP ? frame->sp : frame->bp;
	uintptr_t cfa = base + (uintptr_t)(intptr_t)step.cfa_offset;

	if (BASE_UNLIKELY(step.kind > SITES_STEP_BP || step.kind == SITES_STEP_NONE ||
			  (step.flags & SITES_STEP_BP_MASK) > SITES_BP_AT_CFA))
		return -1;
	/* In (sp, limit], and aligned. */
	if (BASE_UNLIKELY(cfa - frame->sp - 1 >= limit - frame->sp || (cfa & 7) != 0))
		return -1;
	if (step.flags & SITES_BP_AT_CFA)
		frame->bp = *(const uintptr_t *)(cfa + (uintptr_t)(intptr_t)step.bp_offset);
	frame->address = *(const uintptr_t *)(cfa - 8);
	frame->sp = cfa;
	return 0;
}

/* The same for every kind of rule. `limit` is replaced when the step leads to another stack. */
int sites_frame_step_any(struct sites_frame *frame, struct sites_step step, uintptr_t *limit);

/* Glibc's loader keeps the bottom of the main thread's stack here. */
extern void *__libc_stack_end;

/* The kernel leaves at least this much free below the main stack. */
#define SITES_STACK_SPAN_MAX ((uintptr_t)128 << 20)
#define SITES_STACK_GUESS    ((uintptr_t)64 << 10)

/*
 * An address above the calling thread's stack that it is safe to read up to, given a stack pointer:
 * of the main thread, of a thread, or a guess of 64 KiB on a stack of the program's own making.
 */
BASE_INLINE uintptr_t sites_stack_limit(uintptr_t sp)
{
	uintptr_t main_end = (uintptr_t)__libc_stack_end;
	uintptr_t thread_end;

	/* A thread's control block stands at the high end of its stack's mapping. */
	__asm__("movq %%fs:0, %0" : "=r"(thread_end));
	if (BASE_LIKELY(main_end > sp && main_end - sp < SITES_STACK_SPAN_MAX))
		return main_end;
	if (thread_end > sp && thread_end - sp < SITES_STACK_SPAN_MAX)
		return thread_end;
	return sp + SITES_STACK_GUESS;
}

#endif
