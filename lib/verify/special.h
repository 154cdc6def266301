/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * special.h - the special pool: blocks on pages of their own, with guard pages around
 *
 * Purpose: as Driver Verifier's. A chosen block ends where its last page ends, or, with
 * special_start=1, starts where its first one does; the pages before and behind cannot be touched,
 * nor can the block's once it is freed. So the very instruction that goes wrong is caught, reads
 * included, and named, unless the program has a SIGSEGV handler of its own. Bytes that the
 * alignment leaves over are looked at when the block is freed.
 *
 * Every block costs two of the process's mappings (vm.max_map_count), which bounds how many there
 * are; the others are ordinary ones, and counted (special_denied). The pages of a freed block are
 * used again when the address space set aside, 64 GB, has been used up.
 *
 * For the page map the blocks are large ones. Callers: lib/verify. Locking: verify_lock. Context:
 * as malloc.
 */
#ifndef LIB_VERIFY_SPECIAL_H
#define LIB_VERIFY_SPECIAL_H

#include "lib/pool/block.h"
#include "lib/verify/block.h"
#include "lib/verify/ledger.h"

/* Whether the options choose blocks for it. */
int verify_special_wanted(void);

/* Sets the address space aside. 0 or -1. */
int verify_special_start(void);

/* A block, counted; NULL: it is none for the special pool, or there is no room. */
void *verify_special_take(struct pool_thread *thread, const struct pool_want *want, uint32_t site);

/* What was written next to a live block; offsets from its start, those before it are negative. */
struct verify_damage verify_special_nearby(const void *block, size_t requested);

/* Gives back a block that is retired. */
void verify_special_give(struct pool_thread *thread, void *block, const struct pool_found *found);

/* pool_check_lock_again() */
size_t verify_special_lock_again(uintptr_t start, uintptr_t end);

/* Whether an address lies in the special pool. */
int verify_special_owns(const void *address);

/* The block that an address of the special pool is next to; NULL when there is none. */
const void *verify_special_nearest(uintptr_t address);

/* The ledger's entry of a block there. */
struct verify_entry verify_special_entry(const void *block);
void verify_special_note(const void *block, struct verify_entry entry);

#endif
