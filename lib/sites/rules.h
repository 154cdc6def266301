/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rules.h - which code a file of rules charges to which tag
 *
 * Purpose: reads a pooltag.txt (grammar: pooltag/rules.h) and answers for a function which rule
 * speaks of it. Of the rules that match, the one with most literal bytes (other than `*` and `?`)
 * in module and function together applies; of equals one without any wildcard; of those the first
 * in the file. Tag rules and wrapper lines are two separate sets. A line that cannot be used is one
 * note, "<file>:<line>:<column>: <reason>; this line is ignored"; after SITES_RULES_NOTES_MAX of
 * them the rest is one note with their number.
 * Callers: pool's start loads, whoever makes a site asks. Locking: loading before the first look-up
 * or under the caller's lock; look-ups only read. Context: loading takes memory from the arena;
 * look-ups never allocate and are async-signal-safe. What a look-up costs: rule_index.h.
 */
#ifndef LIB_SITES_RULES_H
#define LIB_SITES_RULES_H

#include "lib/base/compiler.h"
#include <pooltag/rules.h>

#define SITES_RULES_NOTES_MAX 20
#define SITES_RULES_MAX       1000000 /* rules, and as many wrapper lines, of one file */
#define SITES_RULES_FILE_MIB  256

struct sites_rule_match {
	pooltag_tag tag;
	enum pooltag_rule_pool pool;
	uint32_t line; /* of the rule in its file, from 1 */
};

/* What the lines of the loaded file were. */
struct sites_rules_counts {
	uint32_t rules;        /* tag rules */
	uint32_t wrappers;     /* wrapper and nowrapper lines */
	uint32_t descriptions; /* entries that only describe */
	uint32_t ignored;      /* lines that could not be used */
};

/*
 * Loads the rules of the file `path`, in place of those loaded before. 0; or a negative errno and
 * one note, and the rules loaded before stay. Only regular files are read; none in a privileged
 * program (AT_SECURE): -EPERM.
 */
int sites_rules_load(const char *path);

struct sites_rules_counts sites_rules_counts(void);

/*
 * The rule for a function: 1 and `ret_match`, or 0 if none speaks of it. `module_path` is the path
 * of its file; the names are the function's in the symbol table and as people write it, and a rule
 * applies when it matches either. Unknown ones are NULL and are matched by `*` alone.
 */
int sites_rules_match(const char *module_path, const char *linker_name, const char *readable_name,
		      struct sites_rule_match *ret_match);

/* 1: a rule makes it an allocation wrapper; -1: a rule says it is none; 0: no rule speaks of it. */
int sites_rules_wrapper(const char *module_path, const char *linker_name,
			const char *readable_name);

/* How many rules have been tried in look-ups since the program started, for tests of the cost. */
uint64_t sites_rules_tried(void);

#endif
