/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/memory.h"

#include "common/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void memory_exhausted(void)
{
	fputs("poolmon: out of memory\n", stderr);
	exit(1);
}

static void *memory_or_exit(void *result, size_t bytes)
{
	if (!result) {
		fprintf(stderr, "poolmon: out of memory (%zu bytes asked for)\n", bytes);
		exit(1);
	}
	return result;
}

void *memory_zeroed(size_t count, size_t size)
{
	size_t bytes;

	if (count == 0)
		count = 1;
	if (__builtin_mul_overflow(count, size, &bytes))
		return memory_or_exit(NULL, SIZE_MAX);
	return memory_or_exit(calloc(count, size), bytes);
}

void *memory_resized(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (count == 0)
		count = 1;
	if (__builtin_mul_overflow(count, size, &bytes))
		return memory_or_exit(NULL, SIZE_MAX);
	return memory_or_exit(realloc(old, bytes), bytes);
}

char *memory_text(const char *text)
{
	return memory_or_exit(strdup(text), strlen(text) + 1);
}

char *memory_escaped(const char *text)
{
	size_t length = strlen(text);
	char *escaped = memory_zeroed(4 * length + 1, 1);

	text_escape(text, length, escaped);
	return escaped;
}

char *memory_printed(const char *format, ...)
{
	va_list arguments;
	char *text = NULL;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	return memory_or_exit(length < 0 ? NULL : text, 0);
}

void memory_reserve(void *array, size_t *allocated, size_t used, size_t size)
{
	void *old;

	if (used < *allocated)
		return;
	memcpy(&old, array, sizeof(old));
	*allocated = used < 8 ? 16 : 2 * used;
	old = memory_resized(old, *allocated, size);
	memcpy(array, &old, sizeof(old));
}
