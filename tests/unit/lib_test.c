/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib_test.c - the testable parts of the library, linked in statically
 */
#include "lib/base/chance.h"
#include "lib/base/options.h"
#include "lib/base/seal.h"
#include "lib/base/text.h"
#include "lib/heap/header.h"
#include "lib/heap/je.h"
#include "lib/heap/map.h"
#include "lib/heap/sizes.h"
#include "lib/heap/slab.h"
#include "lib/heap/span.h"
#include "lib/kernel/lookaside.h"
#include "lib/leaks/worklist.h"
#include "lib/sites/table.h"
#include "tests/harness/tap.h"
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

uint64_t heap_header_secret = 0x123456789abcdef0;

static void test_text(void)
{
	char buffer[16];
	struct base_text text = base_text_in(buffer, sizeof(buffer));

	base_text_unsigned(&text, 0);
	base_text_char(&text, ' ');
	base_text_hex(&text, 0xdeadbeef);
	is_str(buffer, "0 0xdeadbeef", "numbers");
	base_text_add(&text, "abcdef");
	is_str(buffer, "0 0xdeadbeefabc", "a text that does not fit is cut");
	ok(text.cut == 1, "and says so");
	text = base_text_in(buffer, sizeof(buffer));
	base_text_quoted(&text, "a\x1b\xff", 3);
	is_str(buffer, "a\\x1b\\xff", "bytes that are not printable");
	is_str(base_path_tail("/usr/lib/libc.so.6"), "libc.so.6", "tail of a path");
	is_str(base_path_tail("plain"), "plain", "tail of a plain name");
}

static void test_options(void)
{
	base_options_parse("keep=1:dir=/x/y:segment_max=0x1000000:stack=12");
	ok(base_options.keep == 1, "bool");
	is_str(base_options.dir, "/x/y", "text");
	ok(base_options.segment_max == 0x1000000, "hexadecimal");
	ok(base_options.stack == 12, "decimal");
	base_options_parse("segment_max=64m");
	ok(base_options.segment_max == 64 << 20, "suffix");
	base_options_parse(
		"segment_max=1:stack=65:stack=x:keep=:keep:nonsense=1::dir=:segment_max=9g9");
	ok(base_options.segment_max == 64 << 20 && base_options.stack == 12 &&
		   base_options.keep == 1,
	   "bad values leave what was there");
	is_str(base_options.dir, "", "an empty text is a text");
	base_options_parse("segment_max=18446744073709551616");
	ok(base_options.segment_max == 64 << 20, "a number of more than 64 bits is refused");
	base_options_parse(NULL);
	ok(1, "no options at all");
}

static void test_sizes(void)
{
	_Bool oblivious = 1;
	size_t length = sizeof(oblivious);
	int wrong = 0;

	ok(heap_sizes_init() == 0, "size tables");
	pooltag_je_mallctl("opt.cache_oblivious", &oblivious, &length, NULL, 0);
	ok(!oblivious, "large blocks of jemalloc start at pages");
	for (uint32_t bin = 1; bin < heap_sizes.bin_count; bin++)
		for (uint64_t offset = 0; offset < 65536; offset++)
			wrong += (offset * heap_sizes.bins[bin].reciprocal >> 32) !=
				 offset / heap_sizes.bins[bin].size;
	ok(wrong == 0, "reciprocals divide every offset in a span exactly");
	ok(heap_sizes_validate() == 0, "every size agrees with the rule");
	ok(!heap_sizes.bins[heap_bin_exact(4080)].size ||
		   heap_sizes.bins[heap_bin_exact(4080)].whole_pages,
	   "4080 bytes are a page without header");
	ok(heap_sizes.bins[heap_bin_exact(4096)].size == 4096, "4096 bytes are a page");
	ok(!heap_sizes.bins[heap_bin_exact(4097)].whole_pages, "4097 bytes have a header");
	wrong = 0;
	for (size_t size = 16384; size < (size_t)1 << 41; size = pooltag_je_nallocx(size + 1, 0))
		wrong += heap_large_class(size) != size ||
			 heap_large_class(size + 1) != pooltag_je_nallocx(size + 1, 0);
	ok(wrong == 0 && heap_large_class(HEAP_CLASS_MAX + 1) == 16384,
	   "large classes are jemalloc's");
	ok(heap_bin_exact(HEAP_SMALL_MAX + 1) == HEAP_BIN_UNDECIDED, "above the largest: no bin");
	for (size_t alignment = 16; alignment <= 4096; alignment *= 2)
		for (size_t n = 0; n < 9000; n += 7) {
			uint32_t bin = heap_bin_aligned(n, alignment);

			if (bin != HEAP_BIN_UNDECIDED &&
			    heap_sizes.bins[bin].size % alignment != 0) {
				ok(0, "alignment %zu of %zu bytes", alignment, n);
				return;
			}
		}
	ok(1, "a bin for an alignment holds only aligned blocks");
}

static void test_header(void)
{
	char block[64];
	uint64_t header = heap_header_make(block, heap_header_content(0xabcde, 40));
	int survivors = 0;

	ok(heap_header_valid(block, header), "a header is valid");
	ok(heap_header_site(header) == 0xabcde && heap_header_requested(header) == 40, "and tells");
	ok(!heap_header_valid(block, heap_header_flip(header)), "a freed one is not");
	ok(heap_header_valid(block, heap_header_flip(heap_header_flip(header))),
	   "flipped twice it is");
	*heap_header_of(block, sizeof(block)) = header;
	ok(heap_header_site_high(heap_header_of(block, sizeof(block))) == 0xabcde >> 4 &&
		   heap_header_site_low(header) == 0xe,
	   "the parts of a site");
	heap_header_flip_at(heap_header_of(block, sizeof(block)));
	ok(*heap_header_of(block, sizeof(block)) == heap_header_flip(header),
	   "a header is flipped in its place");
	for (uintptr_t distance = 16; distance < (uintptr_t)1 << 47; distance += distance / 16)
		survivors += heap_header_valid((char *)((uintptr_t)block + distance), header) +
			     heap_header_valid((char *)((uintptr_t)block - distance), header);
	ok(survivors == 0, "nor elsewhere");
	survivors = 0;
	for (int bit = 0; bit < 64; bit++)
		survivors += heap_header_valid(block, header ^ (uint64_t)1 << bit);
	ok(survivors == 0, "no single-bit error passes");
	survivors = 0;
	for (int at = 0; at < 8; at++)
		for (int value = 0; value < 256; value++) {
			uint64_t damaged = header;

			((unsigned char *)&damaged)[at] = (unsigned char)value;
			survivors += damaged != header && heap_header_valid(block, damaged);
		}
	ok(survivors == 0, "no overwritten byte passes");
	survivors = 0;
	for (uint64_t i = 0, random = 1; i < 1 << 26; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		survivors += heap_header_valid(block, random ^ random >> 29);
	}
	ok(survivors < 8, "one random word in 2^26 passes: %d of as many", survivors);
}

static void test_map(void)
{
	char *base =
		mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *page = (char *)(((uintptr_t)base + 4095) & ~(uintptr_t)4095);
	uint32_t bin;
	int wrong = 0;

	heap_map_init();
	ok(heap_map_get(page) == 0 && heap_map_get(NULL) == 0, "unknown pages are 0");
	ok(heap_map_get((void *)(uintptr_t)0x1234000) == 0, "so are pages outside the window");
	/* A slab of 3 pages with blocks of 3072 bytes: four of them, across page boundaries. */
	bin = heap_bin_of_class(3072);
	for (int i = 0; i < 4; i++)
		heap_map_set_small(page + i * 3072, bin, 3072);
	for (int at = 0; at < 4 * 3072; at++)
		wrong += heap_map_block_of(page + at, heap_map_get(page + at)) !=
			 page + at / 3072 * 3072;
	ok(wrong == 0, "every address of a slab resolves to its block");
	ok(heap_map_bin(heap_map_get(page)) == bin && heap_map_class(heap_map_get(page)) == 3072,
	   "bin and class size");
	heap_map_set(page + 65536, heap_map_record(HEAP_SITES_MAX - 1, HEAP_MAP_SIZE_MAX));
	ok(heap_map_is_record(heap_map_get(page + 65536)) &&
		   heap_map_site(heap_map_get(page + 65536)) == HEAP_SITES_MAX - 1 &&
		   heap_map_requested(heap_map_get(page + 65536)) == HEAP_MAP_SIZE_MAX,
	   "a record holds the largest site and size");
	heap_map_set((void *)(uintptr_t)0x10000, 77);
	ok(heap_map_get((void *)(uintptr_t)0x10000) == 77, "the radix keeps what is far away");
}

#define TAKEN 5000 /* blocks of 3072 bytes: hundreds of spans */

static void *spanned[TAKEN];

/* Whether the map knows every address of `spanned` as of one block, and none is there twice. */
static int blocks_are_sound(uint32_t bin)
{
	uint32_t size = heap_sizes.bins[bin].size;
	int wrong = 0;

	for (size_t i = 0; i < TAKEN; i++)
		*(size_t *)spanned[i] = i;
	for (size_t i = 0; i < TAKEN; i++) {
		const char *block = spanned[i];

		wrong += (uintptr_t)block % 1024 != 0 || *(size_t *)spanned[i] != i;
		for (uint32_t at = 0; at < size; at += size - 1) {
			uint64_t entry = heap_map_get(block + at);

			wrong += heap_map_bin(entry) != bin || heap_map_class(entry) != size ||
				 heap_map_block_of(block + at, entry) != block;
		}
	}
	return wrong == 0;
}

static void test_spans(void)
{
	uint32_t bin = heap_bin_of_class(3072);
	size_t before = heap_je_allocated();
	uint32_t reused = 0;
	uint32_t got = 0;

	heap_stocks_init();
	while (got < TAKEN)
		got += heap_span_take(heap_stock_of(got / 25), bin, spanned + got, 25);
	ok(got == TAKEN && blocks_are_sound(bin), "blocks of spans: distinct, aligned, known");
	ok(heap_je_allocated() - before == TAKEN * 3072 + heap_spans_idle(),
	   "what jemalloc gave is what was taken and what is idle");
	/* Every other block first, so that no span becomes free before the second half. */
	for (int i = 0; i < TAKEN; i += 2)
		heap_span_give(bin, &spanned[i], 1);
	heap_spans_trim();
	ok(heap_map_get(spanned[1]) != 0 &&
		   heap_je_allocated() - before == TAKEN / 2 * 3072 + heap_spans_idle(),
	   "a span with a block in use stays");
	for (int i = 0; i < TAKEN; i += 2)
		reused += heap_span_take(0, bin, &spanned[i], 1);
	ok(reused == TAKEN / 2 && blocks_are_sound(bin), "free blocks are used again, once each");
	heap_span_give(bin, spanned, TAKEN);
	heap_spans_trim();
	ok(heap_je_allocated() == before && heap_spans_idle() == 0 && heap_map_get(spanned[1]) == 0,
	   "free spans go back, and the map forgets them");
}

static int is_odd(uint64_t key)
{
	return key & 1;
}

static void test_table(void)
{
	static struct sites_table table;
	int wrong = 0;

	ok(sites_table_find(&table, 5) == SITES_UNKNOWN, "an empty table knows nothing");
	for (uint64_t key = 1; key <= 20000; key++)
		sites_table_insert(&table, key * 977, key);
	for (uint64_t key = 1; key <= 20000; key++)
		wrong += sites_table_find(&table, key * 977) != key;
	ok(wrong == 0, "20,000 keys are found again");
	sites_table_forget(&table, is_odd);
	for (uint64_t key = 1; key <= 20000; key++)
		wrong += sites_table_find(&table, key * 977) !=
			 ((key * 977) & 1 ? SITES_UNKNOWN : key);
	ok(wrong == 0, "forgotten keys are gone, the others are not");
}

static void test_chance(void)
{
	uint64_t state = 42;
	double sum = 0;
	int n = 200000;

	ok(base_log(1) > -1e-12 && base_log(1) < 1e-12, "log 1");
	ok(base_log(0x1p-53) / -36.7368005696771 > 0.999999999, "log of the smallest");
	ok(base_log(10) - 2.302585092994046 < 1e-9 && base_log(10) - 2.302585092994046 > -1e-9,
	   "log 10");
	for (double x = 1e-9; x < 50; x *= 3) {
		double back = -base_log(1 - base_one_minus_exp(x));

		if (x > 1e-6 && x < 20 && (back / x < 1 - 1e-6 || back / x > 1 + 1e-6)) {
			ok(0, "1 - exp(-%g)", x);
			return;
		}
	}
	ok(1, "1 - exp(-x) agrees with the logarithm");
	for (int i = 0; i < n; i++)
		sum += (double)base_exponential(&state, 1000);
	/* The mean of n exponentials has a standard deviation of 1000 / sqrt(n) = 2.2. */
	ok(sum / n > 985 && sum / n < 1015, "mean of an exponential: %g", sum / n);
}

/* The rule of Bayet and Fariello, SSTIC 2020, 2.1, with figures worked out by hand. */
static void test_depth(void)
{
	ok(kernel_lookaside_next_depth(50, 256, 24, 24) == 40, "fewer than 25 uses: 10 less");
	ok(kernel_lookaside_next_depth(12, 256, 0, 0) == 4, "never below 4");
	ok(kernel_lookaside_next_depth(50, 256, 1000, 4) == 49, "misses below 0.5 %%: 1 less");
	ok(kernel_lookaside_next_depth(4, 256, 1000, 0) == 4, "not even then below 4");
	ok(kernel_lookaside_next_depth(50, 256, 1000, 5) == 55, "0.5 %%: 0.515 and 5 more");
	ok(kernel_lookaside_next_depth(56, 256, 1000, 500) == 111, "half: 50 and 5 more");
	ok(kernel_lookaside_next_depth(250, 256, 100, 100) == 256,
	   "never above the maximum: 3 + 5");
}

#define SLAB_BLOCKS 2000

/* Where a block below a page may lie: what a driver counts on. */
static int is_well_placed(const char *block, size_t size, int line)
{
	uintptr_t offset = (uintptr_t)block % 4096;

	if (offset == 0 || offset % (line ? HEAP_CACHE_LINE : 16) != 0)
		return 0;
	return size > (line ? 4024 : 4056) || offset + size <= 4096;
}

/* Blocks of all sizes, taken and given back in no order, each filled with its own byte. */
static void test_slab(void)
{
	static struct {
		unsigned char *block;
		size_t size;
	} blocks[SLAB_BLOCKS];

	size_t taken = 0, returned = 0, grown, in_use = 0;
	int misplaced = 0, damaged = 0, unresolved = 0;
	uint32_t random = 1;

	for (int step = 0; step < 200000; step++) {
		uint32_t i;

		random = random * 1664525 + 1013904223;
		i = (random >> 8) % SLAB_BLOCKS;
		if (blocks[i].block != NULL) {
			uint64_t entry = heap_map_get(blocks[i].block);

			for (size_t at = 0; at < blocks[i].size; at++)
				damaged += blocks[i].block[at] != (unsigned char)i;
			unresolved += heap_map_block_of(blocks[i].block + blocks[i].size / 2,
							entry) != blocks[i].block;
			in_use -= heap_map_class(entry);
			returned += heap_slab_give(blocks[i].block, entry);
			blocks[i].block = NULL;
			continue;
		}
		blocks[i].size = random % (HEAP_SLAB_MAX + 1);
		blocks[i].block = heap_slab_take(HEAP_POOL_PAGED, blocks[i].size, i & 1, &grown);
		taken += grown;
		in_use += heap_map_class(heap_map_get(blocks[i].block));
		misplaced += !is_well_placed((char *)blocks[i].block, blocks[i].size, i & 1);
		memset(blocks[i].block, (int)i, blocks[i].size);
	}
	ok(misplaced == 0, "no block starts a page or crosses into another: %d do", misplaced);
	ok(damaged == 0 && unresolved == 0, "no two blocks overlap: %d, %d", damaged, unresolved);
	ok(heap_slab_held() == taken - returned - in_use, "what slabs hold beside their blocks");
	for (int i = 0; i < SLAB_BLOCKS; i++)
		if (blocks[i].block != NULL)
			returned += heap_slab_give(blocks[i].block, heap_map_get(blocks[i].block));
	ok(heap_slab_held() == taken - returned && taken - returned < 50 * 4096,
	   "empty slabs go back, but for one of each size: %zu bytes stay", taken - returned);
}

#define WORK 300000u

/* Numbers come and go at random; a plain array knows which there are. */
static void test_worklist(void)
{
	static char there[WORK];
	struct leaks_worklist list;
	uint64_t random = 1;
	int wrong = 0;

	ok(leaks_worklist_make(&list, WORK) == 0, "a work list");
	ok(leaks_worklist_next(&list, 0) == LEAKS_WORK_NONE && leaks_worklist_is_empty(&list),
	   "that is empty");
	for (int i = 0; i < 20000; i++) {
		uint32_t number = (random = random * 6364136223846793005u + 1) >> 33;
		uint32_t next = number %= WORK;

		if (i % 3 != 0 || there[number]) {
			leaks_worklist_remove(&list, number);
			there[number] = 0;
		} else {
			leaks_worklist_add(&list, number);
			there[number] = 1;
		}
		while (next < WORK && !there[next])
			next++;
		wrong += leaks_worklist_next(&list, number) !=
			 (next < WORK ? next : LEAKS_WORK_NONE);
	}
	ok(wrong == 0, "finds the next number from any: %d times not", wrong);
	for (uint32_t number = 0; number < WORK; number++)
		leaks_worklist_add(&list, number);
	ok(leaks_worklist_places(&list) == WORK / 4096 + 1, "numbers everywhere are in all places");
	ok(leaks_worklist_next(&list, WORK - 1) == WORK - 1 &&
		   leaks_worklist_next(&list, WORK) == LEAKS_WORK_NONE,
	   "the last, and none after it");
	for (uint32_t number = 0; number < WORK; number++)
		leaks_worklist_remove(&list, number);
	ok(leaks_worklist_is_empty(&list), "and none when all were taken");
	for (uint32_t number = 0; number < 4096; number++)
		leaks_worklist_add(&list, number);
	ok(leaks_worklist_places(&list) == 1, "4096 that stand together are in one");
}

#define ROUNDS 300000

static struct leaks_worklist shared_list;
static char shared_there[WORK];

/* Puts a number into the list, and takes the next one out of it. */
static void *come_and_go(void *argument)
{
	uint64_t random = (uintptr_t)argument;

	for (int i = 0; i < ROUNDS; i++) {
		uint32_t number = (random = random * 6364136223846793005u + 1) >> 33;
		uint32_t next;

		__atomic_store_n(&shared_there[number % WORK], 1, __ATOMIC_SEQ_CST);
		leaks_worklist_add(&shared_list, number % WORK);
		next = leaks_worklist_next(&shared_list, 0);
		if (next == LEAKS_WORK_NONE)
			continue;
		leaks_worklist_remove(&shared_list, next);
		__atomic_store_n(&shared_there[next], 0, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

/*
 * A thread that adds a number stands still after its first step; another one finds the number by what a
 * third left behind, and removes it; then the first one goes on.
 */
static void test_late_worklist(void)
{
	struct leaks_worklist list;
	uint32_t number = 12345;

	leaks_worklist_make(&list, WORK);
	list.levels[0][number / 64] |= (uint64_t)1 << number % 64;
	leaks_worklist_remove(&list, number);
	leaks_worklist_raise(&list, 1, number / 64);
	ok(leaks_worklist_next(&list, 0) == LEAKS_WORK_NONE && leaks_worklist_is_empty(&list),
	   "a list in which something is told too late is empty once it was looked through");
}

/* Nothing gets lost among threads, and what says that there is something ends with it. */
static void test_shared_worklist(void)
{
	pthread_t threads[3];
	uint32_t next, left = 0;

	leaks_worklist_make(&shared_list, WORK);
	for (uintptr_t i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, come_and_go, (void *)(i + 1));
	for (uint32_t i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	for (int tries = 0; tries < 1000 && !leaks_worklist_is_empty(&shared_list); tries++)
		while ((next = leaks_worklist_next(&shared_list, 0)) != LEAKS_WORK_NONE) {
			leaks_worklist_remove(&shared_list, next);
			shared_there[next] = 0;
		}
	ok(leaks_worklist_is_empty(&shared_list), "a list that threads shared comes to an end");
	for (uint32_t number = 0; number < WORK; number++)
		left += (uint32_t)shared_there[number];
	ok(left == 0, "and had all that was put into it: %u are left", left);
}

int main(void)
{
	base_seal_open();
	test_text();
	test_options();
	test_sizes();
	test_header();
	test_map();
	test_spans();
	test_table();
	test_chance();
	test_slab();
	test_depth();
	test_worklist();
	test_late_worklist();
	test_shared_worklist();
	return done();
}
