/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/verify/block.h"
#include "lib/base/options.h"
#include "lib/base/seal.h"
#include "lib/heap/header.h"

/* As a pointer neither is one: no address of a program starts like this. */
#define FRESH_BYTE 0xa7
#define FREED_BYTE 0xf1

/* Behind blocks. Never 0, which ends strings and is what most overruns by a byte write. */
static BASE_SEALED unsigned char slack_byte;

void verify_block_start(void)
{
	slack_byte = (unsigned char)(0x81 | (heap_header_secret >> 24 & 0x7e));
}

/* Where the bytes that may be written end; always behind those asked for. */
static size_t end_of(const struct pool_found *found)
{
	if (found->header != NULL)
		return found->charge - HEAP_HEADER_SIZE;
	return base_min(found->charge, found->requested + VERIFY_SLACK_MAX);
}

static size_t filled(const struct pool_found *found)
{
	return base_min(found->requested, VERIFY_FILL_MAX);
}

static struct verify_damage damage_of(const unsigned char *start, size_t from, size_t to,
				      unsigned char wanted)
{
	struct verify_damage damage = {0};

	for (size_t i = from; i < to; i++) {
		if (start[i] == wanted)
			continue;
		if (damage.count == 0) {
			damage.offset = i;
			damage.first = start[i];
		}
		damage.count = i + 1 - damage.offset;
	}
	return damage;
}

void verify_block_freshen(void *block, size_t size)
{
	if (base_options.verify >= 2)
		memset(block, FRESH_BYTE, base_min(size, VERIFY_FILL_MAX));
}

void verify_block_begin(void *block, const struct pool_found *found, unsigned zero)
{
	if (!zero)
		verify_block_freshen(block, found->requested);
	memset((char *)block + found->requested, slack_byte, end_of(found) - found->requested);
}

struct verify_damage verify_block_behind(const void *block, const struct pool_found *found)
{
	return damage_of(block, found->requested, end_of(found), slack_byte);
}

void verify_block_bury(void *block, const struct pool_found *found)
{
	memset(block, FREED_BYTE, filled(found));
}

struct verify_damage verify_block_disturbed(const void *block, const struct pool_found *found)
{
	return damage_of(block, 0, filled(found), FREED_BYTE);
}

void verify_range_fill(unsigned char *start, size_t size)
{
	memset(start, slack_byte, size);
}

struct verify_damage verify_range_check(const unsigned char *start, size_t size)
{
	return damage_of(start, 0, size, slack_byte);
}
