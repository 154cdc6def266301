/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * folded.h - folded stacks, as flame graph programs read them
 *
 * One line per stack: program;outermost;...;innermost value. Equal stacks are one line, lines are
 * sorted, those of value 0 left out. Which stacks they are is said on stderr. Callers: format.c.
 * Allocates; no locks.
 */
#ifndef POOLMON_EXPORT_FOLDED_H
#define POOLMON_EXPORT_FOLDED_H

#include "export/format.h"

/* Returns 0 or a negative errno. */
int folded_write(const struct model *model, const struct format_options *options, FILE *out);

#endif
