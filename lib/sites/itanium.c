/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/sites/itanium.h"
#include <errno.h>

/* What the parser expects next; the stack holds what it expects after that. */
enum goal {
	GOAL_NAME,           /* a function's or variable's name */
	GOAL_NESTED,         /* components up to E */
	GOAL_COMPONENT,      /* an unqualified name */
	GOAL_ENTITY,         /* what is local to the function just named */
	GOAL_UNMUTE,         /* the end of something that is only skipped */
	GOAL_ARGUMENTS,      /* template arguments up to E */
	GOAL_MORE_ARGUMENTS, /* I and template arguments, or nothing */
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

/* Deepest nesting of names in real programs is a tenth of it. */
#define STACK_SIZE 1024

struct walker {
	const char *at;
	struct base_text *out;
	size_t start;     /* where our name starts in `out` */
	const char *last; /* the component named last, for constructors */
	size_t last_length;
	uint32_t mute; /* > 0: inside what is only skipped */
	uint32_t top;
	int failed;
	uint8_t stack[STACK_SIZE];
};

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static void push(struct walker *w, enum goal goal)
{
	if (w->top == STACK_SIZE)
		w->failed = 1;
	else
		w->stack[w->top++] = (uint8_t)goal;
}

/* Expects `goal` next, without writing anything for it. */
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

static void expect(struct walker *w, char c)
{
	if (!accept(w, c))
		w->failed = 1;
}

static void emit(struct walker *w, const char *text, size_t length)
{
	if (w->mute > 0)
		return;
	w->last = text;
	w->last_length = length;
	if (w->out->length > w->start)
		base_text_add(w->out, "::");
	for (size_t i = 0; i < length; i++)
		base_text_char(w->out, text[i]);
}

static void emit_text(struct walker *w, const char *text)
{
	emit(w, text, base_string_length(text));
}

/* [n] digits */
static void skip_number(struct walker *w)
{
	accept(w, 'n');
	while (is_digit(*w->at))
		w->at++;
}

/* What follows S or T: [0-9A-Z]* _ */
static void skip_sequence(struct walker *w)
{
	while (is_digit(*w->at) || (*w->at >= 'A' && *w->at <= 'Z'))
		w->at++;
	expect(w, '_');
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

	while (is_digit(*w->at) && length < UINT32_MAX)
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
		emit_text(w, "(anonymous)");
	else
		emit(w, text, length);
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
		emit_text(w, found->spelling);
	} else if (w->at[0] == 'c' && w->at[1] == 'v') {
		w->at += 2;
		emit_text(w, "{conversion}");
		skip(w, GOAL_TYPE);
	} else if (w->at[0] == 'l' && w->at[1] == 'i') {
		w->at += 2;
		emit_text(w, "operator\"\"");
		/* The suffix is part of the same component. */
		const char *suffix = take_source_name(w, &length);

		for (size_t i = 0; suffix != NULL && w->mute == 0 && i < length; i++)
			base_text_char(w->out, suffix[i]);
	} else if (w->at[0] == 'v' && is_digit(w->at[1])) {
		w->at += 2;
		source_name(w);
	} else {
		w->failed = 1;
	}
}

/* Ul types E [number] _, or Ut [number] _ */
static void unnamed(struct walker *w)
{
	if (accept(w, 'l')) {
		emit_text(w, "{lambda}");
		push(w, GOAL_LAMBDA_TAIL);
		skip(w, GOAL_TYPES);
		return;
	}
	expect(w, 't');
	emit_text(w, "{unnamed}");
	skip_number(w);
	expect(w, '_');
}

static void constructor(struct walker *w)
{
	int inherited = accept(w, 'I');

	if (!is_digit(*w->at)) {
		w->failed = 1;
		return;
	}
	w->at++;
	if (w->last != NULL)
		emit(w, w->last, w->last_length);
	if (inherited)
		skip(w, GOAL_TYPE);
}

static void destructor(struct walker *w)
{
	const char *text = w->last;
	size_t length = w->last_length;

	w->at++;
	if (w->mute > 0 || text == NULL)
		return;
	emit(w, "~", 1);
	for (size_t i = 0; i < length; i++)
		base_text_char(w->out, text[i]);
}

/* DC names E: a structured binding */
static void binding(struct walker *w)
{
	emit_text(w, "{binding}");
	w->mute++;
	while (is_digit(*w->at) && !w->failed)
		source_name(w);
	w->mute--;
	expect(w, 'E');
}

static void skip_abi_tags(struct walker *w)
{
	size_t length;

	while (!w->failed && accept(w, 'B'))
		(void)take_source_name(w, &length);
}

static void component(struct walker *w)
{
	size_t length;

	while (accept(w, 'W')) { /* the module the name is attached to */
		accept(w, 'P');
		(void)take_source_name(w, &length);
	}
	while (*w->at == 'L' || *w->at == 'F') /* internal linkage; a friend of its class */
		w->at++;
	if (is_digit(*w->at))
		source_name(w);
	else if (accept(w, 'U'))
		unnamed(w);
	else if (accept(w, 'C'))
		constructor(w);
	else if (w->at[0] == 'D' && is_digit(w->at[1]))
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
		if (accept(w, known[i].letter)) {
			emit_text(w, "std");
			emit_text(w, known[i].name);
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
	if (accept(w, 'L')) {
		skip_number(w);
		expect(w, '_');
	}
	skip_sequence(w);
}

static void nested(struct walker *w)
{
	if (accept(w, 'E'))
		return;
	push(w, GOAL_NESTED);
	if (accept(w, 'I')) {
		skip(w, GOAL_ARGUMENTS);
	} else if (accept(w, 'S')) {
		if (accept(w, 't'))
			emit_text(w, "std");
		else
			substitution(w);
	} else if (accept(w, 'T')) {
		emit_text(w, "{parameter}");
		template_parameter(w);
	} else if (w->at[0] == 'D' && (w->at[1] == 't' || w->at[1] == 'T')) {
		emit_text(w, "{decltype}");
		skip(w, GOAL_TYPE);
	} else if (!accept(w, 'M')) { /* M: the data member whose initialiser has a lambda */
		component(w);
	}
}

static void start_nested(struct walker *w)
{
	while (*w->at == 'r' || *w->at == 'V' || *w->at == 'K')
		w->at++;
	if (*w->at == 'R' || *w->at == 'O' || *w->at == 'H')
		w->at++;
	push(w, GOAL_NESTED);
}

/* After Z: a function, its types, E, and what is local to it. */
static void start_local(struct walker *w)
{
	push(w, GOAL_ENTITY);
	push(w, GOAL_SIGNATURE);
	push(w, GOAL_NAME);
}

static void name(struct walker *w)
{
	if (accept(w, 'N')) {
		start_nested(w);
	} else if (accept(w, 'Z')) {
		start_local(w);
	} else if (w->at[0] == 'S' && w->at[1] != 't') {
		w->at++;
		substitution(w);
		push(w, GOAL_MORE_ARGUMENTS);
	} else {
		if (accept(w, 'S')) {
			w->at++;
			emit_text(w, "std");
		}
		push(w, GOAL_MORE_ARGUMENTS);
		push(w, GOAL_COMPONENT);
	}
}

static void entity(struct walker *w)
{
	if (accept(w, 's')) /* a string literal */
		return;
	if (accept(w, 'd')) { /* in a default argument */
		skip_number(w);
		expect(w, '_');
	}
	push(w, GOAL_NAME);
}

/* [__ number _ | _ digit]: which of several local things of the same name */
static void skip_discriminator(struct walker *w)
{
	if (w->at[0] == '_' && w->at[1] == '_') {
		w->at += 2;
		skip_number(w);
		expect(w, '_');
	} else if (w->at[0] == '_' && is_digit(w->at[1])) {
		w->at += 2;
	}
}

static void array_type(struct walker *w)
{
	push(w, GOAL_TYPE);
	if (is_digit(*w->at)) {
		skip_number(w);
		expect(w, '_');
	} else if (!accept(w, '_')) {
		push(w, GOAL_UNDERSCORE);
		push(w, GOAL_EXPRESSION);
	}
}

static void vector_type(struct walker *w)
{
	push(w, GOAL_TYPE);
	if (!accept(w, '_')) {
		skip_number(w);
		expect(w, '_');
		return;
	}
	push(w, GOAL_UNDERSCORE);
	push(w, GOAL_EXPRESSION);
}

/* After D. */
static void d_type(struct walker *w)
{
	char c = *w->at;

	w->at += c != '\0';
	switch (c) {
	case 't':
	case 'T':
		push(w, GOAL_END);
		push(w, GOAL_EXPRESSION);
		break;
	case 'O': /* noexcept(expression) of the function type that follows */
		push(w, GOAL_TYPE);
		push(w, GOAL_END);
		push(w, GOAL_EXPRESSION);
		break;
	case 'w': /* throw(types) of the function type that follows */
		push(w, GOAL_TYPE);
		push(w, GOAL_TYPES);
		break;
	case 'o':
	case 'x':
	case 'p':
		push(w, GOAL_TYPE);
		break;
	case 'v':
		vector_type(w);
		break;
	case 'F':
		skip_number(w);
		if (!accept(w, '_') && !accept(w, 'b') && !accept(w, 'x'))
			w->failed = 1;
		break;
	case 'B':
	case 'U':
		skip_number(w);
		expect(w, '_');
		break;
	case 'k':
	case 'K':
		push(w, GOAL_NAME);
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

	if (is_digit(*w->at)) {
		(void)take_source_name(w, &length);
		push(w, GOAL_TYPE);
		push(w, GOAL_MORE_ARGUMENTS);
	} else {
		unnamed(w);
	}
}

static void t_type(struct walker *w)
{
	if (*w->at == 's' || *w->at == 'u' || *w->at == 'e') {
		w->at++;
		push(w, GOAL_NAME);
		return;
	}
	template_parameter(w);
	push(w, GOAL_MORE_ARGUMENTS);
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
	if (is_digit(c) || c == 'N' || c == 'Z' || c == 'S') {
		push(w, GOAL_NAME);
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
		accept(w, 'Y');
		push(w, GOAL_TYPES);
		break;
	case 'A':
		array_type(w);
		break;
	case 'M':
		push(w, GOAL_TYPE);
		push(w, GOAL_TYPE);
		break;
	case 'D':
		d_type(w);
		break;
	case 'u':
		(void)take_source_name(w, &length);
		push(w, GOAL_MORE_ARGUMENTS);
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
	if (accept(w, 'E'))
		return;
	push(w, GOAL_TYPES);
	if (accept(w, 'Q')) {
		push(w, GOAL_EXPRESSION);
	} else if (w->at[0] == 'T' && (w->at[1] == 'y' || w->at[1] == 'p')) {
		w->at += 2; /* a template parameter of a generic lambda: no type, or Tp and it */
	} else if (w->at[0] == 'T' && w->at[1] == 'n') {
		w->at += 2;
		push(w, GOAL_TYPE);
	} else {
		push(w, GOAL_TYPE);
	}
}

/* After L: _Z encoding E, or type value E */
static void literal(struct walker *w)
{
	if (w->at[0] == '_' && w->at[1] == 'Z') {
		w->at += 2;
		push(w, GOAL_TYPES);
		push(w, GOAL_NAME);
	} else {
		push(w, GOAL_VALUE);
		push(w, GOAL_TYPE);
	}
}

static void value(struct walker *w)
{
	while (is_digit(*w->at) || is_lower(*w->at) || *w->at == '_')
		w->at++;
	expect(w, 'E');
}

static void arguments(struct walker *w)
{
	if (accept(w, 'E'))
		return;
	push(w, GOAL_ARGUMENTS);
	if (accept(w, 'X')) {
		push(w, GOAL_END);
		push(w, GOAL_EXPRESSION);
	} else if (accept(w, 'L')) {
		literal(w);
	} else if (accept(w, 'J') || accept(w, 'I')) {
		push(w, GOAL_ARGUMENTS);
	} else if (accept(w, 'Q')) {
		push(w, GOAL_EXPRESSION);
	} else {
		push(w, GOAL_TYPE);
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
		   (w->at[1] == 'L' && !is_digit(w->at[2]));

	if (fold) {
		int both = w->at[1] == 'L' || w->at[1] == 'R';

		w->failed |= find_operator(w->at + 2) == NULL;
		if (w->failed)
			return;
		w->at += 4;
		push(w, GOAL_EXPRESSION);
		if (both)
			push(w, GOAL_EXPRESSION);
		return;
	}
	w->at++;
	if (accept(w, 'L'))
		skip_number(w);
	expect(w, 'p');
	if (accept(w, 'T'))
		return;
	while (*w->at == 'r' || *w->at == 'V' || *w->at == 'K')
		w->at++;
	skip_number(w);
	expect(w, '_');
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
				push(w, expressions[i].goals[g]);
			return;
		}
	found = find_operator(w->at);
	if (found == NULL) {
		w->failed = 1;
		return;
	}
	w->at += 2;
	if (found->operands == 1)
		accept(w, '_'); /* ++ and -- in front */
	for (int i = 0; i < found->operands; i++)
		push(w, GOAL_EXPRESSION);
}

static void expression(struct walker *w)
{
	size_t length;

	if (accept(w, 'L')) {
		literal(w);
	} else if (accept(w, 'T')) {
		template_parameter(w);
		push(w, GOAL_MORE_ARGUMENTS);
	} else if (accept(w, 'X')) {
		push(w, GOAL_END);
		push(w, GOAL_EXPRESSION);
	} else if (is_digit(*w->at) || *w->at == 'N' || *w->at == 'S' || *w->at == 'Z') {
		push(w, GOAL_NAME);
	} else if (w->at[0] == 'f' && w->at[1] != '\0') {
		f_expression(w);
	} else if (w->at[0] == 'u' && is_digit(w->at[1])) {
		w->at++;
		(void)take_source_name(w, &length);
		push(w, GOAL_ARGUMENTS);
	} else {
		coded_expression(w);
	}
}

/* One requirement of a requires expression, or its end. */
static void requirements(struct walker *w)
{
	if (accept(w, 'E'))
		return;
	push(w, GOAL_REQUIREMENTS);
	if (accept(w, 'X') || accept(w, 'Q'))
		push(w, GOAL_EXPRESSION);
	else if (accept(w, 'T'))
		push(w, GOAL_TYPE);
	else if (accept(w, 'R'))
		push(w, GOAL_NAME);
	else
		expect(w, 'N');
}

/* The name after a scope, `.` or `->`. */
static void qualified(struct walker *w)
{
	if (w->at[0] == 'o' && w->at[1] == 'n')
		w->at += 2;
	if (w->at[0] == 'd' && w->at[1] == 'n') {
		w->at += 2;
		push(w, GOAL_TYPE);
	} else if (*w->at == 'L' || *w->at == 'T' || *w->at == 's' || *w->at == 'g') {
		push(w, GOAL_EXPRESSION);
	} else {
		push(w, GOAL_MORE_ARGUMENTS);
		push(w, GOAL_COMPONENT);
	}
}

static void step_unmute(struct walker *w)
{
	w->mute--;
}

static void step_more_arguments(struct walker *w)
{
	skip_discriminator(w);
	if (accept(w, 'I'))
		skip(w, GOAL_ARGUMENTS);
}

static void step_signature(struct walker *w)
{
	skip(w, GOAL_TYPES);
}

static void step_lambda_tail(struct walker *w)
{
	skip_number(w);
	expect(w, '_');
	skip_abi_tags(w);
}

static void step_expressions(struct walker *w)
{
	if (!accept(w, 'E')) {
		push(w, GOAL_EXPRESSIONS);
		push(w, GOAL_EXPRESSION);
	}
}

static void step_placement(struct walker *w)
{
	if (!accept(w, '_')) {
		push(w, GOAL_PLACEMENT);
		push(w, GOAL_EXPRESSION);
	}
}

static void step_new_tail(struct walker *w)
{
	if (accept_code(w, "pi"))
		push(w, GOAL_EXPRESSIONS);
	else
		expect(w, 'E');
}

static void step_cast_tail(struct walker *w)
{
	push(w, accept(w, '_') ? GOAL_EXPRESSIONS : GOAL_EXPRESSION);
}

static void step_end(struct walker *w)
{
	expect(w, 'E');
}

static void step_underscore(struct walker *w)
{
	expect(w, '_');
}

static void (*const steps[])(struct walker *w) = {
	[GOAL_NAME] = name,
	[GOAL_NESTED] = nested,
	[GOAL_COMPONENT] = component,
	[GOAL_ENTITY] = entity,
	[GOAL_UNMUTE] = step_unmute,
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
	expect(w, '_');
	if (!is_virtual)
		return;
	skip_number(w);
	expect(w, '_');
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
	if (!accept(w, 'T'))
		return;
	if (accept(w, 'W') || accept(w, 'H'))
		return;
	if (accept(w, 'c'))
		skip_call_offset(w);
	skip_call_offset(w);
}

int sites_itanium_name(const char *mangled, struct base_text *name)
{
	struct walker w;

	/* Not an initialiser: the stack need not be cleared. */
	w.at = mangled + 2;
	w.out = name;
	w.start = name->length;
	w.last = NULL;
	w.last_length = 0;
	w.mute = 0;
	w.top = 0;
	w.failed = mangled[0] != '_' || mangled[1] != 'Z';
	if (!w.failed)
		skip_special(&w);
	push(&w, GOAL_NAME);
	while (w.top > 0 && !w.failed)
		steps[w.stack[--w.top]](&w);
	return w.failed || name->length == w.start ? -EINVAL : 0;
}
