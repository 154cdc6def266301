// SPDX-License-Identifier: BSD-2-Clause
/* options.c - POOLTAG_OPTIONS */
#include "lib/base/options.h"
#include "lib/base/report.h"
#include "lib/base/seal.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void demand_values(void)
{
#define POOLTAG_OPTION(name, type, default_value, min, max, help) DEMAND_##type(name, min, max)
#define DEMAND_TEXT(name, min, max) \
	fuzz_demand(memchr(base_options.name, '\0', sizeof(base_options.name)) != NULL);
#define DEMAND_NUMBER(name, min, max)                                               \
	{                                                                           \
		uint64_t low = (min), high = (max);                                 \
		fuzz_demand(base_options.name >= low && base_options.name <= high); \
	}
#define DEMAND_BOOL(name, min, max) fuzz_demand(base_options.name <= 1);
#include <pooltag/options.def>
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int opened;

	if (!opened)
		base_seal_open();
	opened = 1;
	base_report_silence();
	base_options_parse(fuzz_text(data, size));
	demand_values();
	return 0;
}
