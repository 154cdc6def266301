/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/base/action.h"
#include "lib/base/sys.h"

#define KERNEL_SA_RESTORER 0x04000000ul

__asm__(".text\n"
	".type base_signal_return, @function\n"
	"base_signal_return:\n\t"
	"movl $15, %eax\n\t" /* rt_sigreturn */
	"syscall\n"
	".size base_signal_return, . - base_signal_return");
__attribute__((visibility("hidden"))) extern void base_signal_return(void);

long base_action_set(int number, const struct base_action *fresh, struct base_action *ret_old)
{
	struct base_action ours;

	if (fresh == NULL)
		return BASE_SYSCALL4(SYS_rt_sigaction, number, NULL, ret_old, sizeof(uint64_t));
	ours = *fresh;
	/* One that was set by others, and is set again, brings its own. */
	if (!(ours.flags & KERNEL_SA_RESTORER)) {
		ours.flags |= KERNEL_SA_RESTORER;
		ours.restorer = base_signal_return;
	}
	return BASE_SYSCALL4(SYS_rt_sigaction, number, &ours, ret_old, sizeof(uint64_t));
}
