/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * match.h - sites by tag, module and function
 *
 * Purpose: the patterns of the options special_tag=, special_site=, fault_tag= and fault_site=, and
 * the name of a site in messages and logs. `*` and `?` as in the rules. A pattern of a site without
 * a '!' is matched with the module's file name, one with it with module!function. An empty pattern
 * matches every site.
 * Callers: lib/verify. Locking: takes pool_state.lock. Context: as malloc; never allocates.
 */
#ifndef LIB_VERIFY_MATCH_H
#define LIB_VERIFY_MATCH_H

#include "lib/base/text.h"

int verify_site_matches(uint32_t site, const char *tag_pattern, const char *site_pattern);

/* Whether the site lies in a file, so that its name is the same in every run. */
int verify_site_has_module(uint32_t site);

/* Adds "tag module!function+0x12". */
void verify_site_text(struct base_text *text, uint32_t site);

#endif
