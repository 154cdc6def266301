/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text.h - text that came from somebody else, made safe; and small parsers
 *
 * Callers: every layer of poolmon. No function here allocates or keeps state.
 */
#ifndef POOLMON_COMMON_TEXT_H
#define POOLMON_COMMON_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decodes one UTF-8 character of the `length` > 0 bytes at `text` into *code. Returns its length in
 * bytes, or 0 when the bytes are not a complete, shortest-form character.
 */
size_t text_decode(const char *text, size_t length, uint32_t *code);

/* Writes `code` as UTF-8 into `out` (at least 4 bytes) and returns the number of bytes. */
size_t text_encode(uint32_t code, char *out);

/*
 * Copies `length` bytes of `text` to `out` as valid UTF-8 without control characters: what is not,
 * becomes \xNN, byte by byte. `out` holds 4 * length + 1 bytes. Returns the length written.
 */
size_t text_escape(const char *text, size_t length, char *out);

/* The part of a path after its last '/'. */
const char *text_base_name(const char *path);

/*
 * PoolMon's tag patterns: '*' stands for any characters, '?' for one; everything else for itself,
 * upper and lower case distinct. `text` has `length` bytes. Returns 1 on a match, else 0.
 */
int text_matches(const char *pattern, const char *text, size_t length);

/* Parses a decimal number in all of `text`, at most `max`. Returns 0, -EINVAL or -ERANGE. */
int text_to_number(const char *text, uint64_t max, uint64_t *ret_number);

/* Parses a number of bytes such as "100", "4k", "2m" or "1g". Returns 0, -EINVAL or -ERANGE. */
int text_to_size(const char *text, uint64_t *ret_bytes);

/*
 * Parses a length of time, e.g. "30", "1.5", "10m", "2h", "1d" (seconds without a letter) into
 * nanoseconds. Returns 0 or -EINVAL.
 */
int text_to_duration(const char *text, uint64_t *ret_ns);

/* Writes a length of time shortly, e.g. "42s", "3m07s", "5h12m", "9d03h". */
void text_from_duration(uint64_t ns, char *out, size_t size);

#endif
