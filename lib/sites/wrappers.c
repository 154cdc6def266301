/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/sites/wrappers.h"
#include "lib/base/text.h"
#include "lib/sites/glob.h"

struct pattern {
	const char *module;
	const char *function;
};

static const struct pattern wrappers[] = {
#define SITES_WRAPPER(module, function, why) {module, function},
#define SITES_WORKER(module, function, why)
#include "lib/sites/wrappers.def"
#undef SITES_WRAPPER
#undef SITES_WORKER
};

static const struct pattern workers[] = {
#define SITES_WRAPPER(module, function, why)
#define SITES_WORKER(module, function, why) {module, function},
#include "lib/sites/wrappers.def"
#undef SITES_WRAPPER
#undef SITES_WORKER
};

static int is_in(const struct pattern *list, size_t count, const char *file,
		 const char *linker_name, const char *readable)
{
	for (size_t i = 0; i < count; i++)
		if ((sites_glob_match(list[i].function, readable) ||
		     sites_glob_match(list[i].function, linker_name)) &&
		    sites_glob_match(list[i].module, file))
			return 1;
	return 0;
}

int sites_is_wrapper(const char *module_path, const char *linker_name, const char *readable)
{
	const char *file = base_path_tail(module_path);

	return !is_in(workers, BASE_ARRAY_SIZE(workers), file, linker_name, readable) &&
	       is_in(wrappers, BASE_ARRAY_SIZE(wrappers), file, linker_name, readable);
}
