/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text.h - builds short texts in a fixed buffer
 *
 * Purpose: messages and file names without printf, which may allocate and takes locks.
 * Callers: everything in lib/. Locking: none, a text belongs to its caller. Context:
 * async-signal-safe, never allocates, may run before init. A text that does not fit is cut and
 * `cut` is set; it is NUL-terminated always.
 */
#ifndef LIB_BASE_TEXT_H
#define LIB_BASE_TEXT_H

#include "lib/base/compiler.h"

struct base_text {
	char *start;
	size_t length;   /* without the NUL */
	size_t capacity; /* with the NUL */
	int cut;
};

/* An empty text in `buffer` of `capacity` > 0 bytes. */
struct base_text base_text_in(char *buffer, size_t capacity);

void base_text_char(struct base_text *text, char c);
void base_text_add(struct base_text *text, const char *string);
/* `length` bytes, those outside printable ASCII as \xNN. */
void base_text_quoted(struct base_text *text, const char *bytes, size_t length);
void base_text_unsigned(struct base_text *text, uint64_t value);
/* 0x and lower-case digits. */
void base_text_hex(struct base_text *text, uint64_t value);

/* What a negative errno means, in words. */
void base_text_error(struct base_text *text, long error);

/* The number in lower-case hexadecimal digits at `*at`, which is moved behind it. */
uint64_t base_hex_at(const char **at);

size_t base_string_length(const char *string);
int base_string_equal(const char *a, const char *b);
/* The part of a path after the last slash. */
const char *base_path_tail(const char *path);

#endif
