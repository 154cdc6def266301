/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seh_jump.c - saving and restoring what a call preserves
 *
 * Purpose: setjmp and longjmp without libc's check that jumps only go outwards: a __finally block
 * ends in a jump back into the return it was called from.
 * Callers: the macros of ddk/parts/seh.h, seh.c. Locking: none. Context: anywhere.
 */
#include "lib/kernel/seh_jump.h"
#include "lib/base/compiler.h"

#define SAVE_TO(base)                 \
	"movq %rbx, 0(" base ")\n\t"  \
	"movq %rbp, 8(" base ")\n\t"  \
	"movq %r12, 16(" base ")\n\t" \
	"movq %r13, 24(" base ")\n\t" \
	"movq %r14, 32(" base ")\n\t" \
	"movq %r15, 40(" base ")\n\t"

__attribute__((naked)) BASE_EXPORT int PooltagSehSave(
	__attribute__((unused)) struct pooltag_seh_registers *registers)
{
	__asm__(SAVE_TO("%rdi") "leaq 8(%rsp), %rax\n\t"
				"movq %rax, 48(%rdi)\n\t"
				"movq (%rsp), %rax\n\t"
				"movq %rax, 56(%rdi)\n\t"
				"xorl %eax, %eax\n\t"
				"ret");
}

__attribute__((naked)) void kernel_seh_jump(__attribute__((unused))
					    const struct pooltag_seh_registers *registers)
{
	__asm__("movq 0(%rdi), %rbx\n\t"
		"movq 8(%rdi), %rbp\n\t"
		"movq 16(%rdi), %r12\n\t"
		"movq 24(%rdi), %r13\n\t"
		"movq 32(%rdi), %r14\n\t"
		"movq 40(%rdi), %r15\n\t"
		"movq 48(%rdi), %rsp\n\t"
		"movl $1, %eax\n\t"
		"jmpq *56(%rdi)");
}

/* A call of kernel_seh_leave with the caller's registers as its second argument. */
__attribute__((naked)) BASE_EXPORT void PooltagSehLeave(
	__attribute__((unused)) struct pooltag_seh_frame **here)
{
	__asm__("subq $72, %rsp\n\t"
		".cfi_adjust_cfa_offset 72\n\t" SAVE_TO("%rsp") "leaq 80(%rsp), %rax\n\t"
								"movq %rax, 48(%rsp)\n\t"
								"movq 72(%rsp), %rax\n\t"
								"movq %rax, 56(%rsp)\n\t"
								"movq %rsp, %rsi\n\t"
								"call kernel_seh_leave\n\t"
								"addq $72, %rsp\n\t"
								".cfi_adjust_cfa_offset -72\n\t"
								"ret");
}
