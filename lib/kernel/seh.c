/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/seh.h"
#include "lib/base/arena.h"
#include "lib/base/report.h"
#include "lib/kernel/bugcheck.h"
#include "lib/kernel/seh_jump.h"

/* Frames are made this many at a time. */
#define FRAMES_TOGETHER 8

static BASE_COLD void make_frames(struct kernel_thread *thread)
{
	struct pooltag_seh_frame *frames = base_arena_take(FRAMES_TOGETHER * sizeof(*frames));

	if (frames == NULL)
		base_fatal("no memory for a __try block");
	for (int i = 0; i < FRAMES_TOGETHER; i++) {
		frames[i].outer = thread->free_frames;
		thread->free_frames = &frames[i];
	}
}

static void give_back(struct kernel_thread *thread, struct pooltag_seh_frame *frame)
{
	frame->state = POOLTAG_SEH_NEW;
	frame->outer = thread->free_frames;
	thread->free_frames = frame;
}

static void enter_body(struct kernel_thread *thread, struct pooltag_seh_frame *frame)
{
	frame->outer = thread->frames;
	frame->depth = thread->frames != NULL ? thread->frames->depth + 1 : 1;
	frame->state = POOLTAG_SEH_BODY;
	thread->frames = frame;
}

BASE_EXPORT struct pooltag_seh_frame *PooltagSehOpen(void *function, int has_finally)
{
	struct kernel_thread *thread = kernel_thread();
	struct pooltag_seh_frame *frame;

	if (thread->free_frames == NULL)
		make_frames(thread);
	frame = thread->free_frames;
	thread->free_frames = frame->outer;
	frame->function = function;
	frame->has_finally = has_finally;
	frame->running = 0;
	if (has_finally)
		frame->state = POOLTAG_SEH_NEW;
	else
		enter_body(thread, frame);
	return frame;
}

static BASE_COLD __attribute__((noreturn)) void unhandled(const EXCEPTION_RECORD *record)
{
	struct kernel_bug bug;
	uint64_t p3 = record->NumberParameters > 0 ? record->ExceptionInformation[0] : 0;
	uint64_t p4 = record->NumberParameters > 1 ? record->ExceptionInformation[1] : 0;

	kernel_bug_open(&bug, KMODE_EXCEPTION_NOT_HANDLED, (uint32_t)record->ExceptionCode,
			(uintptr_t)record->ExceptionAddress, p3, p4);
	base_text_add(&bug.text, "exception ");
	base_text_hex(&bug.text, (uint32_t)record->ExceptionCode);
	base_text_add(&bug.text, " reached no __except block that takes it");
	kernel_bug_caller(&bug, record->ExceptionAddress);
	kernel_bug_close(&bug);
}

/* `record` may stand in a frame that has ended, or on the stack below: it is copied first. */
static __attribute__((noreturn)) void deliver(const EXCEPTION_RECORD *record,
					      const CONTEXT *context)
{
	struct pooltag_seh_frame *frame = kernel_self != NULL ? kernel_self->frames : NULL;

	if (frame == NULL)
		unhandled(record);
	kernel_self->frames = frame->outer;
	frame->record = *record;
	frame->context = *context;
	frame->state = POOLTAG_SEH_RAISED;
	/* The filter comes next. Filters whose calls raised this, through them, are given up. */
	frame->outer_filter = kernel_self->filter;
	while (frame->outer_filter != NULL && frame->outer_filter->depth > frame->depth)
		frame->outer_filter = frame->outer_filter->outer_filter;
	if (!frame->has_finally)
		kernel_self->filter = frame;
	kernel_seh_jump(&frame->end);
}

void kernel_seh_leave(struct pooltag_seh_frame **here,
		      const struct pooltag_seh_registers *registers)
{
	struct kernel_thread *thread = kernel_thread();
	struct pooltag_seh_frame *frame = *here;

	if (frame == NULL)
		return;
	if (frame->state == POOLTAG_SEH_BODY || frame->state == POOLTAG_SEH_DONE)
		thread->frames = frame->outer;
	if (frame->has_finally && frame->state == POOLTAG_SEH_BODY) {
		frame->state = POOLTAG_SEH_LEFT;
		frame->resume = *registers;
		kernel_seh_jump(&frame->end);
	}
	if (frame->has_finally || frame->state == POOLTAG_SEH_RAISED)
		thread->ended = frame;
	else
		give_back(thread, frame);
}

BASE_EXPORT void PooltagSehFilter(struct pooltag_seh_frame *frame, int answer)
{
	struct kernel_thread *thread = kernel_thread();

	thread->filter = frame->outer_filter;
	if (answer < 0)
		kernel_bug_check(
			KMODE_EXCEPTION_NOT_HANDLED, (uint32_t)STATUS_NONCONTINUABLE_EXCEPTION,
			(uintptr_t)frame->record.ExceptionAddress, 0, 0,
			"a filter answers EXCEPTION_CONTINUE_EXECUTION, which cannot be done here",
			__builtin_return_address(0));
	if (answer == EXCEPTION_CONTINUE_SEARCH) {
		EXCEPTION_RECORD record = frame->record;
		CONTEXT context = frame->context;

		give_back(thread, frame);
		deliver(&record, &context);
	}
}

BASE_EXPORT int PooltagSehCaught(void *function)
{
	struct kernel_thread *thread = kernel_thread();
	struct pooltag_seh_frame *frame = thread->ended;
	struct kernel_caught *caught;

	if (frame == NULL || frame->function != function)
		return 0;
	thread->ended = NULL;
	/* Handlers of this function that ended, and of functions that returned. */
	while (thread->caught_count > 0 &&
	       (uintptr_t)thread->caught[thread->caught_count - 1].function <= (uintptr_t)function)
		thread->caught_count--;
	if (thread->caught_count == KERNEL_CAUGHT_MAX) {
		memmove(thread->caught, thread->caught + 1,
			sizeof(thread->caught) - sizeof(thread->caught[0]));
		thread->caught_count--;
	}
	caught = &thread->caught[thread->caught_count++];
	*caught = (struct kernel_caught){
		.function = function, .record = frame->record, .context = frame->context};
	give_back(thread, frame);
	return 1;
}

BASE_EXPORT struct pooltag_seh_frame *PooltagSehFinally(void)
{
	struct kernel_thread *thread = kernel_thread();
	struct pooltag_seh_frame *frame = thread->ended;

	thread->ended = NULL;
	return frame;
}

BASE_EXPORT int PooltagSehNext(struct pooltag_seh_frame **at)
{
	struct kernel_thread *thread = kernel_thread();
	struct pooltag_seh_frame *frame = *at;
	struct pooltag_seh_frame ended;

	if (frame->state == POOLTAG_SEH_NEW) {
		enter_body(thread, frame);
		kernel_seh_jump(&frame->body);
	}
	if (!frame->running) {
		frame->running = 1;
		return 1;
	}
	ended = *frame;
	give_back(thread, frame);
	*at = NULL;
	if (ended.state == POOLTAG_SEH_RAISED)
		deliver(&ended.record, &ended.context);
	if (ended.state == POOLTAG_SEH_LEFT)
		kernel_seh_jump(&ended.resume);
	return 0;
}

BASE_EXPORT void PooltagSehAbandon(struct pooltag_seh_frame **at)
{
	if (*at != NULL)
		give_back(kernel_thread(), *at);
}

/* The exception that the filter or handler standing in `function` is about. */
static PEXCEPTION_POINTERS current(void *function)
{
	struct kernel_thread *thread = kernel_thread();
	struct pooltag_seh_frame *filter = thread->filter;

	if (filter != NULL && filter->function == function) {
		filter->pointers.ExceptionRecord = &filter->record;
		filter->pointers.ContextRecord = &filter->context;
		return &filter->pointers;
	}
	for (uint32_t i = thread->caught_count; i-- > 0;) {
		struct kernel_caught *caught = &thread->caught[i];

		if (caught->function == function) {
			caught->pointers.ExceptionRecord = &caught->record;
			caught->pointers.ContextRecord = &caught->context;
			return &caught->pointers;
		}
	}
	return NULL;
}

BASE_EXPORT NTSTATUS PooltagSehCode(void *function)
{
	PEXCEPTION_POINTERS pointers = current(function);

	return pointers == NULL ? STATUS_SUCCESS : pointers->ExceptionRecord->ExceptionCode;
}

BASE_EXPORT PEXCEPTION_POINTERS PooltagSehPointers(void *function)
{
	return current(function);
}

static __attribute__((noreturn)) void raise_record(EXCEPTION_RECORD *record, const void *where)
{
	CONTEXT context = {.Rip = (uintptr_t)where};

	record->ExceptionAddress = (void *)(uintptr_t)where;
	deliver(record, &context);
}

void kernel_raise_status(NTSTATUS status, const void *where)
{
	EXCEPTION_RECORD record = {.ExceptionCode = status,
				   .ExceptionFlags = EXCEPTION_NONCONTINUABLE};

	raise_record(&record, where);
}

void kernel_raise_access(uintptr_t address, int operation, const void *where)
{
	EXCEPTION_RECORD record = {.ExceptionCode = STATUS_ACCESS_VIOLATION,
				   .NumberParameters = 2,
				   .ExceptionInformation = {(ULONG_PTR)operation, address}};

	raise_record(&record, where);
}

BASE_EXPORT void ExRaiseStatus(NTSTATUS Status)
{
	kernel_raise_status(Status, __builtin_return_address(0));
}

BASE_EXPORT void ExRaiseAccessViolation(void)
{
	kernel_raise_status(STATUS_ACCESS_VIOLATION, __builtin_return_address(0));
}

BASE_EXPORT void ExRaiseDatatypeMisalignment(void)
{
	kernel_raise_status(STATUS_DATATYPE_MISALIGNMENT, __builtin_return_address(0));
}

BASE_EXPORT void RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord)
{
	EXCEPTION_RECORD record = *ExceptionRecord;

	raise_record(&record, __builtin_return_address(0));
}
