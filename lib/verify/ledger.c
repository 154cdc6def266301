/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/verify/ledger.h"
#include "lib/base/atomic.h"
#include "lib/base/sparse.h"
#include "lib/base/sys.h"
#include "lib/verify/lock.h"
#include "lib/verify/stack.h"
#include <sys/mman.h>

/* 64 MB of addresses have a leaf of 32 MB, mapped when a block starts there and sparse. */
#define LEAF_SHIFT    26
#define GRANULE_SHIFT 4
#define LEAF_WORDS    ((size_t)1 << (LEAF_SHIFT - GRANULE_SHIFT))
#define ROOT_ENTRIES  ((size_t)1 << (47 - LEAF_SHIFT))

#define STACK_MASK    ((1u << VERIFY_STACK_BITS) - 1)

static uint64_t **root;

int verify_ledger_start(void)
{
	void *memory = base_map_sparse(ROOT_ENTRIES * sizeof(*root), PROT_READ | PROT_WRITE);

	if (base_is_error(memory))
		return -1;
	root = memory;
	return 0;
}

static uint64_t *make_leaf(uint64_t **slot)
{
	uint64_t *leaf;

	base_lock_take(&verify_lock);
	leaf = base_load_acquire(slot);
	if (leaf == NULL) {
		leaf = base_map_sparse(LEAF_WORDS * sizeof(*leaf), PROT_READ | PROT_WRITE);
		if (base_is_error(leaf))
			leaf = NULL;
		else
			base_store_release(slot, leaf);
	}
	base_lock_drop(&verify_lock);
	return leaf;
}

/* The word of a block, or NULL: there is none, or it could not be made. */
static uint64_t *word_of(const void *block, int make)
{
	uintptr_t address = (uintptr_t)block;
	uint64_t *leaf;

	if (root == NULL || address >> 47 != 0)
		return NULL;
	leaf = base_load_acquire(&root[address >> LEAF_SHIFT]);
	if (leaf == NULL && make)
		leaf = make_leaf(&root[address >> LEAF_SHIFT]);
	return leaf != NULL ? &leaf[(address >> GRANULE_SHIFT) & (LEAF_WORDS - 1)] : NULL;
}

/* From bit 0: family 2, size 14, freed 20, allocated 20. */
void verify_ledger_set(const void *block, struct verify_entry entry)
{
	uint64_t *word = word_of(block, 1);

	if (word != NULL)
		base_store_relaxed(word, (uint64_t)entry.allocated << 36 |
						 (uint64_t)entry.freed << 16 |
						 (uint64_t)entry.size << 2 | entry.family);
}

struct verify_entry verify_ledger_get(const void *block)
{
	const uint64_t *at = word_of(block, 0);
	uint64_t word = at != NULL ? base_load_relaxed(at) : 0;

	return (struct verify_entry){
		.allocated = (uint32_t)(word >> 36) & STACK_MASK,
		.freed = (uint32_t)(word >> 16) & STACK_MASK,
		.size = (uint32_t)(word >> 2) & VERIFY_SIZE_MORE,
		.family = (uint32_t)word & 3,
	};
}
