/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rust.S - functions with the names rustc gives them, legacy and v0; the table is rust.expect
 *
 * main calls each once. `allocates NAME, SIZE` is a function NAME that takes SIZE bytes from the
 * function ALLOCATOR, `calls NAME, OTHER` one that calls another.
 */
	.macro begin name
	.globl "\name"
	.type "\name", @function
"\name":
	.cfi_startproc
	subq $8, %rsp
	.cfi_def_cfa_offset 16
	.endm

	.macro end name
	addq $8, %rsp
	.cfi_def_cfa_offset 8
	ret
	.cfi_endproc
	.size "\name", . - "\name"
	.endm

	.macro calls name, other
	begin \name
	call "\other"
	end \name
	.endm

	.macro allocates name, allocator, size
	begin \name
	movl $\size, %edi
	call "\allocator"
	end \name
	.endm

	.text

/* What the allocator is reached through; all of it is stepped over. */
	calls __rdl_alloc, malloc
	calls __rust_alloc, __rdl_alloc
	calls _ZN5alloc5alloc15exchange_malloc17h0123456789abcdefE, __rust_alloc
	calls _ZN5alloc7raw_vec11finish_grow17hfedcba9876543210E, __rust_alloc
	calls "_ZN5alloc7raw_vec19RawVec$LT$T$C$A$GT$8grow_one17h00112233445566aaE", _ZN5alloc7raw_vec11finish_grow17hfedcba9876543210E
	calls _RNvCsgEmfK2I1SDS_7___rustc12___rust_alloc, malloc
	calls _RNvNtCslNYArtu3iFV_5alloc5alloc15exchange_malloc, _RNvCsgEmfK2I1SDS_7___rustc12___rust_alloc
	calls _RNvMs_NtCslNYArtu3iFV_5alloc7raw_vecINtB4_6RawVecpE8grow_one, _RNvCsgEmfK2I1SDS_7___rustc12___rust_alloc

/* Functions of a program. */
	allocates _ZN5store9Inventory3add17h1a2b3c4d5e6f7081E, "_ZN5alloc7raw_vec19RawVec$LT$T$C$A$GT$8grow_one17h00112233445566aaE", 100
	allocates _ZN5store4open17h8899aabbccddeeffE, _ZN5alloc5alloc15exchange_malloc17h0123456789abcdefE, 200
	allocates "_ZN54_$LT$store..Ledger$u20$as$u20$core..iter..Iterator$GT$4next17h0f0e0d0c0b0a0908E", __rust_alloc, 300
	allocates "_ZN5store4open28_$u7b$$u7b$closure$u7d$$u7d$17h1111222233334444E", malloc, 400
	allocates _RNvMNtCs6GmmlP4bgsG_1r4dictNtB2_4Dict3add, _RNvMs_NtCslNYArtu3iFV_5alloc7raw_vecINtB4_6RawVecpE8grow_one, 500
	allocates _RNvNtCs6GmmlP4bgsG_1r6ledger4open, _RNvNtCslNYArtu3iFV_5alloc5alloc15exchange_malloc, 600
	allocates _RNCNvNtCs6GmmlP4bgsG_1r6ledger5close0, malloc, 700

	begin main
	call _ZN5store9Inventory3add17h1a2b3c4d5e6f7081E
	call _ZN5store4open17h8899aabbccddeeffE
	call "_ZN54_$LT$store..Ledger$u20$as$u20$core..iter..Iterator$GT$4next17h0f0e0d0c0b0a0908E"
	call "_ZN5store4open28_$u7b$$u7b$closure$u7d$$u7d$17h1111222233334444E"
	call _RNvMNtCs6GmmlP4bgsG_1r4dictNtB2_4Dict3add
	call _RNvNtCs6GmmlP4bgsG_1r6ledger4open
	call _RNCNvNtCs6GmmlP4bgsG_1r6ledger5close0
	xorl %eax, %eax
	end main

	.section .note.GNU-stack, "", @progbits
