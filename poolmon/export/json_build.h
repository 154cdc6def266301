/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json_build.h - jansson, for those who cannot go on without memory anyway
 *
 * Callers: export/. Allocates; no locks. What jansson has no memory for ends the program, as in
 * common/memory.h; the object or array owns what is put into it.
 */
#ifndef POOLMON_EXPORT_JSON_BUILD_H
#define POOLMON_EXPORT_JSON_BUILD_H

#include "pooltag/tag.h"

#include <jansson.h>

/* `value`, which is not NULL. */
json_t *json_or_exit(json_t *value);

void json_put(json_t *object, const char *key, json_t *value);
void json_append(json_t *array, json_t *value);
void json_put_number(json_t *object, const char *key, uint64_t value);

/* Any bytes as a string: what is not UTF-8, and control characters, become \xNN. */
void json_put_text(json_t *object, const char *key, const char *text);

/* The tag as in tag_text.h. */
void json_put_tag(json_t *object, const char *key, pooltag_tag tag);

#endif
