/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ledger.h - what is known of each block outside of it
 *
 * Purpose: an overrun destroys what stands in the block and behind it, so who allocated a block and
 * who freed it stand apart: a word for every 16 bytes of heap, touched where blocks start. What was
 * freed stays known until another block starts there.
 * Callers: lib/verify. Locking: none; a word is its block's owner's. Context: look-ups anywhere,
 * writes as malloc.
 */
#ifndef LIB_VERIFY_LEDGER_H
#define LIB_VERIFY_LEDGER_H

#include "lib/base/compiler.h"

/* All 0: nothing is known. */
struct verify_entry {
	uint32_t allocated; /* stack numbers, 20 bits */
	uint32_t freed;
	uint32_t size;   /* requested; VERIFY_SIZE_MORE: at least that */
	uint32_t family; /* enum pool_family */
};

#define VERIFY_SIZE_MORE ((1u << 14) - 1)

/* 0 or -1: without memory nothing will be known. */
int verify_ledger_start(void);

void verify_ledger_set(const void *block, struct verify_entry entry);
struct verify_entry verify_ledger_get(const void *block);

#endif
