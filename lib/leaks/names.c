/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/names.h"
#include "lib/pool/describe.h"
#include "lib/sites/naming.h"
#include "lib/stats/segment.h"

uint32_t leaks_frame_count(uint32_t site)
{
	return (uint32_t)base_max(stats_site_record(site)->frame_count, 1);
}

void leaks_frame_of(uint32_t site, uint32_t n, struct leaks_frame *ret_frame)
{
	const struct pooltag_site *record = stats_site_record(site);
	uint32_t module = record->module;

	ret_frame->address = record->address;
	ret_frame->function[0] = '\0';
	if (n > 0) {
		ret_frame->address = stats_frame_record(record->first_frame + n)->address;
		module = stats_frame_record(record->first_frame + n)->module;
	}
	ret_frame->module = stats_module_path(module);
	if (n > 0)
		pool_describe_function(ret_frame->address, ret_frame->module, ret_frame->function,
				       sizeof(ret_frame->function));
	else
		sites_readable_name(stats_string_at(record->function), ret_frame->function,
				    sizeof(ret_frame->function));
}
