/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/sites/wrappers.h"
#include "lib/base/atomic.h"
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

#define PATTERNS_MAX BASE_ARRAY_SIZE(wrappers)
#define NO_PATTERN   UINT16_MAX
#define ANY          0 /* stands for a character that is not known */

_Static_assert(BASE_ARRAY_SIZE(workers) <= PATTERNS_MAX, "an index has room for either list");

/* The patterns of a list by the characters that what they match begins and ends with. */
struct index {
	uint16_t first[256]; /* by first character; ANY: those that begin with a wildcard */
	uint16_t next[PATTERNS_MAX];
	unsigned char last[PATTERNS_MAX];
};

static struct index wrappers_index, workers_index;
static unsigned indexed;

static unsigned char literal(char c)
{
	return c == '*' || c == '?' ? ANY : (unsigned char)c;
}

static void make_index(struct index *index, const struct pattern *list, size_t count)
{
	uint16_t first[256];

	for (size_t c = 0; c < BASE_ARRAY_SIZE(first); c++)
		first[c] = NO_PATTERN;
	for (size_t i = 0; i < count; i++) {
		const char *function = list[i].function;
		unsigned char c = literal(function[0]);

		index->last[i] = literal(function[base_string_length(function) - 1]);
		index->next[i] = first[c];
		first[c] = (uint16_t)i;
	}
	__builtin_memcpy(index->first, first, sizeof(first));
}

/* Two threads at once write the same bytes. */
static void make_indexes(void)
{
	if (base_load_acquire(&indexed) != 0)
		return;
	make_index(&wrappers_index, wrappers, BASE_ARRAY_SIZE(wrappers));
	make_index(&workers_index, workers, BASE_ARRAY_SIZE(workers));
	base_store_release(&indexed, 1u);
}

static int is_under(const struct pattern *list, const struct index *index, unsigned char first,
		    const char *file, const char *name)
{
	unsigned char last = (unsigned char)name[base_string_length(name) - 1];

	for (uint16_t i = index->first[first]; i != NO_PATTERN; i = index->next[i])
		if ((index->last[i] == ANY || index->last[i] == last) &&
		    sites_glob_match(list[i].function, name) &&
		    sites_glob_match(list[i].module, file))
			return 1;
	return 0;
}

static int is_in(const struct pattern *list, const struct index *index, const char *file,
		 const char *name)
{
	return name[0] != '\0' && (is_under(list, index, (unsigned char)name[0], file, name) ||
				   is_under(list, index, ANY, file, name));
}

static int is_either_in(const struct pattern *list, const struct index *index, const char *file,
			const char *linker_name, const char *readable)
{
	return is_in(list, index, file, readable) ||
	       (!base_string_equal(linker_name, readable) && is_in(list, index, file, linker_name));
}

int sites_is_wrapper(const char *module_path, const char *linker_name, const char *readable)
{
	const char *file = base_path_tail(module_path);

	make_indexes();
	return !is_either_in(workers, &workers_index, file, linker_name, readable) &&
	       is_either_in(wrappers, &wrappers_index, file, linker_name, readable);
}
