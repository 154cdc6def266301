/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/format.h"
#include "lib/base/compiler.h"
#include "lib/kernel/utf.h"

enum size { SIZE_INT, SIZE_CHAR, SIZE_SHORT, SIZE_LONG, SIZE_64, SIZE_WIDE };

/* One conversion: %-08.3lx */
struct spec {
	int minus, plus, space, hash, zero;
	int width;     /* 0: none */
	int precision; /* -1: none */
	enum size size;
	unsigned letter;
};

struct reader {
	const void *at;
	int wide;
};

static unsigned peek(const struct reader *format)
{
	return format->wide ? *(const WCHAR *)format->at : *(const unsigned char *)format->at;
}

static void step(struct reader *format)
{
	format->at = (const char *)format->at + (format->wide ? sizeof(WCHAR) : 1);
}

static int accept(struct reader *format, unsigned character)
{
	if (peek(format) != character)
		return 0;
	step(format);
	return 1;
}

static void put_unit(struct kernel_text *text, unsigned unit)
{
	if (text->length < text->capacity && text->buffer != NULL) {
		if (text->wide)
			((WCHAR *)text->buffer)[text->length] = (WCHAR)unit;
		else
			((char *)text->buffer)[text->length] = (char)unit;
	}
	text->length++;
}

static void put_code_point(struct kernel_text *text, uint32_t code)
{
	uint8_t bytes[4];
	WCHAR units[2];
	unsigned count;

	if (text->wide) {
		count = kernel_utf16_put(code, units);
		for (unsigned i = 0; i < count; i++)
			put_unit(text, units[i]);
	} else {
		count = kernel_utf8_put(code, bytes);
		for (unsigned i = 0; i < count; i++)
			put_unit(text, bytes[i]);
	}
}

static void pad(struct kernel_text *text, int count, unsigned with)
{
	while (count-- > 0)
		put_unit(text, with);
}

static void put_narrow(struct kernel_text *text, const char *string, size_t bytes)
{
	while (text->wide && bytes > 0) {
		uint32_t code;
		size_t taken = kernel_utf8_get((const uint8_t *)string, bytes, &code);

		put_code_point(text, code);
		string += taken;
		bytes -= taken;
	}
	for (size_t i = 0; i < bytes; i++)
		put_unit(text, (unsigned char)string[i]);
}

static void put_wide(struct kernel_text *text, const WCHAR *string, size_t units)
{
	while (!text->wide && units > 0) {
		uint32_t code;
		size_t taken = kernel_utf16_get(string, units, &code);

		put_code_point(text, code);
		string += taken;
		units -= taken;
	}
	for (size_t i = 0; i < units; i++)
		put_unit(text, string[i]);
}

/* The precision bounds how much of a string is looked at. */
static size_t bounded(const struct spec *spec, size_t length)
{
	return spec->precision >= 0 ? base_min(length, (size_t)spec->precision) : length;
}

static void put_string(struct kernel_text *text, const struct spec *spec, const void *string,
		       size_t length, int wide)
{
	int room;

	if (string == NULL) {
		string = "(null)";
		length = 6;
		wide = 0;
	}
	length = bounded(spec, length);
	room = spec->width - (int)base_min(length, INT32_MAX);
	if (!spec->minus)
		pad(text, room, ' ');
	if (wide)
		put_wide(text, string, length);
	else
		put_narrow(text, string, length);
	if (spec->minus)
		pad(text, room, ' ');
}

static size_t narrow_length(const struct spec *spec, const char *string)
{
	if (string == NULL)
		return 0;
	return spec->precision >= 0 ? strnlen(string, (size_t)spec->precision) : strlen(string);
}

static size_t wide_length(const struct spec *spec, const WCHAR *string)
{
	size_t length = 0;

	while (string != NULL && (spec->precision < 0 || length < (size_t)spec->precision) &&
	       string[length] != 0)
		length++;
	return length;
}

static void put_number(struct kernel_text *text, const struct spec *spec, uint64_t value,
		       int negative)
{
	char digits[24];
	int count = 0;
	unsigned base = spec->letter == 'o'                          ? 8
			: spec->letter == 'x' || spec->letter == 'X' ? 16
								     : 10;
	const char *set = spec->letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	char prefix[3] = {0};
	int prefixed = 0, zeros, room;

	if (negative)
		prefix[prefixed++] = '-';
	else if (spec->plus || spec->space)
		prefix[prefixed++] = spec->plus ? '+' : ' ';
	if (spec->hash && base == 16 && value != 0) {
		prefix[prefixed++] = '0';
		prefix[prefixed++] = (char)spec->letter;
	}
	for (; value != 0; value /= base)
		digits[count++] = set[value % base];
	zeros = (spec->precision < 0 ? 1 : spec->precision) - count;
	if (spec->hash && base == 8 && zeros <= 0)
		zeros = 1;
	zeros = zeros > 0 ? zeros : 0;
	room = spec->width - prefixed - zeros - count;
	if (spec->zero && !spec->minus && spec->precision < 0 && room > 0) {
		zeros += room;
		room = 0;
	}
	if (!spec->minus)
		pad(text, room, ' ');
	put_narrow(text, prefix, (size_t)prefixed);
	pad(text, zeros, '0');
	while (count > 0)
		put_unit(text, (unsigned char)digits[--count]);
	if (spec->minus)
		pad(text, room, ' ');
}

static int64_t signed_argument(const struct spec *spec, va_list *arguments)
{
	int64_t value;

	if (spec->size == SIZE_64)
		return va_arg(*arguments, int64_t);
	value = va_arg(*arguments, int);
	if (spec->size == SIZE_SHORT)
		return (int16_t)value;
	return spec->size == SIZE_CHAR ? (int8_t)value : value;
}

static uint64_t unsigned_argument(const struct spec *spec, va_list *arguments)
{
	uint64_t value;

	if (spec->size == SIZE_64)
		return va_arg(*arguments, uint64_t);
	value = va_arg(*arguments, unsigned);
	if (spec->size == SIZE_SHORT)
		return (uint16_t)value;
	return spec->size == SIZE_CHAR ? (uint8_t)value : value;
}

/* Whether %s, %c (`is_upper` 0) or %S, %C mean wide text. */
static int means_wide(const struct kernel_text *text, const struct spec *spec, int is_upper)
{
	if (spec->size == SIZE_LONG || spec->size == SIZE_WIDE)
		return 1;
	if (spec->size == SIZE_SHORT)
		return 0;
	return text->wide != is_upper;
}

static void convert_string(struct kernel_text *text, const struct spec *spec, va_list *arguments)
{
	const void *string = va_arg(*arguments, const void *);

	if (spec->letter == 'Z') {
		const STRING *counted = string;
		int wide = spec->size == SIZE_WIDE || spec->size == SIZE_LONG;

		if (counted == NULL || counted->Buffer == NULL)
			put_string(text, spec, NULL, 0, 0);
		else
			put_string(text, spec, counted->Buffer,
				   wide ? counted->Length / sizeof(WCHAR) : counted->Length, wide);
	} else if (means_wide(text, spec, spec->letter == 'S')) {
		put_string(text, spec, string, wide_length(spec, string), 1);
	} else {
		put_string(text, spec, string, narrow_length(spec, string), 0);
	}
}

static void convert_character(struct kernel_text *text, const struct spec *spec, va_list *arguments)
{
	unsigned value = va_arg(*arguments, unsigned);
	WCHAR unit = (WCHAR)value;
	char byte = (char)value;
	struct spec whole = *spec;

	whole.precision = -1;
	if (means_wide(text, spec, spec->letter == 'C'))
		put_string(text, &whole, &unit, 1, 1);
	else
		put_string(text, &whole, &byte, 1, 0);
}

/* What cannot be converted is shown as it stands; its argument is passed over. */
static void show_spec(struct kernel_text *text, const struct spec *spec, va_list *arguments)
{
	if (strchr("eEfFgGaA", (int)spec->letter) != NULL)
		(void)va_arg(*arguments, double);
	put_unit(text, '%');
	put_unit(text, spec->letter);
}

static void convert(struct kernel_text *text, struct spec *spec, va_list *arguments)
{
	int64_t value;

	switch (spec->letter) {
	case 'd':
	case 'i':
		value = signed_argument(spec, arguments);
		put_number(text, spec, value < 0 ? -(uint64_t)value : (uint64_t)value, value < 0);
		break;
	case 'u':
	case 'o':
	case 'x':
	case 'X':
		spec->plus = spec->space = 0;
		put_number(text, spec, unsigned_argument(spec, arguments), 0);
		break;
	case 'p':
		*spec = (struct spec){
			.width = spec->width, .minus = spec->minus, .precision = 16, .letter = 'X'};
		put_number(text, spec, (uintptr_t)va_arg(*arguments, void *), 0);
		break;
	case 's':
	case 'S':
	case 'Z':
		convert_string(text, spec, arguments);
		break;
	case 'c':
	case 'C':
		convert_character(text, spec, arguments);
		break;
	default:
		show_spec(text, spec, arguments);
	}
}

static int number_in(struct reader *format, va_list *arguments)
{
	int value = 0;

	if (accept(format, '*'))
		return va_arg(*arguments, int);
	while (peek(format) >= '0' && peek(format) <= '9') {
		value = value < 100000 ? value * 10 + (int)(peek(format) - '0') : value;
		step(format);
	}
	return value;
}

static enum size size_in(struct reader *format)
{
	if (accept(format, 'h'))
		return accept(format, 'h') ? SIZE_CHAR : SIZE_SHORT;
	if (accept(format, 'l'))
		return accept(format, 'l') ? SIZE_64 : SIZE_LONG;
	if (accept(format, 'w'))
		return SIZE_WIDE;
	if (accept(format, 'I')) {
		if (accept(format, '3')) {
			accept(format, '2');
			return SIZE_INT;
		}
		if (accept(format, '6'))
			accept(format, '4');
		return SIZE_64;
	}
	if (accept(format, 'z') || accept(format, 't') || accept(format, 'j'))
		return SIZE_64;
	return SIZE_INT;
}

static void flags_in(struct reader *format, struct spec *spec)
{
	for (;;) {
		if (accept(format, '-'))
			spec->minus = 1;
		else if (accept(format, '+'))
			spec->plus = 1;
		else if (accept(format, ' '))
			spec->space = 1;
		else if (accept(format, '#'))
			spec->hash = 1;
		else if (accept(format, '0'))
			spec->zero = 1;
		else
			return;
	}
}

void kernel_format(struct kernel_text *text, const void *format, va_list *arguments)
{
	struct reader reader = {.at = format, .wide = text->wide};
	unsigned letter;

	while ((letter = peek(&reader)) != 0) {
		struct spec spec = {.precision = -1};

		step(&reader);
		if (letter != '%') {
			put_unit(text, letter);
			continue;
		}
		if (accept(&reader, '%')) {
			put_unit(text, '%');
			continue;
		}
		flags_in(&reader, &spec);
		spec.width = number_in(&reader, arguments);
		if (spec.width < 0) {
			spec.minus = 1;
			spec.width = -spec.width;
		}
		if (accept(&reader, '.'))
			spec.precision = number_in(&reader, arguments);
		spec.size = size_in(&reader);
		spec.letter = peek(&reader);
		if (spec.letter == 0)
			break;
		step(&reader);
		convert(text, &spec, arguments);
	}
}
