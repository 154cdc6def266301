/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/base/sanitizer.h"
#include "lib/base/text.h"
#include <link.h>

static const char *const runtimes[] = {
	"libasan.so",       "libtsan.so",       "libhwasan.so",       "liblsan.so",
	"libclang_rt.asan", "libclang_rt.tsan", "libclang_rt.hwasan", "libclang_rt.memprof",
};

static int starts_with(const char *name, const char *start)
{
	while (*start != '\0' && *name == *start) {
		name++;
		start++;
	}
	return *start == '\0';
}

const char *base_sanitizer(void)
{
	for (const struct link_map *file = _r_debug.r_map; file != NULL; file = file->l_next)
		for (size_t i = 0; i < BASE_ARRAY_SIZE(runtimes); i++)
			if (starts_with(base_path_tail(file->l_name), runtimes[i]))
				return base_path_tail(file->l_name);
	return NULL;
}
