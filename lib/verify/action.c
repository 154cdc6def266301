/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/verify/action.h"
#include "lib/base/sys.h"

#define KERNEL_SA_RESTORER 0x04000000ul

__asm__(".text\n"
	".type verify_signal_return, @function\n"
	"verify_signal_return:\n\t"
	"movl $15, %eax\n\t" /* rt_sigreturn */
	"syscall\n"
	".size verify_signal_return, . - verify_signal_return");
__attribute__((visibility("hidden"))) extern void verify_signal_return(void);

long verify_action_set(int number, const struct verify_action *fresh, struct verify_action *ret_old)
{
	struct verify_action ours;

	if (fresh == NULL)
		return BASE_SYSCALL4(SYS_rt_sigaction, number, NULL, ret_old, sizeof(uint64_t));
	ours = *fresh;
	/* One that was set by others, and is set again, brings its own. */
	if (!(ours.flags & KERNEL_SA_RESTORER)) {
		ours.flags |= KERNEL_SA_RESTORER;
		ours.restorer = verify_signal_return;
	}
	return BASE_SYSCALL4(SYS_rt_sigaction, number, &ours, ret_old, sizeof(uint64_t));
}
