// SPDX-License-Identifier: BSD-2-Clause
/*
 * jemalloc.c - jemalloc's own API, as programs that look for it with dlsym find it
 *
 * Runs under the library only. Writes TAP.
 */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The flags of mallocx, as jemalloc(3) documents them. */
#define LG_ALIGN(la) (la)
#define ZERO         0x40

static int cases;
static int failures;

static void report(bool good, const char *what, int line)
{
	printf("%s %d - %s\n", good ? "ok" : "not ok", ++cases, what);
	if (!good) {
		printf("#   line %d\n", line);
		failures++;
	}
}

#define CHECK(condition) report((condition), #condition, __LINE__)

static struct {
	void *(*mallocx)(size_t, int);
	void *(*rallocx)(void *, size_t, int);
	size_t (*xallocx)(void *, size_t, size_t, int);
	size_t (*sallocx)(const void *, int);
	void (*dallocx)(void *, int);
	void (*sdallocx)(void *, size_t, int);
	size_t (*nallocx)(size_t, int);
	int (*mallctl)(const char *, void *, size_t *, void *, size_t);
	int (*mallctlnametomib)(const char *, size_t *, size_t *);
	int (*mallctlbymib)(const size_t *, size_t, void *, size_t *, void *, size_t);
} je;

static bool find(void *slot, const char *name)
{
	void *address = dlsym(RTLD_DEFAULT, name);

	memcpy(slot, &address, sizeof address);
	report(address != NULL, name, __LINE__);
	return address != NULL;
}

#define FIND(name) find(&je.name, #name)

static bool zeroed(const unsigned char *block, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (block[i])
			return false;
	return true;
}

static void test_blocks(void)
{
	bool good = true;
	bool zero = true;
	bool usable = true;

	for (size_t size = 1; size < 500000; size = size * 3 + 1) {
		unsigned char *block = je.mallocx(size, LG_ALIGN(6));

		good = good && block && (uintptr_t)block % 64 == 0;
		usable = usable && je.sallocx(block, 0) >= size &&
			 je.sallocx(block, 0) == malloc_usable_size(block) &&
			 je.nallocx(size, LG_ALIGN(6)) >= size;
		memset(block, 0xee, je.sallocx(block, 0));
		je.sdallocx(block, size, LG_ALIGN(6));
		block = je.mallocx(size, ZERO);
		zero = zero && zeroed(block, size);
		memset(block, 0x77, size);
		block = je.rallocx(block, size * 2, 0);
		good = good && block && block[0] == 0x77 && block[size - 1] == 0x77;
		block = je.rallocx(block, size, LG_ALIGN(12));
		good = good && block && (uintptr_t)block % 4096 == 0 && block[size - 1] == 0x77;
		size_t now = je.xallocx(block, size + 1, 0, 0);

		good = good && now == je.sallocx(block, 0);
		je.dallocx(block, 0);
	}
	report(good, "mallocx, rallocx, xallocx: alignment and content", __LINE__);
	report(zero, "mallocx with MALLOCX_ZERO gives zeroed memory", __LINE__);
	report(usable, "sallocx is malloc_usable_size; nallocx is at least the size", __LINE__);
	CHECK(je.mallocx(PTRDIFF_MAX, 0) == NULL);
	CHECK(je.nallocx((size_t)PTRDIFF_MAX + 1, 0) == 0);
	/* The two families share their blocks. */
	void *block = malloc(100);

	je.dallocx(block, 0);
	block = je.mallocx(100, 0);
	block = realloc(block, 200);
	free(block);
}

static void test_mallctl(void)
{
	const char *version = NULL;
	size_t size = sizeof version;
	uint64_t epoch = 1;
	size_t allocated = 0;
	size_t mib[4];
	size_t depth = 4;

	CHECK(je.mallctl("version", &version, &size, NULL, 0) == 0 && version && version[0] >= '5');
	CHECK(je.mallctl("epoch", NULL, NULL, &epoch, sizeof epoch) == 0);
	size = sizeof allocated;
	int status = je.mallctl("stats.allocated", &allocated, &size, NULL, 0);

	report(status == 0 || status == ENOENT, "stats.allocated answers, or says it is not there",
	       __LINE__);
	CHECK(je.mallctl("no.such.name", NULL, NULL, NULL, 0) == ENOENT);
	CHECK(je.mallctlnametomib("epoch", mib, &depth) == 0 && depth == 1);
	CHECK(je.mallctlbymib(mib, depth, NULL, NULL, &epoch, sizeof epoch) == 0);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	int found = FIND(mallocx) + FIND(rallocx) + FIND(xallocx) + FIND(sallocx) + FIND(dallocx) +
		    FIND(sdallocx) + FIND(nallocx) + FIND(mallctl) + FIND(mallctlnametomib) +
		    FIND(mallctlbymib);

	if (found == 10) {
		test_blocks();
		test_mallctl();
	}
	printf("1..%d\n", cases);
	return failures != 0;
}
