/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/sites/glob.h"
#include <stddef.h>

int sites_glob_match(const char *pattern, const char *text)
{
	const char *star = NULL; /* what follows the last '*' seen */
	const char *from = NULL; /* where in the text that '*' ends for now */

	while (*text != '\0') {
		if (*pattern == '*') {
			star = ++pattern;
			from = text;
		} else if (*pattern == *text || *pattern == '?') {
			pattern++;
			text++;
		} else if (star != NULL) {
			/* Only the last '*' needs to take more: the earlier ones matched soonest.
			 */
			pattern = star;
			text = ++from;
		} else {
			return 0;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}
