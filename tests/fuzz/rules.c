// SPDX-License-Identifier: BSD-2-Clause
/* rules.c - files of tag rules: the parser of each line, and the library's look-ups */
#include "lib/sites/rules.h"
#include "lib/base/report.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void demand_inside(struct pooltag_rule_text text, const char *start, size_t size)
{
	static const char any[] = "*";

	if (text.length == 0 || (text.length == 1 && memcmp(text.start, any, 1) == 0))
		return;
	fuzz_demand(text.start >= start && text.start + text.length <= start + size);
}

static void parse_lines(const char *text, size_t size)
{
	struct pooltag_rule_reader reader;
	struct pooltag_rule_line line;
	const char *start;
	size_t length;

	pooltag_rule_reader_init(&reader, text, size);
	while (pooltag_rule_reader_next(&reader, &start, &length)) {
		if (pooltag_rule_parse(start, length, &line) == POOLTAG_LINE_ERROR)
			fuzz_demand(line.reason != NULL && line.column > 0);
		demand_inside(line.module, start, length);
		demand_inside(line.function, start, length);
		demand_inside(line.binary, start, length);
		demand_inside(line.text, start, length);
		demand_inside(line.description, start, length);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const modules[] = {"/usr/bin/redis-server", "/lib/libcrypto.so.3", NULL};
	static const char *const functions[] = {"dictAddRaw", "_ZNSt6vectorIiSaIiEE9push_backEOi"};
	struct sites_rule_match match;

	parse_lines(fuzz_text(data, size), size);
	base_report_silence();
	if (sites_rules_load(fuzz_file(data, size)) != 0)
		return 0;
	for (int m = 0; m < 3; m++)
		for (int f = 0; f < 2; f++) {
			sites_rules_match(modules[m], functions[f], "std::vector::push_back",
					  &match);
			sites_rules_wrapper(modules[m], functions[f], NULL);
		}
	fuzz_reset();
	return 0;
}
