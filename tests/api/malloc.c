// SPDX-License-Identifier: BSD-2-Clause
/*
 * malloc.c - what glibc promises of the malloc family
 *
 * The same program runs under plain glibc and under the library, so that a promise glibc does not
 * keep cannot be asked of the library. Writes TAP.
 */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int cases;
static int failures;

static bool report(bool good, const char *what, int line)
{
	printf("%s %d - %s\n", good ? "ok" : "not ok", ++cases, what);
	if (!good) {
		printf("#   line %d, errno %d\n", line, errno);
		failures++;
	}
	return good;
}

#define CHECK(condition)          report((condition), #condition, __LINE__)
#define CHECK_AS(condition, name) report((condition), (name), __LINE__)

/* Keeps compilers from reasoning about sizes and from removing pairs. */
static void *volatile hidden;

static size_t opaque(size_t size)
{
	volatile size_t copy = size;

	return copy;
}

static bool aligned(const void *block, size_t alignment)
{
	return (uintptr_t)block % alignment == 0;
}

/* Whether every byte malloc_usable_size promises can be written, and nothing else breaks by it. */
static bool usable_fully(void *block, size_t size)
{
	size_t usable = malloc_usable_size(block);

	if (usable < size)
		return false;
	memset(block, 0xa5, usable);
	return true;
}

static void test_alignment(void)
{
	bool good = true;
	bool usable = true;

	for (size_t size = 0; size < 70000; size += size < 2100 ? 1 : 509) {
		void *block = malloc(opaque(size));

		good = good && block != NULL && aligned(block, alignof(max_align_t));
		usable = usable && usable_fully(block, size);
		free(block);
	}
	CHECK_AS(good, "malloc aligns every size for max_align_t");
	CHECK_AS(usable, "malloc_usable_size is at least the size and may be written fully");
}

static void test_size_zero(void)
{
	void *one = malloc(opaque(0));
	void *two = malloc(opaque(0));

	CHECK(one != NULL && two != NULL && one != two);
	free(one);
	free(two);
	one = calloc(opaque(0), 8);
	CHECK(one != NULL);
	free(one);
	one = calloc(opaque(8), 0);
	CHECK(one != NULL);
	free(one);
	one = realloc(NULL, opaque(0));
	CHECK(one != NULL);
	errno = 0;
	CHECK(realloc(one, opaque(0)) == NULL && errno == 0);
	one = reallocarray(NULL, opaque(0), 5);
	CHECK(one != NULL);
	free(one);
	one = memalign(64, opaque(0));
	CHECK(one != NULL && aligned(one, 64));
	free(one);
	CHECK(malloc_usable_size(NULL) == 0);
}

#define FAILS_WITH_ENOMEM(call)                                                  \
	do {                                                                     \
		errno = 0;                                                       \
		hidden = (call);                                                 \
		CHECK_AS(hidden == NULL && errno == ENOMEM, #call " is ENOMEM"); \
	} while (0)

static void test_overflow(void)
{
	size_t half = opaque(SIZE_MAX / 2 + 2);
	unsigned char *block = malloc(100);
	/* The compiler thinks that realloc has freed what its argument names. */
	unsigned char *volatile again = block;

	memset(block, 7, 100);
	FAILS_WITH_ENOMEM(malloc(opaque(SIZE_MAX)));
	FAILS_WITH_ENOMEM(malloc(opaque(SIZE_MAX - 7)));
	FAILS_WITH_ENOMEM(malloc(opaque((size_t)PTRDIFF_MAX + 1)));
	FAILS_WITH_ENOMEM(malloc(opaque(PTRDIFF_MAX)));
	FAILS_WITH_ENOMEM(calloc(half, 2));
	FAILS_WITH_ENOMEM(calloc(2, half));
	FAILS_WITH_ENOMEM(calloc(opaque(PTRDIFF_MAX), 1));
	FAILS_WITH_ENOMEM(calloc(opaque(1ul << 33), 1ul << 33));
	FAILS_WITH_ENOMEM(realloc(again, opaque(SIZE_MAX)));
	FAILS_WITH_ENOMEM(realloc(again, opaque(PTRDIFF_MAX)));
	FAILS_WITH_ENOMEM(realloc(NULL, opaque(PTRDIFF_MAX)));
	FAILS_WITH_ENOMEM(reallocarray(again, half, 2));
	FAILS_WITH_ENOMEM(reallocarray(NULL, opaque(1ul << 33), 1ul << 33));
	FAILS_WITH_ENOMEM(memalign(64, opaque(SIZE_MAX - 32)));
	FAILS_WITH_ENOMEM(memalign(4096, opaque(PTRDIFF_MAX)));
	FAILS_WITH_ENOMEM(aligned_alloc(64, opaque(SIZE_MAX - 63)));
	FAILS_WITH_ENOMEM(valloc(opaque(SIZE_MAX - 100)));
	FAILS_WITH_ENOMEM(pvalloc(opaque(SIZE_MAX - 100)));
	bool kept = true;

	for (int i = 0; i < 100; i++)
		kept = kept && again[i] == 7;
	CHECK_AS(kept, "a failed realloc leaves the block as it was");
	free(again);
}

static void test_posix_memalign(void)
{
	void *const untouched = &cases;
	void *block = untouched;

	errno = 0;
	CHECK(posix_memalign(&block, 0, 8) == EINVAL && block == untouched);
	CHECK(posix_memalign(&block, opaque(3), 8) == EINVAL && block == untouched);
	CHECK(posix_memalign(&block, opaque(4), 8) == EINVAL && block == untouched);
	CHECK(posix_memalign(&block, opaque(24), 8) == EINVAL && block == untouched);
	CHECK(posix_memalign(&block, 64, opaque(SIZE_MAX - 64)) == ENOMEM && block == untouched);
	CHECK(posix_memalign(&block, 64, opaque(PTRDIFF_MAX)) == ENOMEM && block == untouched);
	CHECK_AS(posix_memalign(&block, sizeof(void *), 0) == 0 && block != NULL,
		 "posix_memalign of size 0 gives a block");
	free(block);
	bool good = true;

	for (size_t alignment = sizeof(void *); alignment <= 1u << 20; alignment *= 2) {
		for (size_t size = 1; size < 300000; size = size * 5 + 3) {
			good = good && posix_memalign(&block, alignment, opaque(size)) == 0 &&
			       aligned(block, alignment) && usable_fully(block, size);
			free(block);
		}
	}
	CHECK_AS(good, "posix_memalign keeps every alignment up to 1 MiB, usable fully");
}

static void test_aligned(void)
{
	bool good = true;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t alignment = 1; alignment <= 1u << 16; alignment *= 2) {
		void *one = aligned_alloc(alignment, opaque(alignment * 3));
		void *two = memalign(alignment, opaque(alignment + 5));

		good = good && aligned(one, alignment) && usable_fully(one, alignment * 3) &&
		       aligned(two, alignment) && usable_fully(two, alignment + 5);
		free(one);
		free(two);
	}
	CHECK_AS(good, "aligned_alloc and memalign keep every alignment, usable fully");
	void *block = memalign(opaque(48), 10); /* rounded up to a power of two */

	CHECK(block != NULL && aligned(block, 64));
	free(block);
	block = valloc(opaque(10));
	CHECK(block != NULL && aligned(block, page));
	free(block);
	block = pvalloc(opaque(10));
	CHECK(block != NULL && aligned(block, page) && malloc_usable_size(block) >= page);
	memset(block, 1, page);
	free(block);
}

static void test_calloc(void)
{
	bool zero = true;

	for (int round = 0; round < 4; round++) {
		for (size_t size = 1; size < 400000; size = size * 3 + round) {
			unsigned char *block = calloc(opaque(size), 1);

			for (size_t i = 0; i < size; i++)
				zero = zero && block[i] == 0;
			memset(block, 0xff, malloc_usable_size(block));
			free(block);
		}
	}
	CHECK_AS(zero, "calloc gives zeroed memory, also where dirty memory was freed before");
}

static bool holds(const unsigned char *block, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (block[i] != (unsigned char)(i * 31))
			return false;
	return true;
}

static void test_realloc(void)
{
	bool grown = true;
	bool shrunk = true;

	for (size_t size = 1; size < 3000000; size = size * 2 + 1) {
		unsigned char *block = malloc(opaque(size));

		for (size_t i = 0; i < size; i++)
			block[i] = (unsigned char)(i * 31);
		block = realloc(block, opaque(size + 1));
		grown = grown && holds(block, size);
		block = reallocarray(block, opaque(size), 3);
		grown = grown && holds(block, size) && usable_fully(block + 0, size * 3);
		for (size_t i = 0; i < size; i++)
			block[i] = (unsigned char)(i * 31);
		block = realloc(block, opaque(size / 2 + 1));
		shrunk = shrunk && holds(block, size / 2 + 1);
		block = realloc(block, 1);
		shrunk = shrunk && holds(block, 1);
		free(block);
	}
	CHECK_AS(grown, "realloc and reallocarray keep the content when they grow a block");
	CHECK_AS(shrunk, "realloc keeps the content when it shrinks a block");
	bool good = true;

	for (size_t alignment = 32; alignment <= 16384; alignment *= 2) {
		unsigned char *block = memalign(alignment, 500);

		for (size_t i = 0; i < 500; i++)
			block[i] = (unsigned char)(i * 31);
		block = realloc(block, opaque(alignment * 4));
		good = good && holds(block, alignment * 4 < 500 ? alignment * 4 : 500);
		free(block);
	}
	CHECK_AS(good, "realloc keeps the content of aligned blocks");
}

static void test_errno(void)
{
	bool good = true;
	void *block = NULL;

	/* Small from a list, small after many, page-sized and mapped: the slow paths too. */
	for (size_t size = 1; size < 64u << 20; size = size * 3 + 1) {
		errno = EBADE;
		void *one = malloc(opaque(size));
		void *two = calloc(1, opaque(size));
		void *three = memalign(256, opaque(size));
		int status = posix_memalign(&block, 64, opaque(size));

		one = realloc(one, opaque(size + size / 2));
		good = good && errno == EBADE && status == 0 && one && two && three;
		free(one);
		free(two);
		free(three);
		free(block);
		free(NULL);
		good = good && errno == EBADE;
	}
	CHECK_AS(good, "errno is unchanged by every call that succeeds, free included");
}

/* Names that came after Debian 12's glibc, and cfree before it: tested where they exist. */
static void test_other_names(void)
{
	void (*free_sized)(void *, size_t) = NULL;
	void (*free_aligned_sized)(void *, size_t, size_t) = NULL;
	void (*cfree_function)(void *) = NULL;

	*(void **)&free_sized = dlsym(RTLD_DEFAULT, "free_sized");
	*(void **)&free_aligned_sized = dlsym(RTLD_DEFAULT, "free_aligned_sized");
	*(void **)&cfree_function = dlsym(RTLD_DEFAULT, "cfree");
	if (free_sized)
		free_sized(malloc(opaque(100)), 100);
	if (free_aligned_sized)
		free_aligned_sized(aligned_alloc(64, opaque(128)), 64, 128);
	if (cfree_function)
		cfree_function(calloc(opaque(3), 5));
	CHECK_AS(true, "free_sized, free_aligned_sized and cfree, where they exist, free");
}

static void test_inspection(void)
{
	struct mallinfo2 info = mallinfo2();

	(void)info;
	CHECK_AS(malloc_trim(0) >= 0, "malloc_trim and mallinfo2 answer");
	CHECK_AS(mallopt(M_MMAP_THRESHOLD, 1 << 20) == 1, "mallopt of a known parameter answers 1");
}

/* What libc itself allocates has to be what the program may free, and the other way round. */
static void test_libc(void)
{
	char *text = NULL;
	char *line = malloc(opaque(4));
	size_t size = 4;
	FILE *stream = fmemopen((char[]){"a line that is longer than four\n"}, 32, "r");

	CHECK(asprintf(&text, "%d %s", 5, "blocks") == 8);
	free(text);
	text = strdup("copy");
	text = realloc(text, 1000);
	CHECK(strcmp(text, "copy") == 0);
	free(text);
	CHECK(getline(&line, &size, stream) == 32 && size >= 33);
	fclose(stream);
	free(line);
	text = realpath("/usr", NULL);
	CHECK(text != NULL);
	free(text);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	test_alignment();
	test_size_zero();
	test_overflow();
	test_posix_memalign();
	test_aligned();
	test_calloc();
	test_realloc();
	test_errno();
	test_other_names();
	test_inspection();
	test_libc();
	printf("1..%d\n", cases);
	return failures != 0;
}
