/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_NS_PER_S 1000000000ull

size_t text_decode(const char *text, size_t length, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)text[0];
	size_t bytes = first < 0x80   ? 1
		       : first < 0xc0 ? 0
		       : first < 0xe0 ? 2
		       : first < 0xf0 ? 3
				      : 4;
	uint32_t value = bytes == 1 ? first : first & (0x7fu >> bytes);

	if (bytes == 0 || first >= 0xf8 || bytes > length)
		return 0;
	for (size_t i = 1; i < bytes; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | ((unsigned char)text[i] & 0x3f);
	}
	if (value < least[bytes] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*code = value;
	return bytes;
}

size_t text_encode(uint32_t code, char *out)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

size_t text_escape(const char *text, size_t length, char *out)
{
	size_t written = 0;

	for (size_t i = 0; i < length;) {
		uint32_t code = 0;
		size_t bytes = text_decode(text + i, length - i, &code);

		if (bytes == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0)) {
			written +=
				(size_t)sprintf(out + written, "\\x%02X", (unsigned char)text[i]);
			i++;
			continue;
		}
		memcpy(out + written, text + i, bytes);
		written += bytes;
		i += bytes;
	}
	out[written] = '\0';
	return written;
}

const char *text_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int text_matches(const char *pattern, const char *text, size_t length)
{
	const char *star = NULL;
	size_t at = 0;
	size_t retry = 0;

	while (at < length) {
		if (*pattern == '*') {
			star = pattern++;
			retry = at;
		} else if (*pattern == '?' || (*pattern && *pattern == text[at])) {
			pattern++;
			at++;
		} else if (star) {
			pattern = star + 1;
			at = ++retry;
		} else {
			return 0;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

int text_to_number(const char *text, uint64_t max, uint64_t *ret_number)
{
	char *end;
	uintmax_t value;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	value = strtoumax(text, &end, 10);
	if (*end)
		return -EINVAL;
	if (errno || value > max)
		return -ERANGE;
	*ret_number = value;
	return 0;
}

int text_to_size(const char *text, uint64_t *ret_bytes)
{
	static const char letters[] = "kmg";
	size_t length = strlen(text);
	const char *letter = length > 1 ? strchr(letters, text[length - 1]) : NULL;
	unsigned shift = letter ? 10 * (unsigned)(letter - letters + 1) : 0;
	char digits[24];
	int error;

	if (length >= sizeof(digits))
		return -ERANGE;
	memcpy(digits, text, length + 1);
	if (letter)
		digits[length - 1] = '\0';
	error = text_to_number(digits, UINT64_MAX >> shift, ret_bytes);
	if (error == 0)
		*ret_bytes <<= shift;
	return error;
}

int text_to_duration(const char *text, uint64_t *ret_ns)
{
	static const struct {
		char letter;
		double seconds;
	} units[] = {{'\0', 1}, {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};

	char *end;
	double value;

	if (!isdigit((unsigned char)text[0]) || text[0] == '\0' || strpbrk(text, "xXpPeE"))
		return -EINVAL;
	value = strtod(text, &end);
	if (*end && end[1])
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		double seconds = value * units[i].seconds;

		if (units[i].letter != *end)
			continue;
		if (seconds > 1e10)
			return -EINVAL;
		*ret_ns = (uint64_t)(seconds * (double)TEXT_NS_PER_S);
		return 0;
	}
	return -EINVAL;
}

void text_from_duration(uint64_t ns, char *out, size_t size)
{
	uint64_t s = ns / TEXT_NS_PER_S;

	if (s < 60)
		snprintf(out, size, "%" PRIu64 "s", s);
	else if (s < 3600)
		snprintf(out, size, "%" PRIu64 "m%02" PRIu64 "s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(out, size, "%" PRIu64 "h%02" PRIu64 "m", s / 3600, s / 60 % 60);
	else
		snprintf(out, size, "%" PRIu64 "d%02" PRIu64 "h", s / 86400, s / 3600 % 24);
}
