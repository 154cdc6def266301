/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * owners.h - who a tag belongs to, as tag files say: PoolMon's column Mapped_Driver
 *
 * Takes the text of a pooltag.txt (what -g reads) and of a localtag.txt (what -c reads); both have
 * the grammar of pooltag/rules.h. Callers: cmd/ fills it, the model and what shows rows ask.
 * Allocates; no locks.
 */
#ifndef POOLMON_MODEL_OWNERS_H
#define POOLMON_MODEL_OWNERS_H

#include "pooltag/tag.h"

#include <stddef.h>
#include <stdint.h>

/* In the order in which they are shown. */
enum owners_source { OWNERS_LOCAL, OWNERS_GENERAL, OWNERS_SOURCE_MAX };

/* Lines that could not be read. */
struct owners_faults {
	uint64_t count;
	uint64_t line; /* the first of them */
	size_t column;
	const char *reason;
};

struct owners;

struct owners *owners_create(void);
void owners_destroy(struct owners *owners);

/* Adds the entries of a file's text, which stays the caller's. */
void owners_add(struct owners *owners, enum owners_source source, const char *text, size_t size,
		struct owners_faults *ret_faults);

/*
 * "[ipsec][ipsec.sys    -  event queue]": what follows the first dash of a tag's line, per file; or
 * "Unknown Driver". Valid UTF-8 without control characters, and as long as `owners`.
 */
const char *owners_of(struct owners *owners, pooltag_tag tag);

#endif
