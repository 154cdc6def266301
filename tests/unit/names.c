/* SPDX-License-Identifier: BSD-2-Clause */
/* Linker names, their readable names and tags, against a table of real ones. */
#include "lib/sites/naming.h"
#include "tests/harness/tap.h"
#include <string.h>

struct name {
	const char *module, *linker, *readable, *tag;
};

static const struct name names[] = {
#define NAME(module, linker, readable, tag) {module, linker, readable, tag},
#include "tests/unit/names.def"
};

static void check_name(const struct name *name)
{
	char readable[SITES_READABLE_MAX], tag[5];

	sites_readable_name(name->linker, readable, sizeof(readable));
	if (!ok(strcmp(readable, name->readable) == 0, "%.60s", name->linker))
		printf("# got %s, expected %s\n", readable, name->readable);
	pooltag_tag_to_text(sites_tag_of_function(name->linker, name->module), tag);
	if (!ok(strcmp(tag, name->tag) == 0, "tag of %.60s", name->linker))
		printf("# got '%s', expected '%s'\n", tag, name->tag);
}

/* A buffer too small: cut, terminated, and nothing behind it touched. */
static void check_cut(void)
{
	char buffer[16];

	memset(buffer, '#', sizeof(buffer));
	sites_readable_name("_ZNSt6vectorIiSaIiEE9push_backEOi", buffer, 8);
	ok(memcmp(buffer, "std::ve\0########", sizeof(buffer)) == 0, "cut at 8 bytes");
	sites_readable_name("dictAddRaw", buffer, 1);
	ok(buffer[0] == '\0', "cut at 1 byte");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_name(&names[i]);
	check_cut();
	return done();
}
