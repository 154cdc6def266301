/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/describe.h"
#include "lib/pool/caller.h"
#include "lib/sites/modules.h"
#include "lib/sites/naming.h"
#include "lib/sites/rules.h"
#include "lib/sites/symbols.h"
#include "lib/sites/table.h"
#include "lib/sites/wrappers.h"
#include "lib/stats/segment.h"

/* Longer names are cut for matching and tagging; the linker name is published whole. */
#define READABLE_MAX 512

static uint32_t publish_module(struct sites_module *module)
{
	struct pooltag_module record;

	if (module == NULL)
		return POOLTAG_NO_MODULE;
	if (module->number != SITES_UNPUBLISHED)
		return module->number;
	record = (struct pooltag_module){
		.load_address = module->load_address,
		.start = module->start,
		.end = module->end,
		.path = stats_string(module->path),
		.build_id_size = module->build_id_size,
	};
	for (uint32_t i = 0; i < module->build_id_size; i++)
		record.build_id[i] = module->build_id[i];
	module->number = stats_module(&record);
	return module->number;
}

uint32_t pool_describe_frames(const uintptr_t *addresses, uint32_t depth)
{
	struct pooltag_frame frames[POOL_STACK_MAX];
	struct sites_module *module = NULL;

	for (uint32_t i = 0; i < depth; i++) {
		/* Most are in the same file as the last one, which is still called from. */
		if (module == NULL || !sites_module_is_loaded(module, addresses[i] - 1))
			module = sites_module_of(addresses[i] - 1);
		frames[i] = (struct pooltag_frame){
			.address = addresses[i],
			.module = publish_module(module),
		};
	}
	return stats_frames(frames, depth);
}

/* What a code address is called. */
struct place {
	struct sites_module *module; /* NULL: outside every file; the rest is unset then */
	const char *function;        /* linker name, NULL: not known */
	uint64_t offset;             /* of the address in the function */
	char readable[READABLE_MAX]; /* "" without a function */
};

static void find_place(uintptr_t return_address, struct place *place)
{
	/* A call may be the last instruction of its function: the byte before is inside it. */
	uintptr_t call = return_address - 1;
	struct sites_symbol symbol;

	place->module = sites_module_of(call);
	place->function = NULL;
	place->readable[0] = '\0';
	if (place->module == NULL || sites_symbol_at(place->module, call, &symbol) != 0)
		return;
	place->function = symbol.name;
	place->offset = return_address - symbol.start;
	sites_readable_name(symbol.name, place->readable, sizeof(place->readable));
}

/* Names are published once: sites of one function share the string. */
static uint32_t publish_name(const char *name)
{
	static struct sites_table names;
	uint64_t offset;

	if (name == NULL)
		return 0;
	offset = sites_table_find(&names, (uintptr_t)name);
	if (offset == SITES_UNKNOWN) {
		offset = stats_string(name);
		sites_table_insert(&names, (uintptr_t)name, offset);
	}
	return (uint32_t)offset;
}

static void choose_tag(const struct place *place, struct pooltag_site *record)
{
	struct sites_rule_match match;

	if (place->module != NULL &&
	    sites_rules_match(place->module->path, place->function, place->readable, &match)) {
		record->tag = match.tag;
		record->source = POOLTAG_SOURCE_RULE;
		record->pool = match.pool == POOLTAG_RULE_POOL_NONPAGED ? POOLTAG_POOL_NONPAGED
									: POOLTAG_POOL_PAGED;
	} else if (place->function != NULL) {
		record->tag = sites_tag_of_function(place->function, place->module->path);
		record->source = POOLTAG_SOURCE_SYMBOL;
	} else {
		record->tag = sites_module_tag(place->module);
		record->source = POOLTAG_SOURCE_MODULE;
	}
}

void pool_describe_site(uintptr_t return_address, struct pooltag_site *ret_record)
{
	struct place place;

	find_place(return_address, &place);
	*ret_record = (struct pooltag_site){
		.pool = POOLTAG_POOL_PAGED,
		.address = return_address,
		.module = publish_module(place.module),
		.function = publish_name(place.function),
		.function_offset = place.function != NULL ? (uint32_t)place.offset : 0,
	};
	choose_tag(&place, ret_record);
}

int pool_is_wrapper(uintptr_t return_address)
{
	struct place place;
	int by_rule;

	find_place(return_address, &place);
	if (place.function == NULL)
		return 0;
	by_rule = sites_rules_wrapper(place.module->path, place.function, place.readable);
	if (by_rule != 0)
		return by_rule > 0;
	return sites_is_wrapper(place.module->path, place.function, place.readable);
}

void pool_describe_function(uintptr_t return_address, const char *path, char *function,
			    size_t capacity)
{
	struct base_text text = base_text_in(function, capacity);
	struct place place;

	find_place(return_address, &place);
	if (place.module != NULL && base_string_equal(place.module->path, path))
		base_text_add(&text, place.readable);
}

void pool_describe_text(struct base_text *text, uintptr_t address)
{
	struct place place;

	find_place(address, &place);
	if (place.module == NULL) {
		base_text_hex(text, address);
		return;
	}
	base_text_add(text, base_path_tail(place.module->path));
	if (place.function != NULL) {
		base_text_char(text, '!');
		base_text_add(text, place.readable);
	}
	base_text_char(text, '+');
	base_text_hex(text,
		      place.function != NULL ? place.offset : address - place.module->load_address);
}
