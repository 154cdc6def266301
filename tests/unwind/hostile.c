// SPDX-License-Identifier: BSD-2-Clause
/*
 * hostile.c - frame information that is cut, scrambled or made to hurt
 *
 * Usage: hostile [ROUNDS]. Prints TAP. The frame information of libc and of this program is copied
 * to blocks of exactly its size, with the library's pc-relative distances kept, and changed there;
 * built with the address and undefined behaviour sanitizers, a wrong access ends the program.
 * The numbers are seeded: every run does the same.
 */
#include "lib/sites/cfi.h"
#include "tests/harness/tap.h"

#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <time.h>

/* A file's bytes in a block of our own, and a clean copy. */
struct copy {
	uint8_t *bytes, *clean;
	size_t size, header, frames, frames_end;
	uintptr_t original;
};

static uint64_t random_state = 1;

static size_t below(size_t limit)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (size_t)((random_state >> 33) % limit);
}

static struct sites_step rule(const struct copy *copy, size_t offset)
{
	struct sites_cfi_file file = {
		.start = copy->bytes,
		.end = copy->bytes + copy->size,
		.header = copy->bytes + copy->header,
	};

	return sites_cfi_rule_in(&file, (uintptr_t)copy->bytes + offset);
}

struct search {
	uintptr_t base;
	struct copy *copy;
};

/* Between the objects of a file the sanitizer forbids to read; a volatile loop is no memcpy. */
static __attribute__((no_sanitize("address"))) void copy_bytes(uint8_t *to, uintptr_t from,
							       size_t size)
{
	const volatile uint8_t *at = (const volatile uint8_t *)from;

	for (size_t i = 0; i < size; i++)
		to[i] = at[i];
}

static int copy_segments(struct dl_phdr_info *info, size_t size, void *data)
{
	const struct search *search = data;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + segment->p_vaddr;

		if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_R) ||
		    start < search->base || start >= search->base + search->copy->size)
			continue;
		copy_bytes(search->copy->clean + (start - search->base), start, segment->p_memsz);
	}
	return 0;
}

/* The file `address` lies in. */
static struct copy take(void *address)
{
	struct dl_find_object object;
	struct copy copy = {.size = 0};
	struct search search = {.copy = &copy};
	int32_t frames;

	if (_dl_find_object(address, &object) != 0)
		abort();
	search.base = copy.original = (uintptr_t)object.dlfo_map_start;
	copy.size = (size_t)((uintptr_t)object.dlfo_map_end - copy.original);
	copy.header = (size_t)((uintptr_t)object.dlfo_eh_frame - copy.original);
	copy.bytes = malloc(copy.size);
	copy.clean = calloc(1, copy.size);
	if (copy.bytes == NULL || copy.clean == NULL)
		abort();
	dl_iterate_phdr(copy_segments, &search);
	memcpy(copy.bytes, copy.clean, copy.size);
	memcpy(&frames, copy.clean + copy.header + 4, sizeof(frames));
	copy.frames = (size_t)((intptr_t)copy.header + 4 + frames);
	copy.frames_end = copy.frames;
	/* Entries, each with its length in front; a length of 0 ends them. */
	for (uint32_t length = 1; length != 0; copy.frames_end += length + 4)
		memcpy(&length, copy.clean + copy.frames_end, sizeof(length));
	return copy;
}

/* The number of entries of the sorted table, and the function of one of them. */
static uint32_t functions(const struct copy *copy)
{
	uint32_t count;

	memcpy(&count, copy->clean + copy->header + 8, sizeof(count));
	return count;
}

static void entry(const struct copy *copy, size_t number, size_t *ret_function, size_t *ret_frame)
{
	int32_t pair[2];

	memcpy(pair, copy->clean + copy->header + 12 + 8 * number, sizeof(pair));
	*ret_function = (size_t)((intptr_t)copy->header + pair[0]);
	*ret_frame = (size_t)((intptr_t)copy->header + pair[1]);
}

/* The copies answer as the originals do. */
static void check_copy(const struct copy *copy, const char *name)
{
	unsigned long same = 0, asked = 0;

	for (size_t i = 0; i < functions(copy); i++) {
		size_t function, frame;

		entry(copy, i, &function, &frame);
		for (size_t at = 1; at < 40; at += 13) {
			struct sites_step a = rule(copy, function + at);
			struct sites_step b = sites_cfi_rule(copy->original + function + at);

			asked++;
			same += memcmp(&a, &b, sizeof(a)) == 0;
		}
	}
	ok(asked > 0 && same == asked, "%s: %lu of %lu rules from the copy are the original's",
	   name, same, asked);
}

static uint8_t nasty(void)
{
	static const uint8_t bytes[] = {0,    1,    2,    4,    8,    0x0a, 0x0b,
					0x0f, 0x10, 0x16, 0x7f, 0x80, 0xff};

	return below(2) ? bytes[below(sizeof(bytes))] : (uint8_t)below(256);
}

/* Changes bytes of one entry, of the entry it refers to, or of the table, and asks around there. */
static unsigned long scramble(struct copy *copy)
{
	size_t function, frame, from, changed, number = below(functions(copy));
	unsigned long rules = 0;

	entry(copy, number, &function, &frame);
	from = frame;
	if (below(4) == 0) {
		uint32_t distance;

		memcpy(&distance, copy->clean + frame + 4, sizeof(distance));
		from = frame + 4 - distance;
	} else if (below(8) == 0) {
		from = copy->header + (below(2) ? 0 : 12 + 8 * number);
	}
	changed = base_min(1 + below(below(4) ? 4 : 40), copy->size - from);
	for (size_t i = 0; i < changed; i++)
		copy->bytes[from + below(base_min(40, copy->size - from))] = nasty();
	for (size_t at = 1; at < 300; at += 1 + below(40))
		rules += rule(copy, function + at).kind != SITES_STEP_NONE;
	memcpy(copy->bytes + from, copy->clean + from, base_min(40, copy->size - from));
	return rules;
}

static void check_scrambled(struct copy *copy, const char *name, long rounds)
{
	unsigned long rules = 0;

	for (long i = 0; i < rounds; i++)
		rules += scramble(copy);
	ok(memcmp(copy->bytes, copy->clean, copy->size) == 0,
	   "%s: %ld scrambled entries, %lu rules found in them", name, rounds, rules);
}

/* The file ends in the middle of its table, or of an entry. */
static void check_cut(const struct copy *copy, const char *name)
{
	size_t ends[] = {copy->header,        copy->header + 1,  copy->header + 4,
			 copy->header + 11,   copy->header + 13, copy->frames + 3,
			 copy->frames + 9,    copy->frames + 17, copy->frames + 26,
			 copy->frames_end - 1};
	unsigned long rules = 0;

	for (size_t i = 0; i < BASE_ARRAY_SIZE(ends) + 200; i++) {
		size_t end = i < BASE_ARRAY_SIZE(ends)
				     ? ends[i]
				     : copy->frames + below(copy->frames_end - copy->frames);
		uint8_t *block = malloc(end + (end == 0));
		struct sites_cfi_file file = {
			.start = block, .end = block + end, .header = block + copy->header};

		memcpy(block, copy->clean, end);
		for (size_t j = 0; j < 50; j++) {
			size_t function, frame;

			entry(copy, below(functions(copy)), &function, &frame);
			rules += sites_cfi_rule_in(&file, (uintptr_t)block + function + 5).kind !=
				 SITES_STEP_NONE;
		}
		free(block);
	}
	ok(1, "%s: cut short, %lu rules found", name, rules);
}

/* --- made by hand --------------------------------------------------------------------------- */

enum { CODE = 0x1000, HEADER = 0, FRAMES = 32, MADE_SIZE = 65536 };

/* A file with one function, whose call-frame program is `program`. */
static struct sites_step made(const uint8_t *program, size_t length, uint8_t data_align,
			      uint32_t end)
{
	static const uint8_t header[] = {1, 0x1b, 0x03, 0x3b};
	uint8_t *file = calloc(1, MADE_SIZE);
	int32_t words[4] = {FRAMES - 4, 1, CODE, FRAMES + 20};
	uint8_t cie[20] = {16,  0, 0, 0,          0,  0, 0,    0,    1, 'z',
			   'R', 0, 1, data_align, 16, 1, 0x1b, 0x0c, 7, 8};
	uint32_t fde[4] = {(uint32_t)length + 13, 24, CODE - (FRAMES + 28), end};
	struct sites_cfi_file in = {
		.start = file, .end = file + MADE_SIZE, .header = file + HEADER};
	struct sites_step step;

	memcpy(file, header, sizeof(header));
	memcpy(file + 4, words, sizeof(words));
	memcpy(file + FRAMES, cie, sizeof(cie));
	memcpy(file + FRAMES + 20, fde, sizeof(fde));
	if (length <= MADE_SIZE - FRAMES - 37)
		memcpy(file + FRAMES + 37, program, length);
	step = sites_cfi_rule_in(&in, (uintptr_t)file + CODE + 17);
	free(file);
	return step;
}

#define MADE(...) \
	made((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), 0x78, 64)

/* Whether a step with the rule succeeds on a stack of some kilobytes. */
static int leads_anywhere(struct sites_step step)
{
	static uintptr_t stack[1024];
	uintptr_t limit = (uintptr_t)(stack + 1024);
	struct sites_frame frame = {.sp = (uintptr_t)(stack + 8), .bp = (uintptr_t)(stack + 16)};

	return sites_frame_step_any(&frame, step, &limit) == 0;
}

static void by_hand(void)
{
	static uint8_t many[60000];
	struct sites_step plain = MADE(0);
	struct timespec from, to;

	ok(plain.kind == SITES_STEP_SP && plain.cfa_offset == 8, "the plain one is followed");
	ok(MADE(0x0e, 24).cfa_offset == 24, "def_cfa_offset");
	ok(MADE(0x44, 0x0e, 32, 0x5f, 0x0e, 99).cfa_offset == 32, "rows up to the address only");
	ok(MADE(0x0b).kind == SITES_STEP_NONE, "restore_state without remember_state");
	memset(many, 0x0a, sizeof(many));
	ok(made(many, 100, 0x78, 64).kind == SITES_STEP_NONE, "remember_state without end");
	ok(!leads_anywhere(
		   MADE(0x0e, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1)),
	   "a number of more than 64 bits");
	ok(MADE(0x0e, 0x80).kind == SITES_STEP_NONE, "a number without end");
	ok(!leads_anywhere(MADE(0x13, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f)),
	   "an offset whose product overflows");
	ok(MADE(0x86, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f).flags == SITES_BP_LOST,
	   "a saved register far away is lost");
	ok(MADE(0x86, 0x80, 0x80, 0x10).flags == SITES_BP_LOST, "one outside of its frame is, too");
	ok(MADE(0x0f, 0x7f, 0x77).kind == SITES_STEP_NONE, "an expression longer than its program");
	ok(MADE(0x0f, 0).kind == SITES_STEP_NONE, "an empty expression");
	ok(MADE(0x0f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0x77, 8).kind ==
		   SITES_STEP_NONE,
	   "an expression of 2^64 - 1 bytes");
	ok(MADE(0x10, 6, 2, 0x76, 0).kind == SITES_STEP_SP, "a register saved by expression");
	ok(MADE(0x3f).kind == SITES_STEP_NONE, "an instruction nobody has defined");
	ok(MADE(0x0d, 17).kind == SITES_STEP_NONE, "a frame register that does not exist");
	ok(MADE(0x90, 2).kind == SITES_STEP_NONE, "a return address elsewhere");
	ok(MADE(0x07, 16).kind == SITES_STEP_END, "an undefined return address");
	ok(MADE(0x0e, 0xff, 0xff, 0xff, 0xff, 0x0f).kind == SITES_STEP_NONE, "a frame of 4 GiB");
	ok(made(many, 0, 0x78, 16).kind == SITES_STEP_NONE, "an address past the function's end");
	ok(made(many, 1u << 30, 0x78, 64).kind == SITES_STEP_NONE, "an entry longer than the file");
	ok(made(many, 0xfffffff3u, 0x78, 64).kind == SITES_STEP_NONE, "an entry of length 0");
	memset(many, 0x0e, sizeof(many));
	clock_gettime(CLOCK_MONOTONIC, &from);
	made(many, sizeof(many), 0x78, 64);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ok(to.tv_sec - from.tv_sec < 2, "a program of 60,000 bytes takes no time");
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? atol(argv[1]) : 100000;
	struct copy libc = take((void *)(uintptr_t)qsort);
	struct copy own = take((void *)(uintptr_t)main);

	by_hand();
	check_copy(&libc, "libc");
	check_copy(&own, "this program");
	check_cut(&libc, "libc");
	check_cut(&own, "this program");
	check_scrambled(&libc, "libc", rounds);
	check_scrambled(&own, "this program", rounds);
	for (size_t i = 0; i < 2; i++) {
		struct copy *copy = i == 0 ? &libc : &own;

		free(copy->bytes);
		free(copy->clean);
	}
	return done();
}
