/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/verify/trap.h"
#include "lib/base/action.h"
#include "lib/pool/check.h"
#include "lib/pool/describe.h"
#include "lib/pool/identify.h"
#include "lib/verify/report.h"
#include "lib/verify/special.h"
#include "lib/verify/stack.h"
#include <ucontext.h>

/* Bit of a page fault's error code: the access was a write. */
#define FAULT_WRITE 2

static struct base_action before;

static void add_distance(struct base_text *text, uintptr_t address, uintptr_t block, size_t size)
{
	uintptr_t distance = address - block;

	if (address < block)
		distance = block - address;
	else if (address >= block + size)
		distance = address - (block + size);
	base_text_unsigned(text, distance);
	base_text_add(text, distance == 1 ? " byte" : " bytes");
	base_text_add(text, address < block           ? " before "
			    : address >= block + size ? " behind the end of "
						      : " into ");
}

static __attribute__((noreturn)) void report(uintptr_t address, const ucontext_t *context)
{
	const void *block = verify_special_nearest(address);
	const char *access = context->uc_mcontext.gregs[REG_ERR] & FAULT_WRITE ? "write" : "read";
	struct pool_identified what = pool_identify(block);
	char buffer[VERIFY_LINE_MAX];
	struct base_text text = base_text_in(buffer, sizeof(buffer));

	base_text_add(&text, what.identity == POOL_IS_FREED
				     ? "PAGE_FAULT_IN_FREED_SPECIAL_POOL (0xCC): "
				     : "PAGE_FAULT_BEYOND_END_OF_ALLOCATION (0xCD): ");
	base_text_add(&text, access);
	base_text_add(&text, " of ");
	base_text_hex(&text, address);
	base_text_add(&text, " by ");
	/* As a return address, which names the instruction before it. */
	pool_describe_text(&text, (uintptr_t)context->uc_mcontext.gregs[REG_RIP] + 1);
	base_text_add(&text, ", ");
	add_distance(&text, address, (uintptr_t)block, what.requested);
	pool_identified_text(&text, &what);
	pool_check_freed_text(&text, block);
	verify_report_fatal(&text, block, VERIFY_NO_STACK);
}

static void on_fault(int number, siginfo_t *info, void *context)
{
	uintptr_t address = (uintptr_t)info->si_addr;

	/* si_addr means something for the kernel's own signals only. */
	if (info->si_code > 0 && verify_special_owns((const void *)address) &&
	    verify_special_nearest(address) != NULL)
		report(address, context);
	/* The instruction runs again, and faults again, with the handler there was. */
	base_action_set(number, &before, NULL);
}

void verify_trap_start(void)
{
	struct base_action ours = {
		.handler = on_fault,
		.flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
	};

	base_action_set(SIGSEGV, &ours, &before);
}
