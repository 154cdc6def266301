/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keys.h - what makes a row the same row, and its number
 *
 * Callers: model.c. Allocates; no locks. Numbers stay valid until keys_fini(), whatever groups are
 * shown meanwhile, so that a row is found again when one comes back to its level.
 */
#ifndef POOLMON_MODEL_KEYS_H
#define POOLMON_MODEL_KEYS_H

#include "model/columns.h"
#include "model/names.h"
#include "reader/reader.h"

#define KEYS_NONE 0xffffffffu

/* Compared byte by byte: no holes. */
struct keys_key {
	uint32_t group; /* enum model_group */
	pooltag_tag tag;
	uint32_t pool;
	uint32_t name;      /* of the group's place */
	uint64_t number;    /* of a process's tables, a call's offset in its file, the hash of a
			     stack, or a size of blocks */
	uint32_t index;     /* of a shard */
	uint32_t estimated; /* the figures of a stack, or a size */
};

struct keys {
	struct names names;
	size_t count;
	size_t allocated;
	struct keys_key *keys;
	size_t slot_count; /* a power of two */
	uint32_t *slots;   /* key + 1 */
};

void keys_init(struct keys *keys);
void keys_fini(struct keys *keys);

/* Whether the row is about a sampled stack. */
static inline bool keys_is_sample(const struct keys_key *key)
{
	return key->estimated && key->group == MODEL_GROUP_STACK;
}

/* The number of `key`, added when it is new. */
uint32_t keys_number(struct keys *keys, const struct keys_key *key);

/* The key of a site's row in `group`, which is not THREAD. */
uint32_t keys_of_site(struct keys *keys, enum model_group group,
		      const struct reader_process *process, size_t site);

/* The key of a thread's row. */
uint32_t keys_of_shard(struct keys *keys, const struct reader_process *process, uint32_t shard,
		       unsigned pool);

/* The key of the row of a sampled stack, whose frames are loaded. */
uint32_t keys_of_sample(struct keys *keys, const struct reader_process *process,
			const struct reader_sample *sample);

#endif
