/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * confine.c - prctl and syscall, the two ways into a system call filter
 *
 * A seccomp filter is made for what the program does, and kills it for anything else: opening the
 * file of a new call site's function, for instance. So the library must know of the filter before
 * it is installed. It takes the room it will need while it may, and from then on makes no call that
 * an allocator would not make. A filter that was there before exec let the loader open files, and
 * needs no care.
 *
 * Both functions do what libc's do: the system call, and errno.
 */
#include "lib/base/atomic.h"
#include "lib/base/sys.h"
#include "lib/pool/state.h"
#include <errno.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The kernel's answer as libc gives it. Used by the assembly below. */
__attribute__((used)) BASE_HIDDEN long confine_answer(long result);

long confine_answer(long result)
{
	if ((unsigned long)result <= -4096ul)
		return result;
	errno = (int)-result;
	return -1;
}

/* Makes a call that installs a filter if it succeeds. */
static long confining(long number, long a, long b, long c, long d, long e, long f)
{
	uint32_t before = base_load_relaxed(&base_confined);
	long result;

	pool_confine(number == SYS_seccomp ? a == SECCOMP_SET_MODE_STRICT
					   : b == SECCOMP_MODE_STRICT);
	/* Other threads may already be confined when the call returns. */
	base_store_relaxed(&base_confined, 1u);
	result = base_syscall(number, a, b, c, d, e, f);
	if (result < 0)
		base_store_relaxed(&base_confined, before);
	return confine_answer(result);
}

BASE_EXPORT int prctl(int option, ...)
{
	long argument[4];
	va_list list;

	va_start(list, option);
	for (int i = 0; i < 4; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	if (option == PR_SET_SECCOMP)
		return (int)confining(SYS_prctl, option, argument[0], argument[1], argument[2],
				      argument[3], 0);
	return (int)confine_answer(BASE_SYSCALL5(SYS_prctl, option, argument[0], argument[1],
						 argument[2], argument[3]));
}

/*
 * syscall() with SYS_seccomp or SYS_prctl ends here, with the arguments where the caller put them.
 */
__attribute__((used)) BASE_HIDDEN long confine_by_syscall(long number, long a, long b, long c,
							  long d, long e, long f);

long confine_by_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	if ((number == SYS_seccomp &&
	     (a == SECCOMP_SET_MODE_STRICT || a == SECCOMP_SET_MODE_FILTER)) ||
	    (number == SYS_prctl && a == PR_SET_SECCOMP))
		return confining(number, a, b, c, d, e, f);
	return confine_answer(base_syscall(number, a, b, c, d, e, f));
}

/*
 * In assembly, because a compiler's frame around the system call would be in the way of what some
 * make it for: a clone onto another stack, or in this address space, returns twice from here.
 */
__asm__(".pushsection .text\n"
	".globl syscall\n"
	".type syscall, @function\n"
	"syscall:\n"
	"	.cfi_startproc\n"
	"	cmp $" BASE_STRING(SYS_seccomp) ", %rdi\n"
						"	je confine_by_syscall\n"
						"	cmp $" BASE_STRING(
							SYS_prctl) ", %rdi\n"
								   "	je confine_by_syscall\n"
								   "	mov %rdi, %rax\n"
								   "	mov %rsi, %rdi\n"
								   "	mov %rdx, %rsi\n"
								   "	mov %rcx, %rdx\n"
								   "	mov %r8, %r10\n"
								   "	mov %r9, %r8\n"
								   "	mov 8(%rsp), %r9\n"
								   "	syscall\n"
								   "	cmp $-4095, %rax\n"
								   "	jae 1f\n"
								   "	ret\n"
								   "1:	mov %rax, %rdi\n"
								   "	jmp confine_answer\n"
								   "	.cfi_endproc\n"
								   ".size syscall, . - syscall\n"
								   ".popsection\n");
