/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/sites/itanium.h"
#include "lib/sites/walker.h"
#include <errno.h>

/* What the parser expects next; the stack holds what it expects after that. */
enum goal {
	GOAL_NAME = WALKER_UNMUTE + 1, /* a function's or variable's name */
	GOAL_NESTED,                   /* components up to E */
	GOAL_COMPONENT,                /* an unqualified name */
	GOAL_ENTITY,                   /* what is local to the function just named */
	GOAL_ARGUMENTS,                /* template arguments up to E */
	GOAL_MORE_ARGUMENTS,           /* I and template arguments, or nothing */
	GOAL_TYPE,
	GOAL_TYPES,       /* types up to E */
	GOAL_SIGNATURE,   /* the types of the function just named, and E */
	GOAL_LAMBDA_TAIL, /* number of a lambda, after its parameters */
	GOAL_EXPRESSION,
	GOAL_EXPRESSIONS, /* expressions up to E */
	GOAL_PLACEMENT,   /* expressions up to _ */
	GOAL_NEW_TAIL,    /* pi expressions E, or E */
	GOAL_CAST_TAIL,   /* _ expressions E, or an expression */
	GOAL_QUALIFIED,   /* the name after a scope in an expression */
	GOAL_VALUE,       /* a literal's value and E */
	GOAL_REQUIREMENTS,
	GOAL_END,        /* E */
	GOAL_UNDERSCORE, /* _ */
};

static int is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

/* [n] digits */
static void skip_number(struct walker *w)
{
	walker_accept(w, 'n');
	while (walker_is_digit(*w->at))
		w->at++;
}

/* What follows S or T: [0-9A-Z]* _ */
static void skip_sequence(struct walker *w)
{
	while (walker_is_digit(*w->at) || (*w->at >= 'A' && *w->at <= 'Z'))
		w->at++;
	walker_expect(w, '_');
}

static int starts_with(const char *text, size_t length, const char *prefix)
{
	size_t i = 0;

	while (i < length && prefix[i] != '\0' && text[i] == prefix[i])
		i++;
	return prefix[i] == '\0';
}

/* Namespaces that a standard library puts between std and its names for its ABI's sake. */
static int is_abi_namespace(const char *text, size_t length)
{
	return (length == 7 && starts_with(text, length, "__cxx11")) ||
	       (length == 3 && starts_with(text, length, "__1"));
}

/* The bytes of <length> <name>, or NULL. */
static const char *take_source_name(struct walker *w, size_t *ret_length)
{
	size_t length = 0;
	const char *text;

	while (walker_is_digit(*w->at) && length < UINT32_MAX)
		length = length * 10 + (size_t)(*w->at++ - '0');
	text = w->at;
	for (size_t i = 0; i < length; i++)
		if (*w->at++ == '\0') {
			w->at--;
			length = 0;
		}
	if (length == 0)
		w->failed = 1;
	*ret_length = length;
	return length > 0 ? text : NULL;
}

static void source_name(struct walker *w)
{
	size_t length;
	const char *text = take_source_name(w, &length);

	if (text == NULL || is_abi_namespace(text, length))
		return;
	if (starts_with(text, length, "_GLOBAL__N"))
		walker_emit_text(w, "(anonymous)");
	else
		walker_emit(w, text, length);
}

/* Two letters of an operator, how it is spelled, and how many operands it has in an expression. */
struct operator_name {
	char code[3];
	char operands;
	const char *spelling;
};

static const struct operator_name operators[] = {
	{"aN", 2, "operator&="},        {"aS", 2, "operator="},
	{"aa", 2, "operator&&"},        {"ad", 1, "operator&"},
	{"an", 2, "operator&"},         {"aw", 1, "operator co_await"},
	{"cl", 0, "operator()"},        {"cm", 2, "operator,"},
	{"co", 1, "operator~"},         {"dV", 2, "operator/="},
	{"da", 1, "operator delete[]"}, {"de", 1, "operator*"},
	{"dl", 1, "operator delete"},   {"ds", 2, "operator.*"},
	{"dv", 2, "operator/"},         {"eO", 2, "operator^="},
	{"eo", 2, "operator^"},         {"eq", 2, "operator=="},
	{"ge", 2, "operator>="},        {"gt", 2, "operator>"},
	{"ix", 2, "operator[]"},        {"lS", 2, "operator<<="},
	{"le", 2, "operator<="},        {"ls", 2, "operator<<"},
	{"lt", 2, "operator<"},         {"mI", 2, "operator-="},
	{"mL", 2, "operator*="},        {"mi", 2, "operator-"},
	{"ml", 2, "operator*"},         {"mm", 1, "operator--"},
	{"na", 0, "operator new[]"},    {"ne", 2, "operator!="},
	{"ng", 1, "operator-"},         {"nt", 1, "operator!"},
	{"nw", 0, "operator new"},      {"oR", 2, "operator|="},
	{"oo", 2, "operator||"},        {"or", 2, "operator|"},
	{"pL", 2, "operator+="},        {"pl", 2, "operator+"},
	{"pm", 2, "operator->*"},       {"pp", 1, "operator++"},
	{"ps", 1, "operator+"},         {"pt", 2, "operator->"},
	{"qu", 3, "operator?"},         {"rM", 2, "operator%="},
	{"rS", 2, "operator>>="},       {"rm", 2, "operator%"},
	{"rs", 2, "operator>>"},        {"ss", 2, "operator<=>"},
};

static const struct operator_name *find_operator(const char *code)
{
	for (size_t i = 0; i < BASE_ARRAY_SIZE(operators); i++)
		if (code[0] == operators[i].code[0] && code[1] == operators[i].code[1])
			return &operators[i];
	return NULL;
}

static void operator_component(struct walker *w)
{
	const struct operator_name *found = find_operator(w->at);
	size_t length;

	if (found != NULL) {
		w->at += 2;
		walker_emit_text(w, found->spelling);
	} else if (w->at[0] == 'c' && w->at[1] == 'v') {
		w->at += 2;
		walker_emit_text(w, "{conversion}");
		walker_skip(w, GOAL_TYPE);
	} else if (w->at[0] == 'l' && w->at[1] == 'i') {
		w->at += 2;
		walker_emit_text(w, "operator\"\"");
		/* The suffix is part of the same component. */
		const char *suffix = take_source_name(w, &length);

		for (size_t i = 0; suffix != NULL && w->mute == 0 && i < length; i++)
			base_text_char(w->out, suffix[i]);
	} else if (w->at[0] == 'v' && walker_is_digit(w->at[1])) {
		w->at += 2;
		source_name(w);
	} else {
		w->failed = 1;
	}
}

/* Ul types E [number] _, or Ut [number] _ */
static void unnamed(struct walker *w)
{
	if (walker_accept(w, 'l')) {
		walker_emit_text(w, "{lambda}");
		walker_push(w, GOAL_LAMBDA_TAIL);
		walker_skip(w, GOAL_TYPES);
		return;
	}
	walker_expect(w, 't');
	walker_emit_text(w, "{unnamed}");
	skip_number(w);
	walker_expect(w, '_');
}

static void constructor(struct walker *w)
{
	int inherited = walker_accept(w, 'I');

	if (!walker_is_digit(*w->at)) {
		w->failed = 1;
		return;
	}
	w->at++;
	if (w->last != NULL)
		walker_emit(w, w->last, w->last_length);
	if (inherited)
		walker_skip(w, GOAL_TYPE);
}

static void destructor(struct walker *w)
{
	const char *text = w->last;
	size_t length = w->last_length;

	w->at++;
	if (w->mute > 0 || text == NULL)
		return;
	walker_emit(w, "~", 1);
	for (size_t i = 0; i < length; i++)
		base_text_char(w->out, text[i]);
}

/* DC names E: a structured binding */
static void binding(struct walker *w)
{
	walker_emit_text(w, "{binding}");
	w->mute++;
	while (walker_is_digit(*w->at) && !w->failed)
		source_name(w);
	w->mute--;
	walker_expect(w, 'E');
}

static void skip_abi_tags(struct walker *w)
{
	size_t length;

	while (!w->failed && walker_accept(w, 'B'))
		(void)take_source_name(w, &length);
}

static void component(struct walker *w)
{
	size_t length;

	while (walker_accept(w, 'W')) { /* the module the name is attached to */
		walker_accept(w, 'P');
		(void)take_source_name(w, &length);
	}
	while (*w->at == 'L' || *w->at == 'F') /* internal linkage; a friend of its class */
		w->at++;
	if (walker_is_digit(*w->at))
		source_name(w);
	else if (walker_accept(w, 'U'))
		unnamed(w);
	else if (walker_accept(w, 'C'))
		constructor(w);
	else if (w->at[0] == 'D' && walker_is_digit(w->at[1]))
		w->at++, destructor(w);
	else if (w->at[0] == 'D' && w->at[1] == 'C')
		w->at += 2, binding(w);
	else
		operator_component(w);
	skip_abi_tags(w);
}

/* After S: t, a standard abbreviation, or a back reference, whose name is not remembered. */
static void substitution(struct walker *w)
{
	static const struct {
		char letter;
		const char *name;
	} known[] = {
		{'a', "allocator"}, {'b', "basic_string"}, {'s', "string"},
		{'i', "istream"},   {'o', "ostream"},      {'d', "iostream"},
	};

	for (size_t i = 0; i < BASE_ARRAY_SIZE(known); i++)
		if (walker_accept(w, known[i].letter)) {
			walker_emit_text(w, "std");
			walker_emit_text(w, known[i].name);
			skip_abi_tags(w);
			return;
		}
	if (w->mute == 0)
		w->failed = 1;
	skip_sequence(w);
}

/* After T: a template parameter. */
static void template_parameter(struct walker *w)
{
	if (walker_accept(w, 'L')) {
		skip_number(w);
		walker_expect(w, '_');
	}
	skip_sequence(w);
}

static void nested(struct walker *w)
{
	if (walker_accept(w, 'E'))
		return;
	walker_push(w, GOAL_NESTED);
	if (walker_accept(w, 'I')) {
		walker_skip(w, GOAL_ARGUMENTS);
	} else if (walker_accept(w, 'S')) {
		if (walker_accept(w, 't'))
			walker_emit_text(w, "std");
		else
			substitution(w);
	} else if (walker_accept(w, 'T')) {
		walker_emit_text(w, "{parameter}");
		template_parameter(w);
	} else if (w->at[0] == 'D' && (w->at[1] == 't' || w->at[1] == 'T')) {
		walker_emit_text(w, "{decltype}");
		walker_skip(w, GOAL_TYPE);
	} else if (!walker_accept(w, 'M')) { /* M: the data member whose initialiser has a lambda */
		component(w);
	}
}

static void start_nested(struct walker *w)
{
	while (*w->at == 'r' || *w->at == 'V' || *w->at == 'K')
		w->at++;
	if (*w->at == 'R' || *w->at == 'O' || *w->at == 'H')
		w->at++;
	walker_push(w, GOAL_NESTED);
}

/* After Z: a function, its types, E, and what is local to it. */
static void start_local(struct walker *w)
{
	walker_push(w, GOAL_ENTITY);
	walker_push(w, GOAL_SIGNATURE);
	walker_push(w, GOAL_NAME);
}

static void name(struct walker *w)
{
	if (walker_accept(w, 'N')) {
		start_nested(w);
	} else if (walker_accept(w, 'Z')) {
		start_local(w);
	} else if (w->at[0] == 'S' && w->at[1] != 't') {
		w->at++;
		substitution(w);
		walker_push(w, GOAL_MORE_ARGUMENTS);
	} else {
		if (walker_accept(w, 'S')) {
			w->at++;
			walker_emit_text(w, "std");
		}
		walker_push(w, GOAL_MORE_ARGUMENTS);
		walker_push(w, GOAL_COMPONENT);
	}
}

static void entity(struct walker *w)
{
	if (walker_accept(w, 's')) /* a string literal */
		return;
	if (walker_accept(w, 'd')) { /* in a default argument */
		skip_number(w);
		walker_expect(w, '_');
	}
	walker_push(w, GOAL_NAME);
}

/* [__ number _ | _ digit]: which of several local things of the same name */
static void skip_discriminator(struct walker *w)
{
	if (w->at[0] == '_' && w->at[1] == '_') {
		w->at += 2;
		skip_number(w);
		walker_expect(w, '_');
	} else if (w->at[0] == '_' && walker_is_digit(w->at[1])) {
		w->at += 2;
	}
}

static void array_type(struct walker *w)
{
	walker_push(w, GOAL_TYPE);
	if (walker_is_digit(*w->at)) {
		skip_number(w);
		walker_expect(w, '_');
	} else if (!walker_accept(w, '_')) {
		walker_push(w, GOAL_UNDERSCORE);
		walker_push(w, GOAL_EXPRESSION);
	}
}

static void vector_type(struct walker *w)
{
	walker_push(w, GOAL_TYPE);
	if (!walker_accept(w, '_')) {
		skip_number(w);
		walker_expect(w, '_');
		return;
	}
	walker_push(w, GOAL_UNDERSCORE);
	walker_push(w, GOAL_EXPRESSION);
}

/* After D. */
static void d_type(struct walker *w)
{
	char c = *w->at;

	w->at += c != '\0';
	switch (c) {
	case 't':
	case 'T':
		walker_push(w, GOAL_END);
		walker_push(w, GOAL_EXPRESSION);
		break;
	case 'O': /* noexcept(expression) of the function type that follows */
		walker_push(w, GOAL_TYPE);
		walker_push(w, GOAL_END);
		walker_push(w, GOAL_EXPRESSION);
		break;
	case 'w': /* throw(types) of the function type that follows */
		walker_push(w, GOAL_TYPE);
		walker_push(w, GOAL_TYPES);
		break;
	case 'o':
	case 'x':
	case 'p':
		walker_push(w, GOAL_TYPE);
		break;
	case 'v':
		vector_type(w);
		break;
	case 'F':
		skip_number(w);
		if (!walker_accept(w, '_') && !walker_accept(w, 'b') && !walker_accept(w, 'x'))
			w->failed = 1;
		break;
	case 'B':
	case 'U':
		skip_number(w);
		walker_expect(w, '_');
		break;
	case 'k':
	case 'K':
		walker_push(w, GOAL_NAME);
		break;
	case 'a':
	case 'c':
	case 'n':
	case 'd':
	case 'e':
	case 'f':
	case 'h':
	case 's':
	case 'i':
	case 'u':
		break;
	default:
		w->failed = 1;
	}
}

/* After U: a vendor's qualifier, or a type without a name. */
static void u_type(struct walker *w)
{
	size_t length;

	if (walker_is_digit(*w->at)) {
		(void)take_source_name(w, &length);
		walker_push(w, GOAL_TYPE);
		walker_push(w, GOAL_MORE_ARGUMENTS);
	} else {
		unnamed(w);
	}
}

static void t_type(struct walker *w)
{
	if (*w->at == 's' || *w->at == 'u' || *w->at == 'e') {
		w->at++;
		walker_push(w, GOAL_NAME);
		return;
	}
	template_parameter(w);
	walker_push(w, GOAL_MORE_ARGUMENTS);
}

static void type(struct walker *w)
{
	size_t length;
	char c;

	/* Pointers, references and qualifiers. */
	while (*w->at == 'P' || *w->at == 'R' || *w->at == 'O' || *w->at == 'K' || *w->at == 'V' ||
	       *w->at == 'r' || *w->at == 'C' || *w->at == 'G')
		w->at++;
	c = *w->at;
	if (walker_is_digit(c) || c == 'N' || c == 'Z' || c == 'S') {
		walker_push(w, GOAL_NAME);
		return;
	}
	w->at += c != '\0';
	switch (c) {
	case 'T':
		t_type(w);
		break;
	case 'U':
		u_type(w);
		break;
	case 'F':
		walker_accept(w, 'Y');
		walker_push(w, GOAL_TYPES);
		break;
	case 'A':
		array_type(w);
		break;
	case 'M':
		walker_push(w, GOAL_TYPE);
		walker_push(w, GOAL_TYPE);
		break;
	case 'D':
		d_type(w);
		break;
	case 'u':
		(void)take_source_name(w, &length);
		walker_push(w, GOAL_MORE_ARGUMENTS);
		break;
	default: /* built in: one lower-case letter */
		w->failed |= !is_lower(c);
	}
}

static void types(struct walker *w)
{
	/* A function type may end in a reference qualifier, a signature in a requires clause. */
	if ((w->at[0] == 'R' || w->at[0] == 'O') && w->at[1] == 'E')
		w->at++;
	if (walker_accept(w, 'E'))
		return;
	walker_push(w, GOAL_TYPES);
	if (walker_accept(w, 'Q')) {
		walker_push(w, GOAL_EXPRESSION);
	} else if (w->at[0] == 'T' && (w->at[1] == 'y' || w->at[1] == 'p')) {
		w->at += 2; /* a template parameter of a generic lambda: no type, or Tp and it */
	} else if (w->at[0] == 'T' && w->at[1] == 'n') {
		w->at += 2;
		walker_push(w, GOAL_TYPE);
	} else {
		walker_push(w, GOAL_TYPE);
	}
}

/* After L: _Z encoding E, or type value E */
static void literal(struct walker *w)
{
	if (w->at[0] == '_' && w->at[1] == 'Z') {
		w->at += 2;
		walker_push(w, GOAL_TYPES);
		walker_push(w, GOAL_NAME);
	} else {
		walker_push(w, GOAL_VALUE);
		walker_push(w, GOAL_TYPE);
	}
}

static void value(struct walker *w)
{
	while (walker_is_digit(*w->at) || is_lower(*w->at) || *w->at == '_')
		w->at++;
	walker_expect(w, 'E');
}

static void arguments(struct walker *w)
{
	if (walker_accept(w, 'E'))
		return;
	walker_push(w, GOAL_ARGUMENTS);
	if (walker_accept(w, 'X')) {
		walker_push(w, GOAL_END);
		walker_push(w, GOAL_EXPRESSION);
	} else if (walker_accept(w, 'L')) {
		literal(w);
	} else if (walker_accept(w, 'J') || walker_accept(w, 'I')) {
		walker_push(w, GOAL_ARGUMENTS);
	} else if (walker_accept(w, 'Q')) {
		walker_push(w, GOAL_EXPRESSION);
	} else {
		walker_push(w, GOAL_TYPE);
	}
}

/* Whether the input starts with `code`, which is then consumed. */
static int accept_code(struct walker *w, const char *code)
{
	if (w->at[0] != code[0] || w->at[1] != code[1])
		return 0;
	w->at += 2;
	return 1;
}

/* f...: a function's parameter, or a fold over an operator */
static void f_expression(struct walker *w)
{
	int fold = w->at[1] == 'l' || w->at[1] == 'r' || w->at[1] == 'R' ||
		   (w->at[1] == 'L' && !walker_is_digit(w->at[2]));

	if (fold) {
		int both = w->at[1] == 'L' || w->at[1] == 'R';

		w->failed |= find_operator(w->at + 2) == NULL;
		if (w->failed)
			return;
		w->at += 4;
		walker_push(w, GOAL_EXPRESSION);
		if (both)
			walker_push(w, GOAL_EXPRESSION);
		return;
	}
	w->at++;
	if (walker_accept(w, 'L'))
		skip_number(w);
	walker_expect(w, 'p');
	if (walker_accept(w, 'T'))
		return;
	while (*w->at == 'r' || *w->at == 'V' || *w->at == 'K')
		w->at++;
	skip_number(w);
	walker_expect(w, '_');
}

/* Codes that are not operators, and what follows them, last first. */
struct expression_code {
	char code[3];
	uint8_t count;
	uint8_t goals[3];
};

static const struct expression_code expressions[] = {
	{"at", 1, {GOAL_TYPE}},
	{"az", 1, {GOAL_EXPRESSION}},
	{"cc", 2, {GOAL_EXPRESSION, GOAL_TYPE}},
	{"cl", 1, {GOAL_EXPRESSIONS}},
	{"cp", 1, {GOAL_EXPRESSIONS}},
	{"cv", 2, {GOAL_CAST_TAIL, GOAL_TYPE}},
	{"dX", 3, {GOAL_EXPRESSION, GOAL_EXPRESSION, GOAL_EXPRESSION}},
	{"dc", 2, {GOAL_EXPRESSION, GOAL_TYPE}},
	{"di", 2, {GOAL_EXPRESSION, GOAL_QUALIFIED}},
	{"dn", 1, {GOAL_TYPE}},
	{"dt", 2, {GOAL_QUALIFIED, GOAL_EXPRESSION}},
	{"dx", 2, {GOAL_EXPRESSION, GOAL_EXPRESSION}},
	{"gs", 1, {GOAL_EXPRESSION}},
	{"il", 1, {GOAL_EXPRESSIONS}},
	{"na", 3, {GOAL_NEW_TAIL, GOAL_TYPE, GOAL_PLACEMENT}},
	{"nw", 3, {GOAL_NEW_TAIL, GOAL_TYPE, GOAL_PLACEMENT}},
	{"nx", 1, {GOAL_EXPRESSION}},
	{"on", 1, {GOAL_QUALIFIED}},
	{"pt", 2, {GOAL_QUALIFIED, GOAL_EXPRESSION}},
	{"rQ", 3, {GOAL_REQUIREMENTS, GOAL_UNDERSCORE, GOAL_TYPE}},
	{"rc", 2, {GOAL_EXPRESSION, GOAL_TYPE}},
	{"rq", 1, {GOAL_REQUIREMENTS}},
	{"sP", 1, {GOAL_ARGUMENTS}},
	{"sZ", 1, {GOAL_EXPRESSION}},
	{"sc", 2, {GOAL_EXPRESSION, GOAL_TYPE}},
	{"sp", 1, {GOAL_EXPRESSION}},
	{"sr", 2, {GOAL_QUALIFIED, GOAL_TYPE}},
	{"st", 1, {GOAL_TYPE}},
	{"sz", 1, {GOAL_EXPRESSION}},
	{"te", 1, {GOAL_EXPRESSION}},
	{"ti", 1, {GOAL_TYPE}},
	{"tl", 2, {GOAL_EXPRESSIONS, GOAL_TYPE}},
	{"tr", 0, {0}},
	{"tw", 1, {GOAL_EXPRESSION}},
};

static void coded_expression(struct walker *w)
{
	const struct operator_name *found;

	for (size_t i = 0; i < BASE_ARRAY_SIZE(expressions); i++)
		if (accept_code(w, expressions[i].code)) {
			for (int g = 0; g < expressions[i].count; g++)
				walker_push(w, expressions[i].goals[g]);
			return;
		}
	found = find_operator(w->at);
	if (found == NULL) {
		w->failed = 1;
		return;
	}
	w->at += 2;
	if (found->operands == 1)
		walker_accept(w, '_'); /* ++ and -- in front */
	for (int i = 0; i < found->operands; i++)
		walker_push(w, GOAL_EXPRESSION);
}

static void expression(struct walker *w)
{
	size_t length;

	if (walker_accept(w, 'L')) {
		literal(w);
	} else if (walker_accept(w, 'T')) {
		template_parameter(w);
		walker_push(w, GOAL_MORE_ARGUMENTS);
	} else if (walker_accept(w, 'X')) {
		walker_push(w, GOAL_END);
		walker_push(w, GOAL_EXPRESSION);
	} else if (walker_is_digit(*w->at) || *w->at == 'N' || *w->at == 'S' || *w->at == 'Z') {
		walker_push(w, GOAL_NAME);
	} else if (w->at[0] == 'f' && w->at[1] != '\0') {
		f_expression(w);
	} else if (w->at[0] == 'u' && walker_is_digit(w->at[1])) {
		w->at++;
		(void)take_source_name(w, &length);
		walker_push(w, GOAL_ARGUMENTS);
	} else {
		coded_expression(w);
	}
}

/* One requirement of a requires expression, or its end. */
static void requirements(struct walker *w)
{
	if (walker_accept(w, 'E'))
		return;
	walker_push(w, GOAL_REQUIREMENTS);
	if (walker_accept(w, 'X') || walker_accept(w, 'Q'))
		walker_push(w, GOAL_EXPRESSION);
	else if (walker_accept(w, 'T'))
		walker_push(w, GOAL_TYPE);
	else if (walker_accept(w, 'R'))
		walker_push(w, GOAL_NAME);
	else
		walker_expect(w, 'N');
}

/* The name after a scope, `.` or `->`. */
static void qualified(struct walker *w)
{
	if (w->at[0] == 'o' && w->at[1] == 'n')
		w->at += 2;
	if (w->at[0] == 'd' && w->at[1] == 'n') {
		w->at += 2;
		walker_push(w, GOAL_TYPE);
	} else if (*w->at == 'L' || *w->at == 'T' || *w->at == 's' || *w->at == 'g') {
		walker_push(w, GOAL_EXPRESSION);
	} else {
		walker_push(w, GOAL_MORE_ARGUMENTS);
		walker_push(w, GOAL_COMPONENT);
	}
}

static void step_more_arguments(struct walker *w)
{
	skip_discriminator(w);
	if (walker_accept(w, 'I'))
		walker_skip(w, GOAL_ARGUMENTS);
}

static void step_signature(struct walker *w)
{
	walker_skip(w, GOAL_TYPES);
}

static void step_lambda_tail(struct walker *w)
{
	skip_number(w);
	walker_expect(w, '_');
	skip_abi_tags(w);
}

static void step_expressions(struct walker *w)
{
	if (!walker_accept(w, 'E')) {
		walker_push(w, GOAL_EXPRESSIONS);
		walker_push(w, GOAL_EXPRESSION);
	}
}

static void step_placement(struct walker *w)
{
	if (!walker_accept(w, '_')) {
		walker_push(w, GOAL_PLACEMENT);
		walker_push(w, GOAL_EXPRESSION);
	}
}

static void step_new_tail(struct walker *w)
{
	if (accept_code(w, "pi"))
		walker_push(w, GOAL_EXPRESSIONS);
	else
		walker_expect(w, 'E');
}

static void step_cast_tail(struct walker *w)
{
	walker_push(w, walker_accept(w, '_') ? GOAL_EXPRESSIONS : GOAL_EXPRESSION);
}

static void step_end(struct walker *w)
{
	walker_expect(w, 'E');
}

static void step_underscore(struct walker *w)
{
	walker_expect(w, '_');
}

static walker_step *const steps[] = {
	[GOAL_NAME] = name,
	[GOAL_NESTED] = nested,
	[GOAL_COMPONENT] = component,
	[GOAL_ENTITY] = entity,
	[GOAL_ARGUMENTS] = arguments,
	[GOAL_MORE_ARGUMENTS] = step_more_arguments,
	[GOAL_TYPE] = type,
	[GOAL_TYPES] = types,
	[GOAL_SIGNATURE] = step_signature,
	[GOAL_LAMBDA_TAIL] = step_lambda_tail,
	[GOAL_EXPRESSION] = expression,
	[GOAL_EXPRESSIONS] = step_expressions,
	[GOAL_PLACEMENT] = step_placement,
	[GOAL_NEW_TAIL] = step_new_tail,
	[GOAL_CAST_TAIL] = step_cast_tail,
	[GOAL_QUALIFIED] = qualified,
	[GOAL_VALUE] = value,
	[GOAL_REQUIREMENTS] = requirements,
	[GOAL_END] = step_end,
	[GOAL_UNDERSCORE] = step_underscore,
};

/* [h | v] number _: how a thunk changes `this` */
static void skip_call_offset(struct walker *w)
{
	int is_virtual = *w->at == 'v';

	if (*w->at != 'h' && *w->at != 'v') {
		w->failed = 1;
		return;
	}
	w->at++;
	skip_number(w);
	walker_expect(w, '_');
	if (!is_virtual)
		return;
	skip_number(w);
	walker_expect(w, '_');
}

/* Thunks and the functions around thread-local variables carry the name of what they are for. */
static void skip_special(struct walker *w)
{
	if (accept_code(w, "GT")) { /* the transactional clone */
		w->at += *w->at != '\0';
		return;
	}
	if (w->at[0] == 'G' && w->at[1] == 'R')
		w->failed = 1;
	if (!walker_accept(w, 'T'))
		return;
	if (walker_accept(w, 'W') || walker_accept(w, 'H'))
		return;
	if (walker_accept(w, 'c'))
		skip_call_offset(w);
	skip_call_offset(w);
}

int sites_itanium_name(const char *mangled, struct base_text *name)
{
	struct walker w;

	if (mangled[0] != '_' || mangled[1] != 'Z')
		return -EINVAL;
	walker_start(&w, mangled + 2, name);
	skip_special(&w);
	walker_push(&w, GOAL_NAME);
	return walker_run(&w, steps) != 0 ? -EINVAL : 0;
}
