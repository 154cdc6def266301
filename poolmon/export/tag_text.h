/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tag_text.h - a tag in exported data
 *
 * The four bytes; those outside printable ASCII as \xNN. Unlike what the screen shows, two
 * different tags never look the same. Callers: export/. Does not allocate.
 */
#ifndef POOLMON_EXPORT_TAG_TEXT_H
#define POOLMON_EXPORT_TAG_TEXT_H

#include "pooltag/tag.h"

#include <stddef.h>
#include <stdio.h>

#define TAG_TEXT_SIZE (4 * 4 + 1)

static inline void tag_text(pooltag_tag tag, char out[TAG_TEXT_SIZE])
{
	size_t used = 0;

	for (int i = 0; i < 4; i++) {
		unsigned byte = tag >> (8 * i) & 0xff;

		used += (size_t)snprintf(out + used, TAG_TEXT_SIZE - used,
					 byte >= 0x20 && byte <= 0x7e ? "%c" : "\\x%02X", byte);
	}
}

#endif
