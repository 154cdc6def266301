/* SPDX-License-Identifier: BSD-2-Clause */
#include "expect.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	const char *name;
	unsigned long blocks, bytes;
} classes[] = {{"definite", 0, 0},
	       {"indirect", 0, 0},
	       {"possible", 0, 0},
	       {"reachable", 0, 0},
	       {"ignored", 0, 0}};

void expect_more(const char *name, unsigned long blocks, unsigned long bytes)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strcmp(classes[i].name, name) == 0) {
			__atomic_fetch_add(&classes[i].blocks, blocks, __ATOMIC_RELAXED);
			__atomic_fetch_add(&classes[i].bytes, bytes, __ATOMIC_RELAXED);
			return;
		}
	must(0, name);
}

/* Each a call site of its own, whose call of malloc is no jump. */
#define CLASS(name)                                                \
	__attribute__((noinline, noclone)) void *name(size_t size) \
	{                                                          \
		void *block = malloc(size);                        \
                                                                   \
		must(block != NULL, "malloc");                     \
		__asm__ volatile("" : "+r"(block)::"memory");      \
		memset(block, 0, size);                            \
		expect_more(#name, 1, size);                       \
		return block;                                      \
	}
CLASS(definite)
CLASS(indirect)
CLASS(possible)
CLASS(reachable)
CLASS(ignored)

__attribute__((noinline)) void scrub(void)
{
	volatile char stack[32 * 1024];

	for (size_t i = 0; i < sizeof(stack); i++)
		stack[i] = 0;
	__asm__ volatile("xorl %%eax, %%eax\n\txorl %%ecx, %%ecx\n\txorl %%edx, %%edx\n\t"
			 "xorl %%esi, %%esi\n\txorl %%edi, %%edi\n\txorl %%r8d, %%r8d\n\t"
			 "xorl %%r9d, %%r9d\n\txorl %%r10d, %%r10d\n\txorl %%r11d, %%r11d\n\t"
			 "pxor %%xmm0, %%xmm0\n\tpxor %%xmm1, %%xmm1" ::
				 : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
				   "xmm0", "xmm1");
}

void expect_print(void)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		char line[128];
		int length = snprintf(line, sizeof(line), "expect %ld %s %lu %lu\n", (long)getpid(),
				      classes[i].name, classes[i].blocks, classes[i].bytes);

		must(write(STDOUT_FILENO, line, (size_t)length) == length, "write");
	}
	scrub();
}

void expect_forget(void)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		classes[i].blocks = classes[i].bytes = 0;
}

void must(int good, const char *what)
{
	if (!good) {
		fprintf(stderr, "host: %s\n", what);
		_exit(99);
	}
}
