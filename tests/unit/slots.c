/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slots.c - a thread's cache of call sites: keys of one home, wrappers, paths through both
 */
#include "lib/pool/slot.h"
#include "tests/harness/tap.h"

static struct pool_thread thread;

/* Keys of one home, like addresses of code. */
static uint64_t same_home(uint64_t after, const struct pool_slot *home)
{
	do
		after++;
	while (pool_slot_of(&thread, after) != home);
	return after;
}

static struct pool_slot *fill(uint64_t key, uint64_t of, uint64_t content, uint64_t random)
{
	struct pool_slot *slot = pool_slot_to_fill(pool_slot_of(&thread, of), random);

	*slot = (struct pool_slot){.key = key, .content = content};
	return slot;
}

static void sets(void)
{
	uint64_t keys[POOL_SLOT_WAYS + 1] = {0x555555554000};
	struct pool_slot *home = pool_slot_of(&thread, keys[0]);
	struct pool_slot *first;
	uint32_t found = 0;

	ok(pool_slot_find(&thread, keys[0]) == NULL, "nothing is in an empty set");
	for (uint32_t i = 0; i < POOL_SLOT_WAYS; i++) {
		if (i > 0)
			keys[i] = same_home(keys[i - 1], home);
		fill(keys[i], keys[i], i, 0);
	}
	ok(home->key == keys[0], "the first key of a set is at home");
	for (uint32_t i = 0; i < POOL_SLOT_WAYS; i++) {
		struct pool_slot *slot = pool_slot_find(&thread, keys[i]);

		found += slot != NULL && slot->content == i &&
			 (uintptr_t)slot / sizeof(*slot) / POOL_SLOT_WAYS ==
				 (uintptr_t)home / sizeof(*slot) / POOL_SLOT_WAYS;
	}
	ok(found == POOL_SLOT_WAYS, "as many keys of one home as there are ways are all found");
	keys[POOL_SLOT_WAYS] = same_home(keys[POOL_SLOT_WAYS - 1], home);
	ok(pool_slot_find(&thread, keys[POOL_SLOT_WAYS]) == NULL, "one more is not");
	first = fill(keys[POOL_SLOT_WAYS], keys[POOL_SLOT_WAYS], 9, POOL_SLOT_WAYS + 2);
	ok(first == pool_slot_way(home, 2) && pool_slot_find(&thread, keys[2]) == NULL,
	   "in a full set it takes the place that the random number says");
}

/* A stack on which a wrapper's frame is followed by that of a wrapper's wrapper. */
static void wrappers(void)
{
	uint64_t inner = 0x7f0000001234, outer = 0x7f0000005678, caller = 0x560000009abc;
	uintptr_t stack[8] = {inner, 0, outer, 0, 0, 0, caller};
	struct pool_slot *home = pool_slot_of(&thread, inner);

	ok(pool_slot_right_behind(&thread, stack + 1, inner, home) == NULL, "an unknown wrapper");
	fill(inner ^ POOL_SLOT_WRAPPER, inner, 2 * sizeof(*stack), 0);
	ok(pool_slot_find(&thread, inner) == NULL, "a wrapper's slot is no site's");
	ok(pool_slot_right_behind(&thread, stack + 1, inner, home) == NULL,
	   "behind it, another one");
	fill(outer ^ POOL_SLOT_WRAPPER, outer, 4 * sizeof(*stack), 0);
	ok(pool_slot_right_behind(&thread, stack + 1, inner, home) == NULL,
	   "behind both, an unknown site");
	fill(caller, caller, 77, 0);
	home = pool_slot_right_behind(&thread, stack + 1, inner, home);
	ok(home != NULL && home->content == 77, "behind both, the site");
}

static void scopes(void)
{
	uint64_t caller = 0x560000009abc;
	uintptr_t stack[1] = {caller};

	thread.scope_salt = 0x8000123456789abc;
	ok(pool_slot_right_behind(&thread, stack + 1, caller ^ thread.scope_salt,
				  pool_slot_of(&thread, caller)) == NULL &&
		   pool_slot_find(&thread, caller ^ thread.scope_salt) == NULL,
	   "in a scope of another tag the same address is another site");
	thread.scope_salt = 0;
}

int main(void)
{
	sets();
	wrappers();
	scopes();
	return done();
}
