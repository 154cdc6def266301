/* SPDX-License-Identifier: BSD-2-Clause */
/* rules_header.cpp - the grammar compiles alone as C++17 and means the same. Exit status 0 or 1. */
#include <pooltag/rules.h>

int main()
{
	static const char text[] = "dict/Nonp - redis-server!dict* - x";
	pooltag_rule_line line;

	if (pooltag_rule_parse(text, sizeof(text) - 1, &line) != POOLTAG_LINE_RULE)
		return 1;
	return line.tag != POOLTAG_TAG('d', 'i', 'c', 't') ||
	       line.pool != POOLTAG_RULE_POOL_NONPAGED || line.function.length != 5;
}
