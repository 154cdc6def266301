/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/utf.h"

size_t kernel_utf8_get(const uint8_t *bytes, size_t count, uint32_t *ret_code)
{
	uint8_t first = bytes[0], low = 0x80, high = 0xbf;
	size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	uint32_t code;

	*ret_code = first;
	if (length == 1)
		return 1;
	*ret_code = KERNEL_UTF_BAD;
	if (first < 0xc2 || first > 0xf4)
		return 1;
	/* The second byte has a narrower range: no overlong forms, surrogates, or beyond 10FFFF. */
	low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : low;
	high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : high;
	code = first & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if (i == count || bytes[i] < low || bytes[i] > high)
			return i;
		code = code << 6 | (bytes[i] & 0x3f);
		low = 0x80;
		high = 0xbf;
	}
	*ret_code = code;
	return length;
}

size_t kernel_utf16_get(const WCHAR *units, size_t count, uint32_t *ret_code)
{
	uint32_t first = units[0];

	*ret_code = first;
	if (first < 0xd800 || first > 0xdfff)
		return 1;
	if (first > 0xdbff || count < 2 || units[1] < 0xdc00 || units[1] > 0xdfff) {
		*ret_code = KERNEL_UTF_BAD;
		return 1;
	}
	*ret_code = 0x10000 + ((first & 0x3ff) << 10) + (units[1] & 0x3ffu);
	return 2;
}

unsigned kernel_utf8_put(uint32_t code, uint8_t bytes[4])
{
	unsigned length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	for (unsigned i = length - 1; i > 0; i--) {
		bytes[i] = (uint8_t)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	bytes[0] = (uint8_t)(length == 1 ? code : (0xf00u >> length & 0xf0u) | code);
	return length;
}

unsigned kernel_utf16_put(uint32_t code, WCHAR units[2])
{
	if (code < 0x10000) {
		units[0] = (WCHAR)code;
		return 1;
	}
	code -= 0x10000;
	units[0] = (WCHAR)(0xd800 | code >> 10);
	units[1] = (WCHAR)(0xdc00 | (code & 0x3ff));
	return 2;
}
