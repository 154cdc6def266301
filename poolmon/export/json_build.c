/* SPDX-License-Identifier: BSD-2-Clause */
#include "export/json_build.h"

#include "common/memory.h"
#include "export/tag_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *json_or_exit(json_t *value)
{
	if (!value) {
		fputs("poolmon: out of memory\n", stderr);
		exit(1);
	}
	return value;
}

void json_put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, json_or_exit(value)) < 0)
		json_or_exit(NULL);
}

void json_append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, json_or_exit(value)) < 0)
		json_or_exit(NULL);
}

void json_put_number(json_t *object, const char *key, uint64_t value)
{
	json_put(object, key, json_integer((json_int_t)value));
}

void json_put_text(json_t *object, const char *key, const char *text)
{
	char *escaped = memory_escaped(text);

	json_put(object, key, json_string(escaped));
	free(escaped);
}

void json_put_tag(json_t *object, const char *key, pooltag_tag tag)
{
	char text[TAG_TEXT_SIZE];

	tag_text(tag, text);
	json_put(object, key, json_string(text));
}
