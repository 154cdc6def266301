/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/sites/table.h"
#include "lib/base/arena.h"
#include "lib/base/atomic.h"
#include <errno.h>

#define TABLE_MIN 512u

/* Keeps the chain of collisions whole; no address and, being one value of 2^64, no hash we meet. */
#define TAKEN_OUT UINT64_MAX

struct entry {
	uint64_t key; /* 0: free, TAKEN_OUT: was used; written last */
	uint64_t value;
};

/* Open addressing, at most half full. Grown by replacing; readers may still hold the old one. */
struct sites_table_data {
	uint32_t mask;
	uint32_t used;
	struct entry entries[];
};

static uint32_t start_of(uint64_t key, uint32_t mask)
{
	return (uint32_t)((key * 0x9e3779b97f4a7c15u) >> 32) & mask;
}

uint64_t sites_table_find(const struct sites_table *table, uint64_t key)
{
	const struct sites_table_data *data = base_load_acquire(&table->current);
	uint32_t i;

	if (data == NULL)
		return SITES_UNKNOWN;
	for (i = start_of(key, data->mask);; i = (i + 1) & data->mask) {
		uint64_t found = base_load_acquire(&data->entries[i].key);

		if (found == key)
			return data->entries[i].value;
		if (found == 0)
			return SITES_UNKNOWN;
	}
}

static void place(struct sites_table_data *data, uint64_t key, uint64_t value)
{
	uint32_t i = start_of(key, data->mask);

	while (data->entries[i].key != 0)
		i = (i + 1) & data->mask;
	data->entries[i].value = value;
	base_store_release(&data->entries[i].key, key);
	data->used++;
}

static int grow(struct sites_table *table)
{
	const struct sites_table_data *old = table->current;
	uint32_t size = old != NULL ? (old->mask + 1) * 2 : TABLE_MIN;
	struct sites_table_data *bigger =
		base_arena_take(sizeof(*bigger) + size * sizeof(struct entry));

	if (bigger == NULL)
		return -ENOMEM;
	bigger->mask = size - 1;
	for (uint32_t i = 0; old != NULL && i <= old->mask; i++)
		if (old->entries[i].key != 0 && old->entries[i].key != TAKEN_OUT)
			place(bigger, old->entries[i].key, old->entries[i].value);
	base_store_release(&table->current, bigger);
	return 0;
}

void sites_table_prepare(struct sites_table *table)
{
	if (table->current == NULL)
		grow(table);
}

int sites_table_insert(struct sites_table *table, uint64_t key, uint64_t value)
{
	if ((table->current == NULL || table->current->used >= table->current->mask / 2) &&
	    grow(table) != 0)
		return -ENOMEM;
	place(table->current, key, value);
	return 0;
}

void sites_table_forget(struct sites_table *table, int (*is_stale)(uint64_t key))
{
	struct sites_table_data *data = table->current;

	for (uint32_t i = 0; data != NULL && i <= data->mask; i++) {
		uint64_t key = data->entries[i].key;

		if (key != 0 && key != TAKEN_OUT && is_stale(key))
			base_store_release(&data->entries[i].key, TAKEN_OUT);
	}
}
