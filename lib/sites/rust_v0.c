/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/sites/rust_v0.h"
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

static void step_identifier(struct walker *w)
{
	identifier(w, NULL);
}

static void step_closure(struct walker *w)
{
	identifier(w, "{closure}");
}

static void step_shim(struct walker *w)
{
	identifier(w, "{shim}");
}

static void step_trait(struct walker *w)
{
	skip(w, GOAL_PATH);
}

static void step_types(struct walker *w)
{
	if (!accept(w, 'E')) {
		push(w, GOAL_TYPES);
		push(w, GOAL_TYPE);
	}
}

static void step_lifetime(struct walker *w)
{
	w->failed |= !accept(w, 'L');
	(void)base62(w);
}

static void step_consts(struct walker *w)
{
	if (!accept(w, 'E')) {
		push(w, GOAL_CONSTS);
		push(w, GOAL_CONST);
	}
}

static void step_fields(struct walker *w)
{
	if (!accept(w, 'E')) {
		push(w, GOAL_FIELDS);
		push(w, GOAL_CONST);
		push(w, GOAL_IDENTIFIER);
	}
}

static void step_unmute(struct walker *w)
{
	w->mute--;
}

static void step_return(struct walker *w)
{
	w->at = w->back[--w->returns];
}

static void (*const steps[])(struct walker *w) = {
	[GOAL_PATH] = path,
	[GOAL_IDENTIFIER] = step_identifier,
	[GOAL_CLOSURE] = step_closure,
	[GOAL_SHIM] = step_shim,
	[GOAL_TRAIT] = step_trait,
	[GOAL_TYPE] = type,
	[GOAL_TYPES] = step_types,
	[GOAL_SIGNATURE] = signature,
	[GOAL_BOUNDS] = bounds,
	[GOAL_BOUNDS_REST] = bounds_rest,
	[GOAL_LIFETIME] = step_lifetime,
	[GOAL_ARGUMENTS] = arguments,
	[GOAL_CONST] = constant,
	[GOAL_CONSTS] = step_consts,
	[GOAL_STRUCTURE] = structure,
	[GOAL_FIELDS] = step_fields,
	[GOAL_UNMUTE] = step_unmute,
	[GOAL_RETURN] = step_return,
};

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
		steps[w.stack[--w.top]](&w);
	return w.failed || name->length == w.out_start ? -EINVAL : 0;
}
