/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/touch.h"
#include "lib/base/sys.h"
#include <errno.h>
#include <linux/futex.h>

/* A futex is 4 bytes, aligned; a page has room for one. */
static void *futex_in_page_of(uintptr_t address)
{
	return (void *)(base_round_down(address, BASE_PAGE_SIZE) + (address & 0xffc));
}

int kernel_can_read(uintptr_t address)
{
	static const struct timespec at_once = {0, 0};

	/* Reads the word; when it is 0 by chance the wait ends at once. */
	return BASE_SYSCALL4(SYS_futex, futex_in_page_of(address), FUTEX_WAIT | FUTEX_PRIVATE_FLAG,
			     0, &at_once) != -EFAULT;
}

int kernel_can_write(uintptr_t address)
{
	uint32_t nobody = 0;

	/*
	 * Adds 0 to the second word, then wakes whoever
	 * waits for it, if it was not equal to itself.
	 */
	return BASE_SYSCALL6(SYS_futex, &nobody, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, 0,
			     futex_in_page_of(address),
			     FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_LT, -2048)) != -EFAULT;
}

uintptr_t kernel_touch(uintptr_t address, size_t length, int write)
{
	uintptr_t last = address + length - 1;

	for (uintptr_t at = address; at <= last;
	     at = base_round_down(at, BASE_PAGE_SIZE) + BASE_PAGE_SIZE)
		if (!(write ? kernel_can_write(at) : kernel_can_read(at)))
			return at;
	return 0;
}
