/* SPDX-License-Identifier: BSD-2-Clause */
#include "export/http.h"

#include "common/memory.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/* The name of the interface that the header describes; it has been the same since 2013. */
#define HTTP_LIBRARY "libmicrohttpd.so.12"

static const struct {
	const char *name;
	size_t at;
} http_functions[] = {

#define HTTP_FUNCTION(name) {"MHD_" #name, offsetof(struct http, name)},
	HTTP_FUNCTIONS(HTTP_FUNCTION)
#undef HTTP_FUNCTION
};

const struct http *http_load(char **ret_text)
{
	static struct http http;
	void *library = dlopen(HTTP_LIBRARY, RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; library && i < sizeof(http_functions) / sizeof(http_functions[0]); i++) {
		void *function = dlsym(library, http_functions[i].name);

		if (!function)
			library = NULL;
		else
			memcpy((char *)&http + http_functions[i].at, &function, sizeof(function));
	}
	if (library)
		return &http;
	*ret_text = memory_printed(
		"serving needs " HTTP_LIBRARY " (Debian package libmicrohttpd12): %s", dlerror());
	return NULL;
}
