/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pattern_test.c - LeakSanitizer's patterns, as its own documentation describes them
 */
#include "harness/tap.h"

#include <pooltag/pattern.h>
#include <stdbool.h>
#include <string.h>

static const struct {
	const char *pattern;
	const char *text;
	bool matches;
} cases[] = {
	{"foo", "foo", true},
	{"foo", "a foo b", true},
	{"foo", "fo", false},
	{"^foo", "foobar", true},
	{"^foo", "a foo", false},
	{"foo$", "a foo", true},
	{"foo$", "foobar", false},
	{"foo$", "foo foo", true},
	{"^foo$", "foo", true},
	{"^foo$", "foofoo", false},
	{"f*r", "foo bar", true},
	{"f*r", "foo", false},
	{"^f*r$", "foo bar", true},
	{"^f*r$", "foo bars", false},
	{"^*bar", "foo bar", true},
	{"bar*$", "foo bar", true},
	{"^foo*", "foo", true},
	{"a*b*c", "xaxbxcx", true},
	{"a*b*c", "xaxcxbx", false},
	{"^a*a$", "a", false},
	{"^a*a$", "aa", true},
	{"ab*ab$", "ab", false},
	{"*", "", true},
	{"*", "anything", true},
	{"^", "anything", true},
	{"$", "anything", true},
	{"^$", "", true},
	{"^$", "x", false},
	{"", "x", true},
	{"a.b", "axb", false},
	{"[ab]", "a", false},
	{"operator new", "std::operator new(unsigned)", true},
	{"aab", "aaab", true},
	{"a*ab", "aab", true},
	{"ab*b", "abc", false},
};

int main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(pooltag_pattern_matches(cases[i].pattern, strlen(cases[i].pattern),
					   cases[i].text) == cases[i].matches,
		   "'%s' %s '%s'", cases[i].pattern,
		   cases[i].matches ? "matches" : "does not match", cases[i].text);
	return done();
}
