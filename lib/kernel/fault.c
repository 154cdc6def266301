/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/fault.h"
#include "lib/base/action.h"
#include "lib/kernel/bugcheck.h"
#include "lib/kernel/range.h"
#include "lib/kernel/seh.h"
#include <ucontext.h>

/* Bit of a page fault's error code: the access was a write. */
#define FAULT_WRITE 2

static struct base_action before_segv, before_bus;

static BASE_COLD __attribute__((noreturn)) void readonly_write(uintptr_t address,
							       const void *instruction)
{
	struct kernel_bug bug;

	kernel_bug_open(&bug, ATTEMPTED_WRITE_TO_READONLY_MEMORY, address, 0,
			(uintptr_t)instruction, 0);
	base_text_add(&bug.text, "write to read-only memory at ");
	base_text_hex(&bug.text, address);
	kernel_bug_caller(&bug, instruction);
	kernel_bug_close(&bug);
}

static BASE_COLD __attribute__((noreturn)) void fault_at_high_irql(uintptr_t address, int write,
								   const void *instruction)
{
	struct kernel_bug bug;

	kernel_bug_open(&bug, DRIVER_IRQL_NOT_LESS_OR_EQUAL, address, kernel_irql, (uint64_t)write,
			(uintptr_t)instruction);
	base_text_add(&bug.text, write ? "write to " : "read of ");
	base_text_hex(&bug.text, address);
	base_text_add(&bug.text, " at ");
	kernel_add_irql(&bug.text, kernel_irql);
	kernel_bug_caller(&bug, instruction);
	kernel_bug_close(&bug);
}

static void on_fault(int number, siginfo_t *info, void *machine)
{
	const ucontext_t *context = machine;
	uintptr_t address = (uintptr_t)info->si_addr;
	int write = (context->uc_mcontext.gregs[REG_ERR] & FAULT_WRITE) != 0;
	/* As a return address, which names the instruction before it. */
	const void *instruction =
		(const void *)((uintptr_t)context->uc_mcontext.gregs[REG_RIP] + 1);
	struct kernel_range range;

	/* si_addr means something for the kernel's own signals only. */
	if (info->si_code > 0) {
		if (write && kernel_range_find(address, KERNEL_RANGE_READONLY, &range))
			readonly_write(address, instruction);
		/* The system's own memory is not what __try is for: guard pages, pages unmapped. */
		if (kernel_can_raise() && !kernel_is_system_address(address)) {
			if (kernel_irql >= DISPATCH_LEVEL)
				fault_at_high_irql(address, write, instruction);
			if (number == SIGBUS)
				kernel_raise_status(STATUS_IN_PAGE_ERROR, instruction);
			kernel_raise_access(address, write, instruction);
		}
	}
	/* The instruction runs again, and faults again, with the handler there was. */
	base_action_set(number, number == SIGBUS ? &before_bus : &before_segv, NULL);
}

void kernel_fault_start(void)
{
	/* A raise leaves the handler by a jump: the signal must not stay blocked. */
	struct base_action ours = {
		.handler = on_fault,
		.flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
	};

	base_action_set(SIGSEGV, &ours, &before_segv);
	base_action_set(SIGBUS, &ours, &before_bus);
}
