/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sites.S - 60,000 functions, each with one call of malloc: as many return addresses
 */
#include "sites.h"

	.text
	.p2align 4
	.globl sites_start
	.hidden sites_start
sites_start:

	.macro site
	.balign SITES_SPACING
	.type site_\@, @function
site_\@:
	.cfi_startproc
	sub $8, %rsp
	.cfi_adjust_cfa_offset 8
	call malloc@PLT
	add $8, %rsp
	.cfi_adjust_cfa_offset -8
	ret
	.cfi_endproc
	.size site_\@, . - site_\@
	.endm

	.rept SITES_COUNT
	site
	.endr

	.section .note.GNU-stack, "", @progbits
