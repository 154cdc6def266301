/* SPDX-License-Identifier: BSD-2-Clause */
/* Names nobody's compiler makes: deep, cut, long and mutated ones. They end, soon, and in printable
 * tags. */
#include "lib/sites/naming.h"
#include "lib/sites/wrappers.h"
#include "tests/harness/tap.h"
#include <stdint.h>
#include <string.h>
#include <time.h>

#define LONG_NAME (1u << 20)

static char text[LONG_NAME + 64];

static const char *const seeds[] = {
#define NAME(module, linker, readable, tag) linker,
#include "tests/unit/names.def"
};

/* Names with one byte changed, taken out or doubled, twice over. */
#define ROUNDS 400000

static uint32_t state = 20240229;

static uint32_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

/* 1 when name and tag are as promised for any input. */
static int is_sane(const char *name)
{
	char readable[SITES_READABLE_MAX + 1], tag[4];
	pooltag_tag value = sites_tag_of_function(name, "/usr/bin/prog");
	int letters = 0;

	readable[SITES_READABLE_MAX] = '#';
	sites_readable_name(name, readable, SITES_READABLE_MAX);
	if (readable[SITES_READABLE_MAX] != '#' || strlen(readable) >= SITES_READABLE_MAX)
		return 0;
	memcpy(tag, &value, sizeof(tag));
	for (int i = 0; i < 4; i++) {
		if (tag[i] < 0x20 || tag[i] > 0x7e)
			return 0;
		letters += tag[i] != ' ';
	}
	return letters > 0 && value == sites_tag_of_function(name, "/usr/bin/prog");
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* `prefix`, and `piece` over and over to a megabyte. */
static void check_long(const char *prefix, const char *piece)
{
	size_t n = strlen(piece), at = strlen(prefix);
	double before, taken;
	int sane;

	memcpy(text, prefix, at);
	for (; at + n < LONG_NAME; at += n)
		memcpy(text + at, piece, n);
	text[at] = '\0';
	before = seconds();
	sane = is_sane(text);
	taken = seconds() - before;
	/* Every pattern of the wrapper list reads the name once or twice: a generous second or two.
	 */
	ok(sane && taken < 5, "1 MB of %s%s in %.3f s", prefix, piece, taken);
}

static void check_truncated(void)
{
	int sane = 1;

	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
		for (size_t length = strlen(seeds[i]); length > 0; length--) {
			/* Against the end of the buffer, where a tool would see one byte too many
			 * read. */
			char *copy = text + sizeof(text) - length;

			memcpy(copy, seeds[i], length - 1);
			copy[length - 1] = '\0';
			sane &= is_sane(copy);
		}
	ok(sane, "every name cut at every byte");
}

static void mutate(char *name)
{
	static const char bytes[] = "_ZNISTLXEJFARPKDUCB0123456789nsltciv$.@\x80\xff\x01 ";
	size_t length = strlen(name), at = length > 0 ? next_random() % length : 0;

	if (length == 0)
		return;
	switch (next_random() % 4) {
	case 0:
		memmove(name + at, name + at + 1, length - at);
		break;
	case 1:
		memmove(name + at + 1, name + at, length - at + 1);
		break;
	default:
		name[at] = bytes[next_random() % (sizeof(bytes) - 1)];
	}
}

static void check_mutated(void)
{
	int sane = 1;

	for (int i = 0; i < ROUNDS / 8 && sane; i++) {
		strcpy(text, seeds[next_random() % (sizeof(seeds) / sizeof(seeds[0]))]);
		for (int m = 0; m < 8 && sane; m++) {
			mutate(text);
			sane = is_sane(text);
		}
	}
	if (!ok(sane, "%d mutated names", ROUNDS))
		printf("# %s\n", text);
}

/* All patterns of the wrapper list against a megabyte of what many of them end in. */
static void check_wrappers(void)
{
	double before, taken;

	for (size_t i = 0; i < LONG_NAME; i++)
		text[i] = "_malloc "[i % 8];
	text[LONG_NAME] = '\0';
	before = seconds();
	ok(!sites_is_wrapper("/usr/bin/prog", text, text), "1 MB is no wrapper");
	taken = seconds() - before;
	ok(taken < 10, "decided in %.3f s", taken);
}

int main(void)
{
	static const char *const prefixes[] = {"", "_Z", "_ZN", "_R", "_ZZ", "_Z1fI"};
	static const char *const pieces[] = {
		"a",      "_",     "Z",     "N",     "I",    "P",     "1a",
		"St",     "X",     "cv",    "L_Z",   "T_",   "J",     "DpT_",
		"Ul",     "F",     "A_",    "sr",    "clE",  "M",     "INvC",
		"B_",     "D",     "TT",    "KB_",   "$LT$", "..",    "9999999999999999999",
		"NvNtB_", "::",    ".cold", "IC1aE", "MB_",  "XB_B_", "YB_B_",
		"NSt1aE", "3abcI",
	};

	for (size_t p = 0; p < sizeof(prefixes) / sizeof(prefixes[0]); p++)
		for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
			check_long(prefixes[p], pieces[i]);
	check_truncated();
	check_mutated();
	check_wrappers();
	return done();
}
