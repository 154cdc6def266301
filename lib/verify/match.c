/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/verify/match.h"
#include "lib/pool/describe.h"
#include "lib/pool/state.h"
#include "lib/sites/glob.h"
#include "lib/stats/segment.h"
#include <pooltag/tag.h>

static void add_place(struct base_text *text, uint32_t site)
{
	base_lock_take(&pool_state.lock);
	pool_describe_text(text, stats_site_record(site)->address);
	base_lock_drop(&pool_state.lock);
}

static int has_bang(const char *text)
{
	while (*text != '\0' && *text != '!')
		text++;
	return *text == '!';
}

/* Cuts "module!function+0x12" to the part that is matched. */
static void cut_place(char *place, int with_function)
{
	char *end = NULL;

	for (char *c = place; *c != '\0'; c++)
		if (*c == '+' || (*c == '!' && !with_function)) {
			end = c;
			if (*c == '!')
				break;
		}
	if (end != NULL)
		*end = '\0';
}

static int place_matches(uint32_t site, const char *pattern)
{
	char place[640];
	struct base_text text = base_text_in(place, sizeof(place));

	add_place(&text, site);
	cut_place(place, has_bang(pattern));
	return sites_glob_match(pattern, place);
}

int verify_site_matches(uint32_t site, const char *tag_pattern, const char *site_pattern)
{
	char tag[5];

	pooltag_tag_to_text(stats_site_record(site)->tag, tag);
	return (tag_pattern[0] == '\0' || sites_glob_match(tag_pattern, tag)) &&
	       (site_pattern[0] == '\0' || place_matches(site, site_pattern));
}

int verify_site_has_module(uint32_t site)
{
	return stats_site_record(site)->module != POOLTAG_NO_MODULE;
}

void verify_site_text(struct base_text *text, uint32_t site)
{
	char tag[5];

	pooltag_tag_to_text(stats_site_record(site)->tag, tag);
	base_text_add(text, tag);
	base_text_char(text, ' ');
	add_place(text, site);
}
