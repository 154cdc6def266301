/* SPDX-License-Identifier: BSD-2-Clause */
#include "model/names.h"

#include "common/memory.h"

#include <stdlib.h>
#include <string.h>

static uint64_t names_hash(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

	while (*text)
		hash = (hash ^ (unsigned char)*text++) * 0x100000001b3u;
	return hash ^ hash >> 29;
}

/* The slot that holds `text` or where it belongs. */
static uint32_t *names_slot(const struct names *names, const char *text)
{
	size_t at = names_hash(text) & (names->slot_count - 1);

	while (names->slots[at] && strcmp(names->texts[names->slots[at] - 1], text) != 0)
		at = (at + 1) & (names->slot_count - 1);
	return &names->slots[at];
}

static void names_rehash(struct names *names)
{
	names->slot_count = names->slot_count ? 2 * names->slot_count : 256;
	free(names->slots);
	names->slots = memory_zeroed(names->slot_count, sizeof(*names->slots));
	for (size_t i = 0; i < names->count; i++)
		*names_slot(names, names->texts[i]) = (uint32_t)i + 1;
}

uint32_t names_number(struct names *names, const char *text)
{
	uint32_t *slot = names_slot(names, text);

	if (*slot)
		return *slot - 1;
	if (2 * (names->count + 1) > names->slot_count) {
		names_rehash(names);
		slot = names_slot(names, text);
	}
	memory_reserve(&names->texts, &names->allocated, names->count, sizeof(*names->texts));
	names->texts[names->count] = memory_text(text);
	*slot = (uint32_t)++names->count;
	return *slot - 1;
}

const char *names_kept(struct names *names, const char *text)
{
	uint32_t number = names_number(names, text);

	return names->texts[number];
}

void names_init(struct names *names)
{
	memset(names, 0, sizeof(*names));
	names_rehash(names);
	names_number(names, "");
}

void names_fini(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->texts[i]);
	free(names->texts);
	free(names->slots);
}
