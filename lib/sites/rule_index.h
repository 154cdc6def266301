/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rule_index.h - finds the most specific of many rules
 *
 * Purpose: a look-up must not try 100,000 globs. Each rule is filed under one key that every name
 * it matches contains: the whole glob where it has no wildcard, else 8 or 4 consecutive literal
 * bytes of it; of all keys its two globs offer, the one with the fewest rules so far. Rules without
 * 4 literal bytes in a row are on one list that every look-up tries. At most SITES_RULE_KEY_MAX
 * rules share a key or that list; more are refused, and the caller told. A look-up of names of n
 * bytes in all computes at most 2n keys and tries the rules filed under them, best first, none that
 * is worse than what it has. Building is linear in the bytes of the rules.
 *
 * Order. The rule with more literal bytes (other than `*` and `?`) in module and function together
 * comes first; of equals one without any wildcard; of those the one nearer to the beginning of the
 * file. Where two rules have the same globs, the later one never applies.
 *
 * Callers: sites/rules.c. Locking: building is the caller's alone; finding only reads. Context:
 * building takes memory from the arena; finding is async-signal-safe and never allocates.
 */
#ifndef LIB_SITES_RULE_INDEX_H
#define LIB_SITES_RULE_INDEX_H

#include "lib/base/compiler.h"
#include <pooltag/tag.h>

#define SITES_RULE_KEY_MAX 256

struct sites_rule {
	const char *module, *function; /* globs, NUL-terminated; no "**" */
	uint32_t line;                 /* in the file, from 1 */
	uint16_t column;               /* of the module, from 1 */
	uint8_t kind;                  /* enum pooltag_line_kind */
	uint8_t pool;                  /* enum pooltag_rule_pool */
	pooltag_tag tag;
	uint32_t key;  /* the index's */
	uint32_t next; /* the index's: the next rule under this key */
};

struct sites_rule_index {
	struct sites_rule *rules; /* best first */
	uint32_t *heads;          /* by the low bits of a key */
	uint32_t mask;
	uint32_t keyless; /* first rule without a key */
	uint32_t count;
	uint32_t paths; /* rules whose module is a path */
};

/* What rules are tried against; none is NULL, unknown ones are empty. */
struct sites_rule_names {
	const char *path;   /* of the module */
	const char *module; /* its file name */
	const char *linker; /* the function's two names */
	const char *readable;
};

/* Told of each rule that is left out because too many share its key. */
typedef void sites_rule_refused(void *context, const struct sites_rule *rule);

/*
 * Makes `ret_index` of `count` rules in the order of the file, which are copied; their globs are
 * not. 0 or -ENOMEM.
 */
int sites_rule_index_build(const struct sites_rule *rules, uint32_t count,
			   sites_rule_refused *refused, void *context,
			   struct sites_rule_index *ret_index);

/*
 * The first rule that matches the module, and the function by either name; NULL if there is none.
 * `ret_tried`: how many rules were tried, the measure of what it cost.
 */
const struct sites_rule *sites_rule_index_find(const struct sites_rule_index *index,
					       const struct sites_rule_names *names,
					       uint32_t *ret_tried);

#endif
