// SPDX-License-Identifier: BSD-2-Clause
/* seh.c - __try, __except, __finally, __leave: every way through them. Compiled as C and as C++. */
#include <ntddk.h>

#include "../harness/tap.h"

/* What happened, in letters. */
static char trace[64];
static size_t traced;

static void note(char letter)
{
	trace[traced++] = letter;
	trace[traced] = '\0';
}

static void check(const char *wanted, const char *name)
{
	is_str(trace, wanted, name);
	traced = 0;
	trace[0] = '\0';
}

static __attribute__((noinline)) void raise_it(NTSTATUS status)
{
	note('r');
	ExRaiseStatus(status);
}

static void body_ends(void)
{
	__try {
		note('b');
	} __except (EXCEPTION_EXECUTE_HANDLER) {
		note('h');
	}
	note('e');
}

static NTSTATUS handler_has_code(void)
{
	NTSTATUS status = STATUS_SUCCESS;

	__try {
		note('b');
		raise_it(STATUS_DATATYPE_MISALIGNMENT);
		note('x');
	} __except (EXCEPTION_EXECUTE_HANDLER) {
		note('h');
		status = GetExceptionCode();
	}
	return status;
}

/* A handler sees what the body last wrote, without volatile. */
static int locals(void)
{
	int value = 1;
	char *text = NULL;

	__try {
		value = 2;
		text = trace + 1;
		if (value == 2)
			raise_it(STATUS_NO_MEMORY);
		value = 3;
	} __except (EXCEPTION_EXECUTE_HANDLER) {
		return text == trace + 1 ? value : -1;
	}
	return 0;
}

static int filter_one(NTSTATUS status, NTSTATUS wanted)
{
	note('f');
	return status == wanted ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

static NTSTATUS search_goes_on(void)
{
	NTSTATUS status = STATUS_SUCCESS;

	__try {
		__try {
			raise_it(STATUS_INVALID_PARAMETER);
		} __except (filter_one(GetExceptionCode(), STATUS_NO_MEMORY)) {
			note('x');
		}
		note('x');
	} __except (filter_one(GetExceptionCode(), STATUS_INVALID_PARAMETER)) {
		status = GetExceptionCode();
		note('h');
	}
	return status;
}

static NTSTATUS record_code;

static int keep_record(PEXCEPTION_POINTERS pointers)
{
	record_code = pointers->ExceptionRecord->ExceptionCode;
	return pointers->ExceptionRecord->ExceptionAddress != NULL &&
	       pointers->ContextRecord != NULL;
}

static void filter_sees_record(void)
{
	__try {
		raise_it(STATUS_IN_PAGE_ERROR);
	} __except (keep_record(GetExceptionInformation())) {
		note('h');
	}
}

static void finally_normal(void)
{
	__try {
		note('b');
	} __finally {
		note(AbnormalTermination() ? 'A' : 'n');
	}
	note('e');
}

static void finally_leave(int when)
{
	__try {
		note('b');
		if (when) {
			for (int i = 0; i < 3; i++)
				if (i == 1)
					__leave;
		}
		note('c');
	} __finally {
		note(AbnormalTermination() ? 'A' : 'n');
	}
	note('e');
}

static void finally_raise(void)
{
	__try {
		__try {
			raise_it(STATUS_UNSUCCESSFUL);
		} __finally {
			note(AbnormalTermination() ? 'A' : 'n');
		}
		note('x');
	} __except (EXCEPTION_EXECUTE_HANDLER) {
		note('h');
	}
}

static int finally_return(int value)
{
	int doubled = value * 2;

	__try {
		if (value > 0)
			return doubled + 1;
		note('c');
	} __finally {
		char scratch[64];

		memset(scratch, value, sizeof(scratch));
		note(AbnormalTermination() ? 'A' : 'n');
		note(scratch[5] == (char)value ? 's' : 'x');
	}
	return -1;
}

static int finally_break(void)
{
	int i;

	for (i = 0; i < 10; i++) {
		__try {
			if (i == 1)
				continue;
			if (i == 3)
				break;
			note('b');
		} __finally {
			note('f');
		}
		note('e');
	}
	return i;
}

static int except_break(void)
{
	int i, handled = 0;

	for (i = 0; i < 10; i++) {
		__try {
			if (i == 1)
				continue;
			if (i == 4)
				break;
			if (i == 2)
				raise_it(STATUS_UNSUCCESSFUL);
			note('b');
		} __except (EXCEPTION_EXECUTE_HANDLER) {
			handled++;
			continue;
		}
		note('e');
	}
	for (;;) {
		__try {
			raise_it(STATUS_UNSUCCESSFUL);
		} __except (EXCEPTION_EXECUTE_HANDLER) {
			handled++;
			break;
		}
	}
	return i * 10 + handled;
}

static int return_from_try(int value)
{
	__try {
		__try {
			return value + 1;
		} __except (EXCEPTION_EXECUTE_HANDLER) {
			note('x');
		}
	} __finally {
		note('f');
	}
	return 0;
}

/* The frame of the function above must be gone: the raise goes to the handler here. */
static void frames_are_gone(void)
{
	__try {
		return_from_try(1);
		raise_it(STATUS_UNSUCCESSFUL);
	} __except (EXCEPTION_EXECUTE_HANDLER) {
		note('h');
	}
}

static NTSTATUS nested_handlers(void)
{
	NTSTATUS status = STATUS_SUCCESS;

	__try {
		raise_it(STATUS_NO_MEMORY);
	} __except (EXCEPTION_EXECUTE_HANDLER) {
		search_goes_on();
		handler_has_code();
		status = GetExceptionCode();
	}
	return status;
}

static NTSTATUS raise_in_handler(void)
{
	NTSTATUS status = STATUS_SUCCESS;

	__try {
		__try {
			raise_it(STATUS_NO_MEMORY);
		} __except (EXCEPTION_EXECUTE_HANDLER) {
			note('h');
			raise_it(STATUS_TIMEOUT);
		}
	} __except (EXCEPTION_EXECUTE_HANDLER) {
		status = GetExceptionCode();
	}
	return status;
}

static NTSTATUS raise_in_finally(void)
{
	NTSTATUS status = STATUS_SUCCESS;

	__try {
		__try {
			raise_it(STATUS_NO_MEMORY);
		} __finally {
			raise_it(STATUS_CANCELLED);
		}
	} __except (EXCEPTION_EXECUTE_HANDLER) {
		status = GetExceptionCode();
	}
	return status;
}

static int raising_filter(void)
{
	__try {
		raise_it(STATUS_TIMEOUT);
	} __except (EXCEPTION_EXECUTE_HANDLER) {
		note('i');
	}
	return EXCEPTION_EXECUTE_HANDLER;
}

static NTSTATUS raise_in_filter(void)
{
	NTSTATUS status = STATUS_SUCCESS;

	__try {
		raise_it(STATUS_NO_MEMORY);
	} __except (raising_filter() == 1 && GetExceptionCode() == STATUS_NO_MEMORY) {
		status = GetExceptionCode();
	}
	return status;
}

static int without_braces(int when)
{
	if (when)
		__try {
			raise_it(STATUS_UNSUCCESSFUL);
		} __except (EXCEPTION_EXECUTE_HANDLER) {
			return 1;
		}
	return 2;
}

static void many_times(void)
{
	int handled = 0, finished = 0;

	for (int i = 0; i < 100000; i++) {
		traced = 0;
		__try {
			__try {
				if (i % 2)
					raise_it(STATUS_UNSUCCESSFUL);
			} __finally {
				finished++;
			}
		} __except (EXCEPTION_EXECUTE_HANDLER) {
			handled++;
		}
	}
	traced = 0;
	trace[0] = '\0';
	ok(handled == 50000 && finished == 100000, "100000 times: %d handled, %d finally", handled,
	   finished);
}

int main(void)
{
	body_ends();
	check("be", "a body that ends skips its handler");
	ok(handler_has_code() == STATUS_DATATYPE_MISALIGNMENT, "GetExceptionCode in a handler");
	check("brh", "a raise ends the body");
	ok(locals() == 2, "a handler sees the body's last values");
	check("r", "...");
	ok(search_goes_on() == STATUS_INVALID_PARAMETER, "EXCEPTION_CONTINUE_SEARCH");
	check("rffh", "both filters, then the outer handler");
	filter_sees_record();
	ok(record_code == STATUS_IN_PAGE_ERROR, "GetExceptionInformation in a filter");
	check("rh", "...");
	finally_normal();
	check("bne", "__finally after a body that ends");
	finally_leave(1);
	check("bne", "__leave out of a loop runs __finally, which is normal");
	finally_leave(0);
	check("bcne", "without it");
	finally_raise();
	check("rAh", "a raise runs __finally, then goes on");
	ok(finally_return(21) == 43, "return in a body keeps its value");
	check("As", "after __finally");
	ok(finally_return(0) == -1, "without return");
	check("cns", "...");
	ok(finally_break() == 3, "break and continue in a body are the loop's");
	check("bfefbfef", "and run __finally");
	ok(except_break() == 42, "break and continue in a body and in a handler");
	check("berber", "...");
	frames_are_gone();
	check("frh", "return out of nested blocks takes their frames off");
	ok(nested_handlers() == STATUS_NO_MEMORY, "GetExceptionCode after calls with handlers");
	check("rrffhbrh", "...");
	ok(raise_in_handler() == STATUS_TIMEOUT, "a raise in a handler");
	check("rhr", "...");
	ok(raise_in_finally() == STATUS_CANCELLED, "a raise in __finally replaces the first");
	check("rr", "...");
	ok(raise_in_filter() == STATUS_NO_MEMORY, "a filter with a handler of its own");
	check("rri", "...");
	ok(without_braces(1) == 1 && without_braces(0) == 2, "without braces around it");
	check("r", "...");
	many_times();
	return done();
}
