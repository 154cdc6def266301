/* SPDX-License-Identifier: BSD-2-Clause */
#include "model/keys.h"

#include "common/memory.h"
#include "model/place.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct keys_key) == 32, "keys are compared byte by byte");

void keys_init(struct keys *keys)
{
	memset(keys, 0, sizeof(*keys));
	names_init(&keys->names);
	keys->slot_count = 256;
	keys->slots = memory_zeroed(keys->slot_count, sizeof(*keys->slots));
}

void keys_fini(struct keys *keys)
{
	names_fini(&keys->names);
	free(keys->keys);
	free(keys->slots);
}

static uint64_t keys_hash(const struct keys_key *key)
{
	uint64_t words[sizeof(*key) / sizeof(uint64_t)];
	uint64_t hash = 0;

	memcpy(words, key, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 32;
	}
	return hash;
}

static uint32_t *keys_slot(const struct keys *keys, const struct keys_key *key)
{
	size_t at = keys_hash(key) & (keys->slot_count - 1);

	while (keys->slots[at] && memcmp(&keys->keys[keys->slots[at] - 1], key, sizeof(*key)) != 0)
		at = (at + 1) & (keys->slot_count - 1);
	return &keys->slots[at];
}

uint32_t keys_number(struct keys *keys, const struct keys_key *key)
{
	uint32_t *slot = keys_slot(keys, key);

	if (*slot)
		return *slot - 1;
	memory_reserve(&keys->keys, &keys->allocated, keys->count, sizeof(*keys->keys));
	keys->keys[keys->count++] = *key;
	*slot = (uint32_t)keys->count;
	if (2 * keys->count > keys->slot_count) {
		free(keys->slots);
		keys->slot_count *= 2;
		keys->slots = memory_zeroed(keys->slot_count, sizeof(*keys->slots));
		for (size_t i = 0; i < keys->count; i++)
			*keys_slot(keys, &keys->keys[i]) = (uint32_t)i + 1;
	}
	return (uint32_t)keys->count - 1;
}

/* The same stack in two processes has the same hash: files and offsets in them, not addresses. */
static uint64_t keys_stack_hash(const struct reader_process *process,
				const struct reader_frame *frames, size_t count)
{
	const struct reader_tables *tables = process->tables;
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < count; i++) {
		uint64_t address = frames[i].address;

		if (frames[i].module != POOLTAG_NO_MODULE) {
			const struct reader_module *module = &tables->modules[frames[i].module];

			address -= module->load_address;
			for (const char *at = tables->strings + module->path; *at; at++)
				hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
		}
		hash = (hash ^ address) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 32;
	}
	return hash;
}

/* Where in its file a call is: functions of the same name may be several. */
static uint64_t keys_offset(const struct reader_process *process, const struct reader_site *site)
{
	return site->module == POOLTAG_NO_MODULE
		       ? site->address
		       : site->address - process->tables->modules[site->module].load_address;
}

static void keys_name(struct keys *keys, struct keys_key *key, const char *text)
{
	key->name = names_number(&keys->names, text);
}

/*
 * The size of a site's blocks. It is exact when all blocks, and those in use, have the same mean,
 * which is a size there is; otherwise the mean, made such a size, is an estimate.
 */
static void keys_size(struct keys_key *key, const struct reader_process *process, size_t site)
{
	const struct pooltag_cell *sum = &process->sums[site];
	uint64_t blocks = sum->allocs - sum->frees;
	uint64_t bytes = sum->alloc_charge - sum->free_charge;
	uint64_t size;

	if (blocks == 0) {
		blocks = sum->allocs;
		bytes = sum->alloc_charge;
	}
	if (blocks == 0)
		return;
	size = reader_class_of(process->tables, process->tables->sites[site].pool,
			       (bytes + blocks - 1) / blocks);
	key->number = size;
	key->estimated = bytes != size * blocks || sum->alloc_charge != size * sum->allocs;
}

uint32_t keys_of_site(struct keys *keys, enum model_group group,
		      const struct reader_process *process, size_t site)
{
	const struct reader_site *at = &process->tables->sites[site];
	struct keys_key key = {.group = group, .pool = at->pool};
	const struct reader_frame *frames;
	char place[PLACE_SIZE];

	switch (group) {
	case MODEL_GROUP_TAG:
		key.tag = at->tag;
		break;
	case MODEL_GROUP_MODULE:
		place_module(process, site, place);
		keys_name(keys, &key, place);
		break;
	case MODEL_GROUP_FUNCTION:
		place_of(process, site, place);
		keys_name(keys, &key, place);
		break;
	case MODEL_GROUP_STACK:
		key.number = keys_offset(process, at);
		frames = reader_frames(process, at->first_frame, at->frame_count);
		/* A stack of one frame is its site. */
		if (frames)
			key.number = keys_stack_hash(process, frames, at->frame_count);
		place_exact(process, site, place);
		key.tag = at->tag;
		keys_name(keys, &key, place);
		break;
	case MODEL_GROUP_SITE:
		key.number = keys_offset(process, at);
		place_exact(process, site, place);
		key.tag = at->tag;
		keys_name(keys, &key, place);
		break;
	case MODEL_GROUP_SIZE:
		key.tag = at->tag;
		keys_size(&key, process, site);
		break;
	case MODEL_GROUP_PROCESS:
		keys_name(keys, &key, reader_process_name(process));
		key.number = process->tables->serial;
		break;
	case MODEL_GROUP_THREAD:
	case MODEL_GROUP_MAX:
		break;
	}
	return keys_number(keys, &key);
}

uint32_t keys_of_shard(struct keys *keys, const struct reader_process *process, uint32_t shard,
		       unsigned pool)
{
	struct keys_key key = {.group = MODEL_GROUP_THREAD,
			       .pool = pool,
			       .number = process->tables->serial,
			       .index = shard};

	return keys_number(keys, &key);
}

uint32_t keys_of_sample(struct keys *keys, const struct reader_process *process,
			const struct reader_sample *sample)
{
	const struct reader_site *site = &process->tables->sites[sample->site];
	struct keys_key key = {
		.group = MODEL_GROUP_STACK, .tag = site->tag, .pool = site->pool, .estimated = 1};

	key.number = keys_stack_hash(
		process, reader_frames(process, sample->first_frame, sample->frame_count),
		sample->frame_count);
	return keys_number(keys, &key);
}
