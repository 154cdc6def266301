/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/demangle.h"

#include "common/memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define DEMANGLE_HASH 16   /* hexadecimal digits at the end of an older Rust name, after "::h" */
#define DEMANGLE_MOST 4096 /* a longer name is not worth the time it takes */

/* Of the C++ ABI (Itanium), in libstdc++; its header is C++. */
extern char *__cxa_demangle(const char *name, char *buffer, size_t *length, int *status);

/* Cuts "(int) const [clone .part.0]" and the like off: overloads are told apart by their lines. */
static void demangle_cut_parameters(char *name)
{
	char *end = strrchr(name, ')');
	int depth = 0;

	if (!end)
		return;
	for (char *at = end; at > name; at--) {
		depth += *at == ')';
		depth -= *at == '(';
		if (depth > 0)
			continue;
		/* Not those that are part of a name: (anonymous namespace)::f, operator(). */
		if (strncmp(end + 1, "::", 2) != 0 && at - name >= 1 &&
		    !(at - name >= 8 && strncmp(at - 8, "operator", 8) == 0 && at + 1 == end))
			*at = '\0';
		return;
	}
}

/* Template functions come with the type they return: "void ns::f<int>". */
static void demangle_cut_type(char *name)
{
	char *start = name;
	int depth = 0;

	for (char *at = name; *at; at++) {
		if (depth == 0 && strncmp(at, "operator", 8) == 0)
			break;
		depth += *at == '<' || *at == '(' || *at == '{' || *at == '[';
		depth -= *at == '>' || *at == ')' || *at == '}' || *at == ']';
		if (depth == 0 && *at == ' ')
			start = at + 1;
	}
	memmove(name, start, strlen(start) + 1);
}

/* Compilers put a clone's nature behind the name: the function is still the programmer's. */
static void demangle_cut_clone(char *name)
{
	static const char *const natures[] = {".constprop.", ".isra.", ".part.",
					      ".cold",       ".llvm.", ".lto_priv."};

	for (size_t i = 0; i < sizeof(natures) / sizeof(natures[0]); i++) {
		char *at = strstr(name, natures[i]);

		if (at && at > name)
			*at = '\0';
	}
}

static int demangle_is_rust(const char *name)
{
	size_t length = strlen(name);
	const char *hash = name + length - DEMANGLE_HASH;

	if (length < DEMANGLE_HASH + 4 || strncmp(hash - 3, "::h", 3) != 0)
		return 0;
	for (int i = 0; i < DEMANGLE_HASH; i++) {
		if (!isdigit((unsigned char)hash[i]) && !(hash[i] >= 'a' && hash[i] <= 'f'))
			return 0;
	}
	return 1;
}

/* Takes the hash and the escapes of an older Rust name off, in place. */
static void demangle_rust(char *name)
{
	static const struct {
		const char *escape;
		const char *text;
	} escapes[] = {
		{"$LT$", "<"},  {"$GT$", ">"},  {"$RF$", "&"},  {"$BP$", "*"},
		{"$C$", ","},   {"$LP$", "("},  {"$RP$", ")"},  {"$SP$", "@"},
		{"$u20$", " "}, {"$u27$", "'"}, {"$u5b$", "["}, {"$u5d$", "]"},
		{"$u7b$", "{"}, {"$u7d$", "}"}, {"$u7e$", "~"}, {"..", "::"},
	};

	char *to = name;

	name[strlen(name) - DEMANGLE_HASH - 3] = '\0';
	for (const char *from = name; *from;) {
		size_t i = 0;

		/* A component that begins with an escape has an underscore before it. */
		if (*from == '_' && from[1] == '$' && (from == name || from[-1] == ':'))
			from++;
		while (i < sizeof(escapes) / sizeof(escapes[0]) &&
		       strncmp(from, escapes[i].escape, strlen(escapes[i].escape)) != 0)
			i++;
		if (i == sizeof(escapes) / sizeof(escapes[0])) {
			*to++ = *from++;
			continue;
		}
		from += strlen(escapes[i].escape);
		memcpy(to, escapes[i].text, strlen(escapes[i].text));
		to += strlen(escapes[i].text);
	}
	*to = '\0';
}

char *demangle_name(const char *name)
{
	char *linker = memory_text(name);
	char *plain = NULL;
	int status;

	demangle_cut_clone(linker);
	if (strncmp(linker, "_Z", 2) == 0 && strlen(linker) < DEMANGLE_MOST)
		plain = __cxa_demangle(linker, NULL, NULL, &status);
	if (!plain)
		return linker;
	free(linker);
	if (demangle_is_rust(plain)) {
		demangle_rust(plain);
	} else {
		demangle_cut_parameters(plain);
		demangle_cut_type(plain);
	}
	return plain;
}
