/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/verify/stack.h"
#include "lib/base/arena.h"
#include "lib/base/sparse.h"
#include "lib/base/sys.h"
#include "lib/pool/site.h"
#include "lib/sites/table.h"
#include "lib/verify/lock.h"
#include <sys/mman.h>

#define STACKS_MAX (1u << VERIFY_STACK_BITS)

/* The library's first and last byte, which the linker names. */
extern const char __ehdr_start[] BASE_HIDDEN;
extern const char _end[] BASE_HIDDEN;

static struct {
	const struct verify_stack **by_number;
	uint32_t count; /* with VERIFY_NO_STACK */
	struct sites_table numbers;
} stacks;

int verify_stack_start(void)
{
	void *memory = base_map_memory(STACKS_MAX * sizeof(*stacks.by_number),
				       PROT_READ | PROT_WRITE, MAP_NORESERVE);

	if (base_is_error(memory))
		return -1;
	stacks.by_number = memory;
	stacks.count = 1;
	return 0;
}

static int is_ours(uintptr_t address)
{
	return address >= (uintptr_t)__ehdr_start && address < (uintptr_t)_end;
}

static const struct verify_stack *make(const uintptr_t *addresses, uint32_t depth, uint32_t site)
{
	struct verify_stack *stack =
		base_arena_take(sizeof(*stack) + depth * sizeof(stack->addresses[0]));

	if (stack == NULL)
		return NULL;
	stack->site = site;
	stack->depth = depth;
	for (uint32_t i = 0; i < depth; i++)
		stack->addresses[i] = addresses[i];
	return stack;
}

static uint32_t find_or_make(uint64_t key, const uintptr_t *addresses, uint32_t depth,
			     uint32_t site)
{
	uint64_t number = sites_table_find(&stacks.numbers, key);
	const struct verify_stack *stack;

	if (number != SITES_UNKNOWN)
		return (uint32_t)number;
	stack = stacks.count < STACKS_MAX ? make(addresses, depth, site) : NULL;
	if (stack == NULL)
		return VERIFY_NO_STACK;
	number = stacks.count;
	base_store_release(&stacks.by_number[number], stack);
	base_store_release(&stacks.count, (uint32_t)number + 1);
	sites_table_insert(&stacks.numbers, key, number);
	return (uint32_t)number;
}

uint32_t verify_stack_note(struct pool_thread *thread, struct pool_frame frame, uint32_t site)
{
	uintptr_t all[POOL_STACK_MAX];
	const uintptr_t *addresses = all;
	uint64_t hash;
	uint64_t number;
	uint32_t depth;

	if (stacks.by_number == NULL)
		return VERIFY_NO_STACK;
	depth = pool_stack(thread, frame, all, VERIFY_STACK_DEPTH, &hash);
	while (depth > 1 && is_ours(*addresses)) {
		addresses++;
		depth--;
	}
	hash = pool_hash_addresses(addresses, depth, site);
	number = sites_table_find(&stacks.numbers, hash);
	if (number != SITES_UNKNOWN)
		return (uint32_t)number;
	base_lock_take(&verify_lock);
	number = find_or_make(hash, addresses, depth, site);
	base_lock_drop(&verify_lock);
	return (uint32_t)number;
}

const struct verify_stack *verify_stack_of(uint32_t number)
{
	if (number == VERIFY_NO_STACK || number >= base_load_acquire(&stacks.count))
		return NULL;
	return base_load_acquire(&stacks.by_number[number]);
}
