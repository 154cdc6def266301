/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/sites/rust_v0.h"
#include "lib/sites/walker.h"
#include <errno.h>

enum goal {
	GOAL_PATH = WALKER_UNMUTE + 1,
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
	GOAL_RETURN, /* the end of what a back reference stands for */
};

#define FOLLOWED_MAX 16

struct v0 {
	struct walker walker; /* first: a step gets its address */
	const char *origin;   /* follows _R; back references count from here */
	uint32_t followed, returns;
	const char *back[FOLLOWED_MAX];
};

/* Digits of base 62 and _; "_" alone is 0. */
static uint64_t base62(struct walker *w)
{
	uint64_t value = 0;

	if (walker_accept(w, '_'))
		return 0;
	for (; *w->at != '_'; w->at++) {
		char c = *w->at;
		unsigned digit = walker_is_digit(c)       ? (unsigned)(c - '0')
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
	if (walker_accept(w, 's'))
		(void)base62(w);
}

static const char *take_identifier(struct walker *w, size_t *ret_length)
{
	size_t length = 0;
	const char *text;

	disambiguator(w);
	walker_accept(w, 'u'); /* punycode, shown as it stands */
	w->failed |= !walker_is_digit(*w->at);
	if (!walker_accept(w, '0'))
		while (walker_is_digit(*w->at) && length < UINT32_MAX)
			length = length * 10 + (size_t)(*w->at++ - '0');
	walker_accept(w, '_');
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
		walker_emit_text(w, instead);
	else if (length > 0)
		walker_emit(w, text, length);
}

/* After B. What is only skipped is not followed, so the time stays linear. */
static void back_reference(struct walker *w, enum goal goal)
{
	struct v0 *v0 = (struct v0 *)w;
	const char *here = w->at - 1;
	uint64_t offset = base62(w);

	if (w->failed || w->mute > 0)
		return;
	if (offset >= (uint64_t)(here - v0->origin) || v0->followed == FOLLOWED_MAX) {
		w->failed = 1;
		return;
	}
	v0->followed++;
	v0->back[v0->returns++] = w->at;
	w->at = v0->origin + offset;
	walker_push(w, GOAL_RETURN);
	walker_push(w, goal);
}

static void nested_path(struct walker *w)
{
	char space = *w->at;

	w->at += space != '\0';
	walker_push(w, space == 'C' ? GOAL_CLOSURE : space == 'S' ? GOAL_SHIM : GOAL_IDENTIFIER);
	walker_push(w, GOAL_PATH);
}

static void path(struct walker *w)
{
	char c = *w->at;

	w->at += c != '\0';
	switch (c) {
	case 'C':
		walker_push(w, GOAL_IDENTIFIER);
		break;
	case 'M': /* the implementation's place, its type */
		disambiguator(w);
		walker_push(w, GOAL_TYPE);
		walker_skip(w, GOAL_PATH);
		break;
	case 'X': /* the same and the trait */
		disambiguator(w);
		walker_push(w, GOAL_TRAIT);
		walker_push(w, GOAL_TYPE);
		walker_skip(w, GOAL_PATH);
		break;
	case 'Y': /* a type and its trait */
		walker_push(w, GOAL_TRAIT);
		walker_push(w, GOAL_TYPE);
		break;
	case 'N':
		nested_path(w);
		break;
	case 'I':
		walker_push(w, GOAL_ARGUMENTS);
		walker_push(w, GOAL_PATH);
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
	if (walker_accept(w, 'L'))
		(void)base62(w);
	walker_push(w, GOAL_TYPE);
}

static void type(struct walker *w)
{
	char c = *w->at;

	if (basic_type(c) != NULL) {
		w->at++;
		walker_emit_text(w, basic_type(c));
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
		walker_push(w, GOAL_TYPE);
		break;
	case 'A':
		walker_emit_text(w, "array");
		walker_skip(w, GOAL_CONST);
		walker_skip(w, GOAL_TYPE);
		break;
	case 'S':
		walker_emit_text(w, "slice");
		walker_skip(w, GOAL_TYPE);
		break;
	case 'T':
		walker_emit_text(w, "tuple");
		walker_skip(w, GOAL_TYPES);
		break;
	case 'F':
		walker_emit_text(w, "fn");
		walker_skip(w, GOAL_SIGNATURE);
		break;
	case 'D':
		if (walker_accept(w, 'G'))
			(void)base62(w);
		walker_push(w, GOAL_LIFETIME);
		walker_push(w, GOAL_BOUNDS);
		break;
	case 'B':
		back_reference(w, GOAL_TYPE);
		break;
	default: /* a path */
		w->at -= c != '\0';
		walker_push(w, GOAL_PATH);
	}
}

static void signature(struct walker *w)
{
	size_t length;

	if (walker_accept(w, 'G'))
		(void)base62(w);
	walker_accept(w, 'U');
	if (walker_accept(w, 'K') && !walker_accept(w, 'C'))
		(void)take_identifier(w, &length);
	walker_push(w, GOAL_TYPE);
	walker_push(w, GOAL_TYPES);
}

/* The bindings of the trait just read, then the next trait, which is skipped: one is enough. */
static void bounds_rest(struct walker *w)
{
	size_t length;

	if (walker_accept(w, 'E'))
		return;
	walker_push(w, GOAL_BOUNDS_REST);
	if (walker_accept(w, 'p')) {
		(void)take_identifier(w, &length);
		walker_skip(w, GOAL_TYPE);
	} else {
		walker_skip(w, GOAL_PATH);
	}
}

static void bounds(struct walker *w)
{
	if (walker_accept(w, 'E')) {
		walker_emit_text(w, "dyn");
		return;
	}
	walker_push(w, GOAL_BOUNDS_REST);
	walker_push(w, GOAL_PATH);
}

static void arguments(struct walker *w)
{
	if (walker_accept(w, 'E'))
		return;
	walker_push(w, GOAL_ARGUMENTS);
	if (walker_accept(w, 'L'))
		(void)base62(w);
	else if (walker_accept(w, 'K'))
		walker_skip(w, GOAL_CONST);
	else
		walker_skip(w, GOAL_TYPE);
}

/* Digits and _, of a number or of a string's bytes. */
static void hex_data(struct walker *w)
{
	walker_accept(w, 'n');
	while (walker_is_hex(*w->at))
		w->at++;
	w->failed |= !walker_accept(w, '_');
}

/* The fields of a constant struct or enum. */
static void structure(struct walker *w)
{
	if (walker_accept(w, 'T'))
		walker_push(w, GOAL_CONSTS);
	else if (walker_accept(w, 'S'))
		walker_push(w, GOAL_FIELDS);
	else
		w->failed |= !walker_accept(w, 'U');
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
		walker_push(w, GOAL_CONST);
		break;
	case 'A':
	case 'T':
		walker_push(w, GOAL_CONSTS);
		break;
	case 'V':
		walker_push(w, GOAL_STRUCTURE);
		walker_push(w, GOAL_PATH);
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
	walker_skip(w, GOAL_PATH);
}

static void step_types(struct walker *w)
{
	if (!walker_accept(w, 'E')) {
		walker_push(w, GOAL_TYPES);
		walker_push(w, GOAL_TYPE);
	}
}

static void step_lifetime(struct walker *w)
{
	w->failed |= !walker_accept(w, 'L');
	(void)base62(w);
}

static void step_consts(struct walker *w)
{
	if (!walker_accept(w, 'E')) {
		walker_push(w, GOAL_CONSTS);
		walker_push(w, GOAL_CONST);
	}
}

static void step_fields(struct walker *w)
{
	if (!walker_accept(w, 'E')) {
		walker_push(w, GOAL_FIELDS);
		walker_push(w, GOAL_CONST);
		walker_push(w, GOAL_IDENTIFIER);
	}
}

static void step_return(struct walker *w)
{
	struct v0 *v0 = (struct v0 *)w;

	w->at = v0->back[--v0->returns];
}

static walker_step *const steps[] = {
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
	[GOAL_RETURN] = step_return,
};

int sites_rust_v0_name(const char *mangled, struct base_text *name)
{
	struct v0 v0;

	if (mangled[0] != '_' || mangled[1] != 'R')
		return -EINVAL;
	walker_start(&v0.walker, mangled + 2, name);
	v0.origin = mangled + 2;
	v0.followed = 0;
	v0.returns = 0;
	walker_push(&v0.walker, GOAL_PATH);
	return walker_run(&v0.walker, steps) != 0 ? -EINVAL : 0;
}
