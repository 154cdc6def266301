/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/demangle.h"

#include "common/memory.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#define DEMANGLE_MOST  4096 /* a longer name is not worth the time it takes */
#define DEMANGLE_SHOWN 1024 /* bytes of a readable one: a short name can stand for a huge one */

/* What is being written. The demangler cannot be told to stop: it is left where it is. */
struct demangle {
	char text[DEMANGLE_SHOWN + sizeof("...")];
	size_t length;
	jmp_buf full;
};

static void demangle_take(const char *text, size_t length, void *context)
{
	struct demangle *demangle = context;
	size_t room = DEMANGLE_SHOWN - demangle->length;

	memcpy(demangle->text + demangle->length, text, length < room ? length : room);
	demangle->length += length < room ? length : room;
	if (length >= room)
		longjmp(demangle->full, 1);
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

/* Without parameters and result: overloads are told apart by their lines. */
static int demangle_write(struct demangle *demangle, const char *linker)
{
	if (setjmp(demangle->full)) {
		strcpy(demangle->text + demangle->length, "...");
		return 1;
	}
	/* Older Rust names are C++ names with a hash, so Rust is asked first. */
	if (rust_demangle_callback(linker, DMGL_NO_OPTS, demangle_take, demangle) == 0) {
		demangle->length = 0;
		if (cplus_demangle_v3_callback(linker, DMGL_ANSI, demangle_take, demangle) == 0)
			return 0;
	}
	demangle->text[demangle->length] = '\0';
	return 1;
}

char *demangle_name(const char *name)
{
	char *linker = memory_text(name);
	struct demangle demangle = {.length = 0};

	demangle_cut_clone(linker);
	if (linker[0] != '_' || strlen(linker) >= DEMANGLE_MOST ||
	    !demangle_write(&demangle, linker))
		return linker;
	free(linker);
	return memory_text(demangle.text);
}
