/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames no compiler makes. Each function takes a function in %rdi and calls it. */
	.text

/* With frame information, and a stack pointer that is no frame register's. */
	.globl asm_described
	.type asm_described, @function
asm_described:
	.cfi_startproc
	pushq %rbx
	.cfi_def_cfa_offset 16
	.cfi_offset %rbx, -16
	subq $4096, %rsp
	.cfi_def_cfa_offset 4112
	call *%rdi
	addq $4096, %rsp
	.cfi_def_cfa_offset 16
	popq %rbx
	.cfi_def_cfa_offset 8
	ret
	.cfi_endproc
	.size asm_described, . - asm_described

/* Without any, and %rbp pointing at words that look like a frame but are none. */
	.globl asm_bare
	.type asm_bare, @function
asm_bare:
	pushq %rbp
	subq $48, %rsp
	movq %rsp, %rbp
	leaq 32(%rsp), %rax
	movq %rax, (%rsp)
	leaq asm_described(%rip), %rax
	movq %rax, 8(%rsp)
	call *%rdi
	addq $48, %rsp
	popq %rbp
	ret
	.size asm_bare, . - asm_bare

/* Keeps its caller's %rbp in another register and gives its callee %rsi in its place. */
	.globl asm_hides_bp
	.type asm_hides_bp, @function
asm_hides_bp:
	.cfi_startproc
	pushq %r12
	.cfi_def_cfa_offset 16
	.cfi_offset %r12, -16
	movq %rbp, %r12
	.cfi_register %rbp, %r12
	movq %rsi, %rbp
	call *%rdi
	movq %r12, %rbp
	.cfi_restore %rbp
	popq %r12
	.cfi_def_cfa_offset 8
	ret
	.cfi_endproc
	.size asm_hides_bp, . - asm_hides_bp

/* Its CFA is in %rbx, as in the loader's lazy binding. */
	.globl asm_cfa_in_rbx
	.type asm_cfa_in_rbx, @function
asm_cfa_in_rbx:
	.cfi_startproc
	pushq %rbx
	.cfi_def_cfa_offset 16
	.cfi_offset %rbx, -16
	movq %rsp, %rbx
	.cfi_def_cfa_register %rbx
	andq $-256, %rsp
	subq $256, %rsp
	call *%rdi
	movq %rbx, %rsp
	.cfi_def_cfa_register %rsp
	popq %rbx
	.cfi_def_cfa_offset 8
	ret
	.cfi_endproc
	.size asm_cfa_in_rbx, . - asm_cfa_in_rbx

/* Says that nobody called it. */
	.globl asm_outermost
	.type asm_outermost, @function
asm_outermost:
	.cfi_startproc
	.cfi_undefined %rip
	subq $8, %rsp
	.cfi_def_cfa_offset 16
	call *%rdi
	addq $8, %rsp
	ret
	.cfi_endproc
	.size asm_outermost, . - asm_outermost

	.section .note.GNU-stack, "", @progbits
