/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.h - strings kept once and known by number
 *
 * Callers: model/. Allocates; no locks. Numbers stay valid until names_fini(). Number 0 is "".
 */
#ifndef POOLMON_MODEL_NAMES_H
#define POOLMON_MODEL_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct names {
	size_t count;
	size_t allocated;
	char **texts;
	size_t slot_count; /* a power of two */
	uint32_t *slots;   /* number + 1, 0: free */
};

void names_init(struct names *names);
void names_fini(struct names *names);

/* The number of `text`, added when it is new. */
uint32_t names_number(struct names *names, const char *text);

/* The kept copy of `text`, added when it is new. */
const char *names_kept(struct names *names, const char *text);

#endif
