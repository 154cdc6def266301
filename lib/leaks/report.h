/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.h - the leaks of a scan, printed by the process itself
 *
 * Purpose: for programs that ask for a check (__lsan_do_leak_check) without poolmon check around
 * them. One paragraph per site that has definite or indirect leaks, the largest first, and a last
 * line that sums up. Sites the program suppresses are left out and counted.
 * Callers: lib/interpose. Locking: none. Context: after a scan; reads files for names.
 */
#ifndef LIB_LEAKS_REPORT_H
#define LIB_LEAKS_REPORT_H

#include "lib/leaks/result.h"

/* Prints the leaks but for those suppressed by `suppressions` (NULL: none): 1 if there are any. */
int leaks_report(const struct leaks_result *result, const char *suppressions);

#endif
