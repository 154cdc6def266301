/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/base/text.h"
#include <errno.h>

struct base_text base_text_in(char *buffer, size_t capacity)
{
	buffer[0] = '\0';
	return (struct base_text){.start = buffer, .capacity = capacity};
}

void base_text_char(struct base_text *text, char c)
{
	if (text->length + 1 >= text->capacity) {
		text->cut = 1;
		return;
	}
	text->start[text->length++] = c;
	text->start[text->length] = '\0';
}

void base_text_add(struct base_text *text, const char *string)
{
	while (*string != '\0')
		base_text_char(text, *string++);
}

void base_text_quoted(struct base_text *text, const char *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c >= 0x20 && c <= 0x7e) {
			base_text_char(text, (char)c);
			continue;
		}
		base_text_add(text, "\\x");
		base_text_char(text, digits[c >> 4]);
		base_text_char(text, digits[c & 15]);
	}
}

static void add_digits(struct base_text *text, uint64_t value, unsigned base)
{
	char digits[20];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	while (n > 0)
		base_text_char(text, digits[--n]);
}

void base_text_unsigned(struct base_text *text, uint64_t value)
{
	add_digits(text, value, 10);
}

void base_text_hex(struct base_text *text, uint64_t value)
{
	base_text_add(text, "0x");
	add_digits(text, value, 16);
}

void base_text_error(struct base_text *text, long error)
{
	switch (-error) {
	case EACCES:
	case EPERM:
		base_text_add(text, "permission denied");
		break;
	case ENOENT:
		base_text_add(text, "no such directory");
		break;
	case ENOTDIR:
	case ELOOP:
		base_text_add(text, "not a directory");
		break;
	case EROFS:
		base_text_add(text, "read-only file system");
		break;
	case ENOSPC:
	case EDQUOT:
		base_text_add(text, "no space left");
		break;
	case ENOMEM:
		base_text_add(text, "out of memory");
		break;
	default:
		base_text_add(text, "error ");
		base_text_unsigned(text, (uint64_t)-error);
	}
}

size_t base_string_length(const char *string)
{
	size_t n = 0;

	while (string[n] != '\0')
		n++;
	return n;
}

uint64_t base_hex_at(const char **at)
{
	uint64_t value = 0;

	for (;; ++*at) {
		if (**at >= '0' && **at <= '9')
			value = value << 4 | (uint64_t)(**at - '0');
		else if (**at >= 'a' && **at <= 'f')
			value = value << 4 | (uint64_t)(**at - 'a' + 10);
		else
			return value;
	}
}

int base_string_equal(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

const char *base_path_tail(const char *path)
{
	const char *tail = path;

	for (; *path != '\0'; path++)
		if (*path == '/')
			tail = path + 1;
	return tail;
}
