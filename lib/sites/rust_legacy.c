/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/sites/rust_legacy.h"
#include "lib/sites/walker.h"
#include <errno.h>

#define HASH_LENGTH 19 /* 17h and 16 digits, without E */

static int is_hash(const char *text)
{
	if (text[0] != '1' || text[1] != '7' || text[2] != 'h')
		return 0;
	for (int i = 3; i < HASH_LENGTH; i++)
		if (!walker_is_hex(text[i]))
			return 0;
	return text[HASH_LENGTH] == 'E';
}

int sites_rust_is_legacy(const char *mangled)
{
	const char *at = mangled + 3;

	if (mangled[0] != '_' || mangled[1] != 'Z' || mangled[2] != 'N')
		return 0;
	while (walker_is_digit(*at)) {
		size_t length = 0;

		if (is_hash(at))
			return 1;
		while (walker_is_digit(*at) && length < UINT32_MAX)
			length = length * 10 + (size_t)(*at++ - '0');
		for (; length > 0; length--)
			if (*at++ == '\0')
				return 0;
	}
	return 0;
}

/* Reads one component with its escapes resolved. */
struct letters {
	const char *at, *end;
	char again; /* the second ':' of a resolved ".." */
};

static char escape(struct letters *in)
{
	static const struct {
		char code[6];
		char letter;
	} escapes[] = {
		{"$LT$", '<'}, {"$GT$", '>'}, {"$LP$", '('}, {"$RP$", ')'},
		{"$RF$", '&'}, {"$BP$", '*'}, {"$SP$", '@'}, {"$C$", ','},
	};

	const char *at = in->at;
	unsigned value = 0;

	for (size_t i = 0; i < BASE_ARRAY_SIZE(escapes); i++) {
		size_t length = 0;

		while (escapes[i].code[length] != '\0' && at + length < in->end &&
		       at[length] == escapes[i].code[length])
			length++;
		if (escapes[i].code[length] == '\0') {
			in->at += length;
			return escapes[i].letter;
		}
	}
	/* $uNN$ */
	at += 2;
	for (int i = 0; i < 6 && at < in->end && walker_is_hex(*at); i++, at++)
		value = value * 16 + (unsigned)(walker_is_digit(*at) ? *at - '0' : *at - 'a' + 10);
	if (in->end - in->at < 4 || in->at[1] != 'u' || at >= in->end || *at != '$') {
		in->at++;
		return '$';
	}
	in->at = at + 1;
	return value >= 0x20 && value < 0x7f ? (char)value : '?';
}

/* The next character, 0 at the end. */
static char next_letter(struct letters *in)
{
	if (in->again != '\0') {
		in->again = '\0';
		return ':';
	}
	if (in->at >= in->end)
		return '\0';
	if (*in->at == '$')
		return escape(in);
	if (in->at[0] == '.' && in->at + 1 < in->end && in->at[1] == '.') {
		in->at += 2;
		in->again = ':';
		return ':';
	}
	return *in->at++;
}

static int accept_word(struct letters *in, const char *word)
{
	struct letters ahead = *in;

	for (; *word != '\0'; word++)
		if (next_letter(&ahead) != *word)
			return 0;
	*in = ahead;
	return 1;
}

/* Moves behind the first " for " outside brackets, if there is one. */
static void skip_trait(struct letters *in)
{
	struct letters ahead = *in;
	int depth = 0;
	char before = '\0', c;

	while (depth >= 0 && (c = next_letter(&ahead)) != '\0') {
		if (c == '<' || c == '(' || c == '[')
			depth++;
		else if ((c == '>' && before != '-') || c == ')' || c == ']')
			depth--;
		else if (depth == 0 && c == ' ' && accept_word(&ahead, "for ")) {
			*in = ahead;
			return;
		}
		before = c;
	}
}

/* What stands for a type that has no name; NULL: it is a path. */
static const char *nameless(char first)
{
	switch (first) {
	case '!':
		return "never";
	case '[':
		return "slice";
	case '(':
		return "tuple";
	default:
		return NULL;
	}
}

/* A type or path up to " as ", a closing bracket or the end, without generic arguments. */
static void add_path(struct letters *in, struct base_text *name)
{
	struct letters ahead = *in;
	int depth = 0;
	char before = '\0', c;

	while (accept_word(in, "<") || accept_word(in, "&") || accept_word(in, "*") ||
	       accept_word(in, "mut ") || accept_word(in, "const ") || accept_word(in, "dyn "))
		ahead = *in;
	c = next_letter(&ahead);
	if (nameless(c) != NULL) {
		base_text_add(name, nameless(c));
		return;
	}
	while (depth >= 0 && (c = next_letter(in)) != '\0') {
		if (c == '<') {
			depth++;
		} else if (c == '>' && before != '-') {
			depth--;
		} else if (depth == 0) {
			if (c == ' ' || c == ',' || c == ')' || c == '(')
				return;
			base_text_char(name, c);
		}
		before = c;
	}
}

static void add_component(struct letters in, struct base_text *name, size_t start)
{
	walker_separate(name, start);
	if (in.end - in.at > 1 && in.at[0] == '_' && in.at[1] == '$')
		in.at++;
	if (accept_word(&in, "{{")) {
		base_text_char(name, '{');
		for (char c = next_letter(&in); c != '\0' && c != '}'; c = next_letter(&in))
			base_text_char(name, c);
		base_text_char(name, '}');
		return;
	}
	if (accept_word(&in, "<") && accept_word(&in, "impl ")) {
		/* An implementation is named by its type, not by where it stands. */
		name->length = start;
		name->start[start] = '\0';
		skip_trait(&in);
	}
	add_path(&in, name);
}

int sites_rust_legacy_name(const char *mangled, struct base_text *name)
{
	const char *at = mangled + 3;
	size_t start = name->length;

	while (walker_is_digit(*at) && !is_hash(at)) {
		size_t length = 0;
		const char *first;

		while (walker_is_digit(*at) && length < UINT32_MAX)
			length = length * 10 + (size_t)(*at++ - '0');
		for (first = at; at < first + length; at++)
			if (*at == '\0')
				return -EINVAL;
		add_component((struct letters){.at = first, .end = at}, name, start);
	}
	return name->length > start ? 0 : -EINVAL;
}
