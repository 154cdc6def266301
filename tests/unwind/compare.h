/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compare.h - the library's steps from frame to frame beside libunwind's
 *
 * Callers: tests/unwind. Locking: none; callers on several threads keep a struct compare_tally
 * each. Context: anywhere libunwind works, signal handlers included; allocates nothing.
 */
#ifndef TESTS_UNWIND_COMPARE_H
#define TESTS_UNWIND_COMPARE_H

#ifdef __cplusplus
extern "C" {
#endif

/* How the comparison of a stack ended. The library's steps are "we", libunwind "they". */
enum compare_end {
	COMPARE_WHOLE,          /* the same addresses and stack pointers, to the outermost frame */
	COMPARE_NO_INFORMATION, /* the same, until there is no frame information for an address */
	COMPARE_NOT_FOLLOWED,   /* the same, until frame information that we do not follow */
	COMPARE_THEY_STOPPED,   /* the same, until they could not go on */
	COMPARE_REFUSED,        /* we had a rule and found its frame impossible: a failure */
	COMPARE_ENDED_EARLY,    /* we took a frame for the outermost that has a caller: a failure */
	COMPARE_WRONG,          /* another address or stack pointer: a failure */
	COMPARE_END_MAX,
};

/* The last stack that was compared. */
struct compare_stack {
	enum compare_end end;
	unsigned long frames;                         /* steps that agreed */
	unsigned long address;                        /* from which the last step was made */
	unsigned long rule;                           /* enum sites_step_kind of that step */
	unsigned long ours, theirs, our_sp, their_sp; /* where it led */
};

/* Compares the stack of the caller from its own frame outwards. Never inlined. */
struct compare_stack compare_here(void);

/* Compares the stack that a signal interrupted; `context` is the handler's third argument. */
struct compare_stack compare_interrupted(void *context);

/* The end as a word. */
const char *compare_end_name(enum compare_end end);

#ifdef __cplusplus
}
#endif

#endif
