/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/sites/rule_index.h"
#include "lib/base/arena.h"
#include "lib/base/sys.h"
#include "lib/base/text.h"
#include "lib/sites/glob.h"
#include <errno.h>
#include <pooltag/rules.h>
#include <sys/mman.h>

#define NONE       UINT32_MAX
#define HEADS_MIN  64u
#define WEIGHT_MAX (2 * POOLTAG_RULE_LINE_MAX + 1)

/* What a key was made of. The numbers only keep equal bytes of different origin apart. */
enum domain { FUNCTION = 1, MODULE = 4, PATH = 7 };

enum { WHOLE, GRAM8, GRAM4 };

/* --- keys ------------------------------------------------------------------------------------- */

static uint32_t mix(uint64_t value, unsigned seed)
{
	value = (value ^ seed) * 0x9e3779b97f4a7c15u;
	value = (value ^ value >> 32) * 0x9e3779b97f4a7c15u;
	return (uint32_t)(value >> 32);
}

static uint32_t key_of_whole(const char *text, size_t length, enum domain domain)
{
	uint64_t value = length;

	for (size_t i = 0; i < length; i++)
		value = (value ^ (unsigned char)text[i]) * 0x100000001b3u;
	return mix(value, domain + WHOLE);
}

static uint32_t key_of_8(const char *at, enum domain domain)
{
	uint64_t value;

	__builtin_memcpy(&value, at, sizeof(value));
	return mix(value, domain + GRAM8);
}

static uint32_t key_of_4(const char *at, enum domain domain)
{
	uint32_t value;

	__builtin_memcpy(&value, at, sizeof(value));
	return mix(value, domain + GRAM4);
}

static enum domain domain_of_module(const char *glob)
{
	while (*glob != '\0' && *glob != '/')
		glob++;
	return *glob == '/' ? PATH : MODULE;
}

/* --- building --------------------------------------------------------------------------------- */

/* Tables needed while an index is built, in one mapping. */
struct scratch {
	uint32_t *starts; /* by weight: where the rules of that weight begin */
	uint32_t *loads;  /* by the low bits of a key: rules filed there */
	uint32_t *tails;  /* likewise: the last of them */
	uint32_t *seen;   /* hash table of rules by their globs */
	uint32_t keyless_load, keyless_tail;
	size_t bytes;
};

/* The key with the fewest rules among those offered. */
struct choice {
	const uint32_t *loads;
	uint32_t mask;
	uint32_t key;
	uint32_t load; /* NONE: no key was offered */
};

static int map_scratch(uint32_t heads, struct scratch *ret_scratch)
{
	size_t bytes = base_round_up((WEIGHT_MAX + 2 + 3 * (size_t)heads) * sizeof(uint32_t),
				     BASE_PAGE_SIZE);
	uint32_t *memory = base_map_memory(bytes, PROT_READ | PROT_WRITE, MAP_NORESERVE);

	if (base_is_error(memory))
		return -ENOMEM;
	*ret_scratch = (struct scratch){
		.starts = memory,
		.loads = memory + WEIGHT_MAX + 2,
		.tails = memory + WEIGHT_MAX + 2 + heads,
		.seen = memory + WEIGHT_MAX + 2 + 2 * (size_t)heads,
		.keyless_tail = NONE,
		.bytes = bytes,
	};
	return 0;
}

static uint32_t count_literals(const char *glob, uint32_t *wildcards)
{
	uint32_t literals = 0;

	for (; *glob != '\0'; glob++) {
		if (*glob == '*' || *glob == '?')
			++*wildcards;
		else
			literals++;
	}
	return literals;
}

/* How far from the end of the order a rule stands. */
static uint32_t weight_of(const struct sites_rule *rule)
{
	uint32_t wildcards = 0;
	uint32_t literals = count_literals(rule->module, &wildcards);

	literals += count_literals(rule->function, &wildcards);
	return 2 * literals + (wildcards == 0);
}

/* Sorts by weight, heaviest first; equals stay in the order of the file. */
static void sort(const struct sites_rule *rules, struct sites_rule_index *index, uint32_t *starts)
{
	for (uint32_t i = 0; i < index->count; i++)
		starts[WEIGHT_MAX - weight_of(&rules[i]) + 1]++;
	for (uint32_t w = 1; w <= WEIGHT_MAX + 1; w++)
		starts[w] += starts[w - 1];
	for (uint32_t i = 0; i < index->count; i++)
		index->rules[starts[WEIGHT_MAX - weight_of(&rules[i])]++] = rules[i];
}

/* Whether a better rule has the same globs. Remembers this one if not. */
static int is_repeated(const struct sites_rule_index *index, uint32_t number, uint32_t *seen)
{
	const struct sites_rule *rule = &index->rules[number];
	uint32_t at = key_of_whole(rule->module, base_string_length(rule->module), MODULE) ^
		      key_of_whole(rule->function, base_string_length(rule->function), FUNCTION);

	for (at &= index->mask; seen[at] != 0; at = (at + 1) & index->mask) {
		const struct sites_rule *other = &index->rules[seen[at] - 1];

		if (base_string_equal(other->function, rule->function) &&
		    base_string_equal(other->module, rule->module))
			return 1;
	}
	seen[at] = number + 1;
	return 0;
}

static void offer(struct choice *choice, uint32_t key)
{
	uint32_t load = choice->loads[key & choice->mask];

	if (load < choice->load) {
		choice->key = key;
		choice->load = load;
	}
}

static void offer_run(struct choice *choice, const char *run, size_t length, enum domain domain)
{
	for (size_t i = 0; length >= 8 && i + 8 <= length; i++)
		offer(choice, key_of_8(run + i, domain));
	for (size_t i = 0; length < 8 && i + 4 <= length; i++)
		offer(choice, key_of_4(run + i, domain));
}

static void offer_glob(struct choice *choice, const char *glob, enum domain domain)
{
	uint32_t wildcards = 0;
	uint32_t literals = count_literals(glob, &wildcards);

	if (wildcards == 0) {
		offer(choice, key_of_whole(glob, literals, domain));
		return;
	}
	while (*glob != '\0') {
		const char *run = glob;

		while (*glob != '\0' && *glob != '*' && *glob != '?')
			glob++;
		offer_run(choice, run, (size_t)(glob - run), domain);
		glob += *glob != '\0';
	}
}

/* Puts a rule at the end of the list at `head`. 0, or -ENOSPC when that is full. */
static int append(struct sites_rule_index *index, uint32_t number, uint32_t *head, uint32_t *tail,
		  uint32_t *load)
{
	if (*load == SITES_RULE_KEY_MAX)
		return -ENOSPC;
	if (++*load == 1)
		*head = number;
	else
		index->rules[*tail].next = number;
	*tail = number;
	return 0;
}

static int file_rule(struct sites_rule_index *index, uint32_t number, struct scratch *scratch)
{
	struct sites_rule *rule = &index->rules[number];
	struct choice choice = {scratch->loads, index->mask, 0, NONE};
	enum domain domain = domain_of_module(rule->module);
	uint32_t at;

	rule->next = NONE;
	if (is_repeated(index, number, scratch->seen))
		return 0;
	index->paths += domain == PATH;
	offer_glob(&choice, rule->function, FUNCTION);
	offer_glob(&choice, rule->module, domain);
	if (choice.load == NONE)
		return append(index, number, &index->keyless, &scratch->keyless_tail,
			      &scratch->keyless_load);
	rule->key = choice.key;
	at = choice.key & index->mask;
	return append(index, number, &index->heads[at], &scratch->tails[at], &scratch->loads[at]);
}

int sites_rule_index_build(const struct sites_rule *rules, uint32_t count,
			   sites_rule_refused *refused, void *context,
			   struct sites_rule_index *ret_index)
{
	struct sites_rule_index index = {.count = count, .keyless = NONE};
	struct scratch scratch;
	uint32_t heads = HEADS_MIN;

	while (heads < 2 * count)
		heads *= 2;
	index.mask = heads - 1;
	index.rules = base_arena_take((count + (size_t)1) * sizeof(*rules));
	index.heads = base_arena_take(heads * sizeof(uint32_t));
	if (index.rules == NULL || index.heads == NULL || map_scratch(heads, &scratch) != 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < heads; i++)
		index.heads[i] = NONE;
	sort(rules, &index, scratch.starts);
	for (uint32_t i = 0; i < count; i++)
		if (file_rule(&index, i, &scratch) != 0)
			refused(context, &index.rules[i]);
	base_munmap(scratch.starts, scratch.bytes);
	*ret_index = index;
	return 0;
}

/* --- finding ---------------------------------------------------------------------------------- */

struct search {
	const struct sites_rule_index *index;
	const struct sites_rule_names *names;
	uint32_t best; /* NONE: none yet */
	uint32_t tried;
};

static int matches(const struct sites_rule *rule, const struct sites_rule_names *names)
{
	const char *module = domain_of_module(rule->module) == PATH ? names->path : names->module;

	if (!sites_glob_match(rule->module, module))
		return 0;
	return sites_glob_match(rule->function, names->linker) ||
	       (names->readable != names->linker &&
		sites_glob_match(rule->function, names->readable));
}

static void try_rule(struct search *search, uint32_t number)
{
	search->tried++;
	if (matches(&search->index->rules[number], search->names))
		search->best = number;
}

/* Lists are in order, so that a list is done with at the first rule not better than the best. */
static void try_key(struct search *search, uint32_t key)
{
	const struct sites_rule *rules = search->index->rules;
	uint32_t number = search->index->heads[key & search->index->mask];

	for (; number < search->best; number = rules[number].next)
		if (rules[number].key == key)
			try_rule(search, number);
}

static void try_text(struct search *search, const char *text, enum domain domain)
{
	size_t length = base_string_length(text);

	try_key(search, key_of_whole(text, length, domain));
	for (size_t i = 0; i + 4 <= length; i++) {
		if (i + 8 <= length)
			try_key(search, key_of_8(text + i, domain));
		try_key(search, key_of_4(text + i, domain));
	}
}

const struct sites_rule *sites_rule_index_find(const struct sites_rule_index *index,
					       const struct sites_rule_names *names,
					       uint32_t *ret_tried)
{
	struct search search = {index, names, NONE, 0};

	*ret_tried = 0;
	if (index->count == 0)
		return NULL;
	try_text(&search, names->linker, FUNCTION);
	if (names->readable != names->linker)
		try_text(&search, names->readable, FUNCTION);
	try_text(&search, names->module, MODULE);
	if (index->paths != 0)
		try_text(&search, names->path, PATH);
	for (uint32_t n = index->keyless; n < search.best; n = index->rules[n].next)
		try_rule(&search, n);
	*ret_tried = search.tried;
	return search.best != NONE ? &index->rules[search.best] : NULL;
}
