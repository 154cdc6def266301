/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/describe.h"
#include "lib/pool/caller.h"
#include "lib/sites/modules.h"
#include "lib/stats/segment.h"

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

uint32_t pool_describe_module(uintptr_t return_address)
{
	return publish_module(sites_module_of(return_address));
}

uint32_t pool_describe_frames(const uintptr_t *addresses, uint32_t depth)
{
	struct pooltag_frame frames[POOL_STACK_MAX];

	for (uint32_t i = 0; i < depth; i++)
		frames[i] = (struct pooltag_frame){
			.address = addresses[i],
			.module = pool_describe_module(addresses[i]),
		};
	return stats_frames(frames, depth);
}

void pool_describe_site(uintptr_t return_address, struct pooltag_site *ret_record)
{
	struct sites_module *module = sites_module_of(return_address);

	*ret_record = (struct pooltag_site){
		.tag = sites_module_tag(module),
		.pool = POOLTAG_POOL_PAGED,
		.source = POOLTAG_SOURCE_MODULE,
		.address = return_address,
		.module = publish_module(module),
	};
}

int pool_is_wrapper(uintptr_t return_address)
{
	(void)return_address;
	return 0;
}

void pool_describe_text(struct base_text *text, uintptr_t return_address)
{
	const struct sites_module *module = sites_module_of(return_address);

	if (module == NULL) {
		base_text_hex(text, return_address);
		return;
	}
	base_text_add(text, base_path_tail(module->path));
	base_text_char(text, '+');
	base_text_hex(text, return_address - module->load_address);
}
