// SPDX-License-Identifier: BSD-2-Clause
/* compare.c - see compare.h */
#define UNW_LOCAL_ONLY
#include "compare.h"

#include "lib/sites/cfi.h"
#include <dlfcn.h>
#include <libunwind.h>
#include <ucontext.h>

/* libgcc's, in no header: the frame description entry of an address. */
struct bases {
	void *text, *data, *function;
};

extern const void *_Unwind_Find_FDE(void *address, struct bases *bases);

static int has_information(uintptr_t address)
{
	struct bases bases;

	return _Unwind_Find_FDE((void *)(address - 1), &bases) != NULL;
}

static uintptr_t their(unw_cursor_t *cursor, int number)
{
	unw_word_t value = 0;

	unw_get_reg(cursor, number, &value);
	return value;
}

static enum compare_end why_stopped(struct sites_step rule, uintptr_t address)
{
	if (rule.kind == SITES_STEP_END)
		return COMPARE_ENDED_EARLY;
	if (rule.kind != SITES_STEP_NONE)
		return COMPARE_REFUSED;
	return has_information(address) ? COMPARE_NOT_FOLLOWED : COMPARE_NO_INFORMATION;
}

/* A step with any rule; where the plain step can make it as well, both must lead to the same. */
static int step_both(struct sites_frame *frame, struct sites_step rule, uintptr_t *limit)
{
	struct sites_frame plain = *frame;
	int plain_result = sites_frame_step(&plain, rule, *limit);
	int result = sites_frame_step_any(frame, rule, limit);

	if (plain_result == 0 && (result != 0 || plain.address != frame->address ||
				  plain.sp != frame->sp || plain.bp != frame->bp))
		__builtin_trap();
	return result;
}

/* `frame` is the cursor's frame. */
static struct compare_stack compare(unw_cursor_t *cursor, struct sites_frame frame)
{
	uintptr_t limit = sites_stack_limit(frame.sp);
	struct compare_stack stack = {.end = COMPARE_WHOLE};

	for (;; stack.frames++) {
		struct sites_step rule = sites_cfi_rule(frame.address);
		int we, they;

		stack.address = frame.address;
		stack.rule = rule.kind;
		we = step_both(&frame, rule, &limit) == 0 && frame.address != 0;
		they = unw_step(cursor);
		if (they <= 0 || their(cursor, UNW_REG_IP) == 0) {
			/* They cannot go on, or there is nobody further out. */
			stack.end = we || they < 0 ? COMPARE_THEY_STOPPED : COMPARE_WHOLE;
			return stack;
		}
		stack.ours = frame.address - (rule.kind == SITES_STEP_SIGNAL);
		stack.theirs = their(cursor, UNW_REG_IP);
		stack.our_sp = frame.sp;
		stack.their_sp = their(cursor, UNW_REG_SP);
		if (!we) {
			stack.end = why_stopped(rule, stack.address);
			return stack;
		}
		if (stack.ours != stack.theirs || stack.our_sp != stack.their_sp) {
			stack.end = COMPARE_WRONG;
			return stack;
		}
	}
}

__attribute__((noinline)) struct compare_stack compare_here(void)
{
	unw_context_t context;
	unw_cursor_t cursor;

	unw_getcontext(&context);
	unw_init_local(&cursor, &context);
	unw_step(&cursor);
	return compare(&cursor, (struct sites_frame){
					.address = their(&cursor, UNW_REG_IP),
					.sp = their(&cursor, UNW_REG_SP),
					.bp = their(&cursor, UNW_X86_64_RBP),
				});
}

struct compare_stack compare_interrupted(void *context)
{
	ucontext_t *at = context;
	unw_cursor_t cursor;

	unw_init_local2(&cursor, at, UNW_INIT_SIGNAL_FRAME);
	return compare(&cursor, (struct sites_frame){
					.address = (uintptr_t)at->uc_mcontext.gregs[REG_RIP] + 1,
					.sp = (uintptr_t)at->uc_mcontext.gregs[REG_RSP],
					.bp = (uintptr_t)at->uc_mcontext.gregs[REG_RBP],
				});
}

const char *compare_end_name(enum compare_end end)
{
	static const char *const names[COMPARE_END_MAX] = {
		[COMPARE_WHOLE] = "whole",
		[COMPARE_NO_INFORMATION] = "no-information",
		[COMPARE_NOT_FOLLOWED] = "not-followed",
		[COMPARE_THEY_STOPPED] = "they-stopped",
		[COMPARE_REFUSED] = "refused",
		[COMPARE_ENDED_EARLY] = "ended-early",
		[COMPARE_WRONG] = "wrong",
	};

	return names[end];
}
