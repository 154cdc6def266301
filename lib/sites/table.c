/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/sites/table.h"
#include "lib/base/arena.h"
#include "lib/base/atomic.h"
#include <errno.h>

#define TABLE_MIN 1024u

struct entry {
	uint64_t key; /* 0: free; written last */
	uint32_t site;
	uint32_t unused;
};

/* Open addressing, at most half full. Grown by replacing; readers may still hold the old one. */
struct table {
	uint32_t mask;
	uint32_t used;
	struct entry entries[];
};

static struct table *current;

static uint32_t start_of(uint64_t key, uint32_t mask)
{
	return (uint32_t)((key * 0x9e3779b97f4a7c15u) >> 32) & mask;
}

uint32_t sites_table_find(uint64_t key)
{
	const struct table *table = base_load_acquire(&current);
	uint32_t i;

	if (table == NULL)
		return SITES_UNKNOWN;
	for (i = start_of(key, table->mask);; i = (i + 1) & table->mask) {
		uint64_t found = base_load_acquire(&table->entries[i].key);

		if (found == key)
			return table->entries[i].site;
		if (found == 0)
			return SITES_UNKNOWN;
	}
}

static void place(struct table *table, uint64_t key, uint32_t site)
{
	uint32_t i = start_of(key, table->mask);

	while (table->entries[i].key != 0)
		i = (i + 1) & table->mask;
	table->entries[i].site = site;
	base_store_release(&table->entries[i].key, key);
	table->used++;
}

static int grow(void)
{
	uint32_t size = current != NULL ? (current->mask + 1) * 2 : TABLE_MIN;
	struct table *bigger = base_arena_take(sizeof(*bigger) + size * sizeof(struct entry));

	if (bigger == NULL)
		return -ENOMEM;
	bigger->mask = size - 1;
	for (uint32_t i = 0; current != NULL && i <= current->mask; i++)
		if (current->entries[i].key != 0)
			place(bigger, current->entries[i].key, current->entries[i].site);
	base_store_release(&current, bigger);
	return 0;
}

int sites_table_insert(uint64_t key, uint32_t site)
{
	if ((current == NULL || current->used >= current->mask / 2) && grow() != 0)
		return -ENOMEM;
	place(current, key, site);
	return 0;
}
