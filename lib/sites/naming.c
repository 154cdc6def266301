/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/sites/naming.h"
#include "lib/base/text.h"
#include "lib/sites/itanium.h"
#include "lib/sites/rust_legacy.h"
#include "lib/sites/rust_v0.h"

/* A piece of a text. */
struct word {
	const char *at;
	size_t length;
};

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static int is_alnum(char c)
{
	return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z');
}

static char lower(char c)
{
	return is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

static int has_prefix(const char *text, const char *prefix)
{
	while (*prefix != '\0' && *text == *prefix) {
		text++;
		prefix++;
	}
	return *prefix == '\0';
}

/* Whether `at`, behind a dot, is a suffix the compiler or linker adds to a name. */
static int is_compiler_suffix(const char *at)
{
	static const char *const words[] = {
		"constprop", "isra",  "part",      "cold",  "lto_priv", "llvm",     "localalias",
		"resolver",  "ifunc", "default",   "warm",  "hot",      "unlikely", "startup",
		"exit",      "clone", "simdclone", "arch_", "avx",      "sse",
	};

	if (is_digit(*at))
		return 1;
	for (size_t i = 0; i < BASE_ARRAY_SIZE(words); i++)
		if (has_prefix(at, words[i]))
			return 1;
	return 0;
}

/* The length of a name that is not mangled, without suffixes and symbol version. */
static size_t plain_length(const char *name)
{
	size_t i = 0;

	for (; name[i] != '\0'; i++)
		if (i > 0 &&
		    (name[i] == '@' || (name[i] == '.' && is_compiler_suffix(name + i + 1))))
			break;
	return i;
}

/* Initialisers of a file's or a variable's static objects. */
static const char *skip_initialiser(const char *name)
{
	if (has_prefix(name, "_GLOBAL__sub_I_") || has_prefix(name, "_GLOBAL__sub_D_"))
		return name + sizeof("_GLOBAL__sub_I_") - 1;
	if (has_prefix(name, "_GLOBAL__I_") || has_prefix(name, "_GLOBAL__D_"))
		return name + sizeof("_GLOBAL__I_") - 1;
	return name;
}

static int add_mangled(const char *name, struct base_text *text)
{
	if (name[0] == '_' && name[1] == 'R')
		return sites_rust_v0_name(name, text);
	if (sites_rust_is_legacy(name))
		return sites_rust_legacy_name(name, text);
	return sites_itanium_name(name, text);
}

void sites_readable_name(const char *linker_name, char *buffer, size_t size)
{
	const char *name = skip_initialiser(linker_name);
	struct base_text text = base_text_in(buffer, size);

	if (*name == '\0')
		name = linker_name;
	if (name[0] != '_' || (name[1] != 'Z' && name[1] != 'R') || add_mangled(name, &text) != 0) {
		size_t length = plain_length(name);

		text = base_text_in(buffer, size);
		for (size_t i = 0; i < length; i++)
			base_text_char(&text, name[i]);
	}
	if (name != linker_name)
		base_text_add(&text, "::{init}");
}

/* The end of the component that starts at `at`. */
static size_t component_length(const char *at)
{
	size_t i = 0;

	while (at[i] != '\0' && (at[i] != ':' || at[i + 1] != ':'))
		i++;
	return i;
}

static int word_is(struct word word, const char *text)
{
	return base_string_length(text) == word.length && has_prefix(word.at, text);
}

static int says_nothing(struct word word, int is_rust)
{
	return word_is(word, "std") || word_is(word, "(anonymous)") || word_is(word, "{unnamed}") ||
	       word_is(word, "{parameter}") || word_is(word, "{decltype}") ||
	       (is_rust && (word_is(word, "core") || word_is(word, "alloc")));
}

static int is_inside_function(struct word word)
{
	return word_is(word, "{lambda}") || word_is(word, "{closure}") || word_is(word, "{init}") ||
	       word_is(word, "{constant}") || word_is(word, "{shim}");
}

/* The class, the namespace, or the function. */
static struct word main_word(const char *readable, int is_rust)
{
	struct word last = {readable, 0}, before = {readable, 0};

	for (const char *at = readable;; at += 2) {
		struct word word = {at, component_length(at)};

		if (is_inside_function(word) && last.length > 0)
			break;
		if (!says_nothing(word, is_rust)) {
			before = last;
			last = word;
		}
		at += word.length;
		if (*at == '\0')
			break;
	}
	if (before.length < 2) /* none, or a type parameter */
		before = last;
	if (before.length > 6 && has_prefix(before.at, "basic_"))
		before = (struct word){before.at + 6, before.length - 6};
	return before;
}

static size_t count_alnum(struct word word)
{
	size_t count = 0;

	for (size_t i = 0; i < word.length; i++)
		count += (size_t)is_alnum(word.at[i]);
	return count;
}

static struct word without_underscores(struct word word)
{
	while (word.length > 0 && *word.at == '_') {
		word.at++;
		word.length--;
	}
	return word;
}

/* The file's name without "lib" and from the first '.' or '-' on. */
static struct word module_stem(const char *module_path)
{
	struct word stem = {base_path_tail(module_path), 0};

	if (has_prefix(stem.at, "lib") && is_alnum(stem.at[3]))
		stem.at += 3;
	while (stem.at[stem.length] != '\0' && stem.at[stem.length] != '.' &&
	       stem.at[stem.length] != '-')
		stem.length++;
	return stem;
}

static size_t common_prefix(struct word a, struct word b)
{
	size_t i = 0;

	while (i < a.length && i < b.length && lower(a.at[i]) == lower(b.at[i]))
		i++;
	return i;
}

/* Whether the letters of `part` occur in `whole` in their order, the first of both being equal. */
static int is_abbreviation(struct word part, struct word whole)
{
	size_t matched = 0;

	for (size_t i = 0; i < whole.length && matched < part.length; i++)
		if (lower(whole.at[i]) == lower(part.at[matched]))
			matched++;
		else if (i == 0)
			return 0;
	return part.length > 0 && matched == part.length;
}

/* How much of the front of `word` only repeats the module's name. */
static size_t module_prefix(struct word word, struct word stem)
{
	size_t digits = stem.length, common = common_prefix(word, stem), first = 0;

	while (digits > 0 && is_digit(stem.at[digits - 1]))
		digits--;
	while (first < word.length && word.at[first] != '_')
		first++;
	if (stem.length > 0 && common == stem.length && common < word.length &&
	    (digits < stem.length || !is_alnum(word.at[common]) || is_upper(word.at[common])))
		return common;
	if (first < word.length &&
	    (first == 1 || is_abbreviation((struct word){word.at, first}, stem)))
		return first;
	/* Its beginning, in front of a capital: at least two letters, or all of them. */
	if (common > digits)
		common = digits;
	while (common > 0 && common < word.length && !is_upper(word.at[common]))
		common--;
	return common >= 2 || (common == 1 && digits == 1) ? common : 0;
}

static struct word without_module(struct word word, struct word stem)
{
	size_t prefix = module_prefix(word, stem);
	struct word rest =
		without_underscores((struct word){word.at + prefix, word.length - prefix});

	return prefix > 0 && count_alnum(rest) >= 4 ? rest : word;
}

/* The first letters and digits of `word`; 0 if there are none. */
static pooltag_tag tag_of(struct word word)
{
	char text[5] = "";
	int length = 0;

	for (size_t i = 0; i < word.length && length < 4; i++)
		if (is_alnum(word.at[i]))
			text[length++] = word.at[i];
	return length > 0 ? pooltag_tag_from_text(text) : 0;
}

pooltag_tag sites_tag_of_function(const char *linker_name, const char *module_path)
{
	char readable[1024];
	struct word stem = module_stem(module_path), word;
	int is_rust = (linker_name[0] == '_' && linker_name[1] == 'R') ||
		      sites_rust_is_legacy(linker_name);
	pooltag_tag tag;

	sites_readable_name(linker_name, readable, sizeof(readable));
	word = without_underscores(main_word(readable, is_rust));
	if (component_length(readable) == base_string_length(readable))
		word = without_module(word, stem);
	tag = tag_of(word);
	if (tag == 0)
		tag = tag_of(stem);
	return tag != 0 ? tag : POOLTAG_TAG('F', 'u', 'n', 'c');
}
