/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/sites/rust.h"
#include <errno.h>

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f');
}

static void separate(struct base_text *name, size_t start)
{
	if (name->length > start)
		base_text_add(name, "::");
}

/* The first mangling. */

#define HASH_LENGTH 19 /* 17h and 16 digits, without E */

static int is_hash(const char *text)
{
	if (text[0] != '1' || text[1] != '7' || text[2] != 'h')
		return 0;
	for (int i = 3; i < HASH_LENGTH; i++)
		if (!is_hex(text[i]))
			return 0;
	return text[HASH_LENGTH] == 'E';
}

int sites_rust_is_legacy(const char *mangled)
{
	const char *at = mangled + 3;

	if (mangled[0] != '_' || mangled[1] != 'Z' || mangled[2] != 'N')
		return 0;
	while (is_digit(*at)) {
		size_t length = 0;

		if (is_hash(at))
			return 1;
		while (is_digit(*at) && length < UINT32_MAX)
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
	for (int i = 0; i < 6 && at < in->end && is_hex(*at); i++, at++)
		value = value * 16 + (unsigned)(is_digit(*at) ? *at - '0' : *at - 'a' + 10);
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
	separate(name, start);
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

	while (is_digit(*at) && !is_hash(at)) {
		size_t length = 0;
		const char *first;

		while (is_digit(*at) && length < UINT32_MAX)
			length = length * 10 + (size_t)(*at++ - '0');
		for (first = at; at < first + length; at++)
			if (*at == '\0')
				return -EINVAL;
		add_component((struct letters){.at = first, .end = at}, name, start);
	}
	return name->length > start ? 0 : -EINVAL;
}

/* The second mangling, RFC 2603. */

enum goal {
	GOAL_PATH,
	GOAL_IDENTIFIER, /* of something with a name */
	GOAL_CLOSURE,    /* of something without */
	GOAL_SHIM,
	GOAL_TRAIT, /* a path that is skipped */
	GOAL_TYPE,
	GOAL_TYPES, /* types up to E */
	GOAL_SIGNATURE,
	GOAL_BOUNDS,      /* dyn traits up to E */
	GOAL_BOUNDS_REST, /* bindings of a trait, then more traits */
	GOAL_LIFETIME,
	GOAL_ARGUMENTS, /* generic arguments up to E */
	GOAL_CONST,
	GOAL_CONSTS, /* constants up to E */
	GOAL_STRUCTURE,
	GOAL_FIELDS, /* identifiers with constants up to E */
	GOAL_UNMUTE,
	GOAL_RETURN, /* the end of what a back reference stands for */
};

#define STACK_SIZE   1024
#define FOLLOWED_MAX 16

struct walker {
	const char *start, *at; /* `start` follows _R */
	struct base_text *out;
	size_t out_start;
	uint32_t mute;
	uint32_t top;
	uint32_t followed, returns;
	int failed;
	const char *back[FOLLOWED_MAX];
	uint8_t stack[STACK_SIZE];
};

static void push(struct walker *w, enum goal goal)
{
	if (w->top == STACK_SIZE)
		w->failed = 1;
	else
		w->stack[w->top++] = (uint8_t)goal;
}

static void skip(struct walker *w, enum goal goal)
{
	push(w, GOAL_UNMUTE);
	w->mute++;
	push(w, goal);
}

static int accept(struct walker *w, char c)
{
	if (*w->at != c)
		return 0;
	w->at++;
	return 1;
}

static void emit(struct walker *w, const char *text, size_t length)
{
	if (w->mute > 0)
		return;
	separate(w->out, w->out_start);
	for (size_t i = 0; i < length; i++)
		base_text_char(w->out, text[i]);
}

static void emit_text(struct walker *w, const char *text)
{
	emit(w, text, base_string_length(text));
}

/* Digits of base 62 and _; "_" alone is 0. */
static uint64_t base62(struct walker *w)
{
	uint64_t value = 0;

	if (accept(w, '_'))
		return 0;
	for (; *w->at != '_'; w->at++) {
		char c = *w->at;
		unsigned digit = is_digit(c)              ? (unsigned)(c - '0')
				 : (c >= 'a' && c <= 'z') ? (unsigned)(c - 'a') + 10
				 : (c >= 'A' && c <= 'Z') ? (unsigned)(c - 'A') + 36
							  : 62;

		if (digit == 62) {
			w->failed = 1;
			return 0;
		}
		if (value < UINT32_MAX)
			value = value * 62 + digit;
	}
	w->at++;
	return value + 1;
}

static void disambiguator(struct walker *w)
{
	if (accept(w, 's'))
		(void)base62(w);
}

static const char *take_identifier(struct walker *w, size_t *ret_length)
{
	size_t length = 0;
	const char *text;

	disambiguator(w);
	accept(w, 'u'); /* punycode, shown as it stands */
	w->failed |= !is_digit(*w->at);
	if (!accept(w, '0'))
		while (is_digit(*w->at) && length < UINT32_MAX)
			length = length * 10 + (size_t)(*w->at++ - '0');
	accept(w, '_');
	text = w->at;
	while (w->at < text + length && *w->at != '\0')
		w->at++;
	w->failed |= w->at != text + length;
	*ret_length = w->failed ? 0 : length;
	return text;
}

static void identifier(struct walker *w, const char *instead)
{
	size_t length;
	const char *text = take_identifier(w, &length);

	if (instead != NULL)
		emit_text(w, instead);
	else if (length > 0)
		emit(w, text, length);
}

/* After B. What is only skipped is not followed, so the time stays linear. */
static void back_reference(struct walker *w, enum goal goal)
{
	const char *here = w->at - 1;
	uint64_t offset = base62(w);

	if (w->failed || w->mute > 0)
		return;
	if (offset >= (uint64_t)(here - w->start) || w->followed == FOLLOWED_MAX) {
		w->failed = 1;
		return;
	}
	w->followed++;
	w->back[w->returns++] = w->at;
	w->at = w->start + offset;
	push(w, GOAL_RETURN);
	push(w, goal);
}

static void nested_path(struct walker *w)
{
	char space = *w->at;

	w->at += space != '\0';
	push(w, space == 'C' ? GOAL_CLOSURE : space == 'S' ? GOAL_SHIM : GOAL_IDENTIFIER);
	push(w, GOAL_PATH);
}

static void path(struct walker *w)
{
	char c = *w->at;

	w->at += c != '\0';
	switch (c) {
	case 'C':
		push(w, GOAL_IDENTIFIER);
		break;
	case 'M': /* the implementation's place, its type */
		disambiguator(w);
		push(w, GOAL_TYPE);
		skip(w, GOAL_PATH);
		break;
	case 'X': /* the same and the trait */
		disambiguator(w);
		push(w, GOAL_TRAIT);
		push(w, GOAL_TYPE);
		skip(w, GOAL_PATH);
		break;
	case 'Y': /* a type and its trait */
		push(w, GOAL_TRAIT);
		push(w, GOAL_TYPE);
		break;
	case 'N':
		nested_path(w);
		break;
	case 'I':
		push(w, GOAL_ARGUMENTS);
		push(w, GOAL_PATH);
		break;
	case 'B':
		back_reference(w, GOAL_PATH);
		break;
	default:
		w->failed = 1;
	}
}

static const char *basic_type(char c)
{
	static const char *const names['z' - 'a' + 1] = {
		"i8",    "bool", "char",  "f64", "str",  "f32",  NULL,  "u8",    "isize",
		"usize", NULL,   "i32",   "u32", "i128", "u128", "_",   NULL,    NULL,
		"i16",   "u16",  "tuple", "...", NULL,   "i64",  "u64", "never",
	};

	return c >= 'a' && c <= 'z' ? names[c - 'a'] : NULL;
}

static void reference_type(struct walker *w)
{
	if (accept(w, 'L'))
		(void)base62(w);
	push(w, GOAL_TYPE);
}

static void type(struct walker *w)
{
	char c = *w->at;

	if (basic_type(c) != NULL) {
		w->at++;
		emit_text(w, basic_type(c));
		return;
	}
	w->at += c != '\0';
	switch (c) {
	case 'R':
	case 'Q':
		reference_type(w);
		break;
	case 'P':
	case 'O':
		push(w, GOAL_TYPE);
		break;
	case 'A':
		emit_text(w, "array");
		skip(w, GOAL_CONST);
		skip(w, GOAL_TYPE);
		break;
	case 'S':
		emit_text(w, "slice");
		skip(w, GOAL_TYPE);
		break;
	case 'T':
		emit_text(w, "tuple");
		skip(w, GOAL_TYPES);
		break;
	case 'F':
		emit_text(w, "fn");
		skip(w, GOAL_SIGNATURE);
		break;
	case 'D':
		if (accept(w, 'G'))
			(void)base62(w);
		push(w, GOAL_LIFETIME);
		push(w, GOAL_BOUNDS);
		break;
	case 'B':
		back_reference(w, GOAL_TYPE);
		break;
	default: /* a path */
		w->at -= c != '\0';
		push(w, GOAL_PATH);
	}
}

static void signature(struct walker *w)
{
	size_t length;

	if (accept(w, 'G'))
		(void)base62(w);
	accept(w, 'U');
	if (accept(w, 'K') && !accept(w, 'C'))
		(void)take_identifier(w, &length);
	push(w, GOAL_TYPE);
	push(w, GOAL_TYPES);
}

/* The bindings of the trait just read, then the next trait, which is skipped: one is enough. */
static void bounds_rest(struct walker *w)
{
	size_t length;

	if (accept(w, 'E'))
		return;
	push(w, GOAL_BOUNDS_REST);
	if (accept(w, 'p')) {
		(void)take_identifier(w, &length);
		skip(w, GOAL_TYPE);
	} else {
		skip(w, GOAL_PATH);
	}
}

static void bounds(struct walker *w)
{
	if (accept(w, 'E')) {
		emit_text(w, "dyn");
		return;
	}
	push(w, GOAL_BOUNDS_REST);
	push(w, GOAL_PATH);
}

static void arguments(struct walker *w)
{
	if (accept(w, 'E'))
		return;
	push(w, GOAL_ARGUMENTS);
	if (accept(w, 'L'))
		(void)base62(w);
	else if (accept(w, 'K'))
		skip(w, GOAL_CONST);
	else
		skip(w, GOAL_TYPE);
}

/* Digits and _, of a number or of a string's bytes. */
static void hex_data(struct walker *w)
{
	accept(w, 'n');
	while (is_hex(*w->at))
		w->at++;
	w->failed |= !accept(w, '_');
}

/* The fields of a constant struct or enum. */
static void structure(struct walker *w)
{
	if (accept(w, 'T'))
		push(w, GOAL_CONSTS);
	else if (accept(w, 'S'))
		push(w, GOAL_FIELDS);
	else
		w->failed |= !accept(w, 'U');
}

/* Only ever skipped. */
static void constant(struct walker *w)
{
	char c = *w->at;

	w->at += c != '\0';
	switch (c) {
	case 'p':
		break;
	case 'B':
		(void)base62(w);
		break;
	case 'R':
	case 'Q':
		push(w, GOAL_CONST);
		break;
	case 'A':
	case 'T':
		push(w, GOAL_CONSTS);
		break;
	case 'V':
		push(w, GOAL_STRUCTURE);
		push(w, GOAL_PATH);
		break;
	default:
		w->failed |= basic_type(c) == NULL;
		hex_data(w);
	}
}

static void step(struct walker *w, enum goal goal)
{
	switch (goal) {
	case GOAL_PATH:
		path(w);
		break;
	case GOAL_IDENTIFIER:
		identifier(w, NULL);
		break;
	case GOAL_CLOSURE:
		identifier(w, "{closure}");
		break;
	case GOAL_SHIM:
		identifier(w, "{shim}");
		break;
	case GOAL_TRAIT:
		skip(w, GOAL_PATH);
		break;
	case GOAL_TYPE:
		type(w);
		break;
	case GOAL_TYPES:
		if (!accept(w, 'E')) {
			push(w, GOAL_TYPES);
			push(w, GOAL_TYPE);
		}
		break;
	case GOAL_SIGNATURE:
		signature(w);
		break;
	case GOAL_BOUNDS:
		bounds(w);
		break;
	case GOAL_BOUNDS_REST:
		bounds_rest(w);
		break;
	case GOAL_LIFETIME:
		w->failed |= !accept(w, 'L');
		(void)base62(w);
		break;
	case GOAL_ARGUMENTS:
		arguments(w);
		break;
	case GOAL_CONST:
		constant(w);
		break;
	case GOAL_CONSTS:
		if (!accept(w, 'E')) {
			push(w, GOAL_CONSTS);
			push(w, GOAL_CONST);
		}
		break;
	case GOAL_STRUCTURE:
		structure(w);
		break;
	case GOAL_FIELDS:
		if (!accept(w, 'E')) {
			push(w, GOAL_FIELDS);
			push(w, GOAL_CONST);
			push(w, GOAL_IDENTIFIER);
		}
		break;
	case GOAL_UNMUTE:
		w->mute--;
		break;
	case GOAL_RETURN:
		w->at = w->back[--w->returns];
		break;
	}
}

int sites_rust_v0_name(const char *mangled, struct base_text *name)
{
	struct walker w;

	/* Not an initialiser: the stack need not be cleared. */
	w.start = mangled + 2;
	w.at = w.start;
	w.out = name;
	w.out_start = name->length;
	w.mute = 0;
	w.top = 0;
	w.followed = 0;
	w.returns = 0;
	w.failed = mangled[0] != '_' || mangled[1] != 'R';
	push(&w, GOAL_PATH);
	while (w.top > 0 && !w.failed)
		step(&w, (enum goal)w.stack[--w.top]);
	return w.failed || name->length == w.out_start ? -EINVAL : 0;
}
