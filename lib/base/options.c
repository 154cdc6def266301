/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/base/options.h"
#include "lib/base/report.h"
#include "lib/base/seal.h"
#include "lib/base/text.h"
#include <sys/auxv.h>
#include <unistd.h>

enum option_type { TYPE_TEXT, TYPE_NUMBER, TYPE_BOOL };

struct option {
	const char *name;
	enum option_type type;
	void *value;
	uint64_t min, max;
};

#define VALUE_TEXT(v) \
	{             \
		v     \
	}
#define VALUE_NUMBER(v) (v)
#define VALUE_BOOL(v)   (v)

BASE_SEALED struct base_options base_options = {
#define POOLTAG_OPTION(name, type, default_value, min, max, help) \
	.name = VALUE_##type(default_value),
#include <pooltag/options.def>
};

static const struct option options[] = {
#define POOLTAG_OPTION(name, type, default_value, min, max, help) \
	{#name, TYPE_##type, &base_options.name, min, max},
#include <pooltag/options.def>
};

/* Glibc's loader keeps the initial stack here: argc, argv, NULL, environment. */
extern void *__libc_stack_end;

const char *base_environment(const char *name)
{
	size_t length = base_string_length(name);
	char **entry = environ;

	if (getauxval(AT_SECURE) != 0)
		return NULL;
	if (entry == NULL) {
		long *stack = __libc_stack_end;

		entry = (char **)(stack + 1 + *stack + 1);
	}
	for (; *entry != NULL; entry++) {
		size_t i = 0;

		while (i < length && (*entry)[i] == name[i])
			i++;
		if (i == length && (*entry)[i] == '=')
			return *entry + length + 1;
	}
	return NULL;
}

static void complain(const char *what, const char *key, size_t key_length, const char *value,
		     size_t value_length)
{
	char buffer[1000];
	struct base_text text = base_text_in(buffer, sizeof(buffer));

	base_text_add(&text, "POOLTAG_OPTIONS: ");
	base_text_add(&text, what);
	base_text_add(&text, " '");
	base_text_quoted(&text, key, key_length);
	if (value != NULL) {
		base_text_char(&text, '=');
		base_text_quoted(&text, value, value_length);
	}
	base_text_add(&text, "' ignored; the keys are");
	for (size_t i = 0; i < BASE_ARRAY_SIZE(options); i++) {
		base_text_add(&text, i == 0 ? " " : ", ");
		base_text_add(&text, options[i].name);
	}
	base_note(buffer);
}

static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

static unsigned suffix_shift(char c)
{
	switch (c | 0x20) {
	case 'k':
		return 10;
	case 'm':
		return 20;
	case 'g':
		return 30;
	default:
		return 0;
	}
}

/* 0 and the number, or -1 when `text` is not one of at most 64 bits. */
static int parse_number(const char *text, size_t length, uint64_t *ret_value)
{
	unsigned base = length > 2 && text[0] == '0' && (text[1] | 0x20) == 'x' ? 16 : 10;
	size_t i = base == 16 ? 2 : 0;
	uint64_t value = 0;

	if (length == 0)
		return -1;
	for (; i < length && digit_value(text[i]) < base; i++)
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit_value(text[i]), &value))
			return -1;
	if (i + 1 == length && i > 0 && suffix_shift(text[i]) != 0) {
		unsigned shift = suffix_shift(text[i]);

		if (value > UINT64_MAX >> shift)
			return -1;
		value <<= shift;
		i++;
	}
	*ret_value = value;
	return i == length ? 0 : -1;
}

static int set_option(const struct option *option, const char *value, size_t length)
{
	uint64_t number;

	if (option->type == TYPE_TEXT) {
		char *text = option->value;

		if (length >= BASE_OPTION_TEXT_MAX)
			return -1;
		for (size_t i = 0; i < length; i++)
			text[i] = value[i];
		text[length] = '\0';
		return 0;
	}
	if (parse_number(value, length, &number) != 0 || number < option->min ||
	    number > option->max)
		return -1;
	*(uint64_t *)option->value = number;
	return 0;
}

static void parse_one(const char *key, size_t key_length, const char *value, size_t value_length)
{
	for (size_t i = 0; i < BASE_ARRAY_SIZE(options); i++) {
		size_t k = 0;

		while (k < key_length && options[i].name[k] == key[k])
			k++;
		if (k < key_length || options[i].name[k] != '\0')
			continue;
		if (value == NULL || set_option(&options[i], value, value_length) != 0)
			complain("bad value", key, key_length, value, value_length);
		return;
	}
	complain("unknown key", key, key_length, NULL, 0);
}

void base_options_parse(const char *text)
{
	while (text != NULL && *text != '\0') {
		const char *key = text;
		const char *value = NULL;

		while (*text != '\0' && *text != ':') {
			if (*text == '=' && value == NULL)
				value = text + 1;
			text++;
		}
		if (text > key)
			parse_one(key, (size_t)((value != NULL ? value - 1 : text) - key), value,
				  value != NULL ? (size_t)(text - value) : 0);
		if (*text == ':')
			text++;
	}
}
