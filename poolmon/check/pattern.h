/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pattern.h - LeakSanitizer's patterns
 *
 * A pattern stands for every text that contains it; '*' in it for any characters, '^' at its start
 * and '$' at its end tie it to those of the text. Callers: suppressions.c. Does not allocate.
 */
#ifndef POOLMON_CHECK_PATTERN_H
#define POOLMON_CHECK_PATTERN_H

#include <stdbool.h>

bool pattern_matches(const char *pattern, const char *text);

#endif
