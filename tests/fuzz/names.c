// SPDX-License-Identifier: BSD-2-Clause
/* names.c - linker names: readable names, tags, wrappers */
#include "lib/sites/naming.h"
#include "lib/sites/wrappers.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define MODULE "/usr/lib/x86_64-linux-gnu/libsqlite3.so.0.8.6"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *name = fuzz_text(data, size);
	char readable[SITES_READABLE_MAX];
	char tiny[4];
	pooltag_tag tag = sites_tag_of_function(name, MODULE);

	sites_readable_name(name, readable, sizeof(readable));
	fuzz_demand(memchr(readable, '\0', sizeof(readable)) != NULL);
	sites_readable_name(name, tiny, sizeof(tiny));
	fuzz_demand(memchr(tiny, '\0', sizeof(tiny)) != NULL);
	/* A tag is always printable, and always the same. */
	for (int i = 0; i < 4; i++)
		fuzz_demand((tag >> 8 * i & 0xff) >= 0x20 && (tag >> 8 * i & 0xff) <= 0x7e);
	fuzz_demand(tag != 0x20202020 && tag == sites_tag_of_function(name, MODULE));
	sites_tag_of_function("malloc", name);
	sites_is_wrapper(MODULE, name, readable);
	sites_is_wrapper(name, "g_malloc", "g_malloc");
	return 0;
}
