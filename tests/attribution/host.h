/* SPDX-License-Identifier: BSD-2-Clause */
/* host.h - what the programs of this folder share: call sites that stay what they are */
#ifndef TESTS_ATTRIBUTION_HOST_H
#define TESTS_ATTRIBUTION_HOST_H

#include <stdlib.h>
#include <unistd.h>

/* A function that is neither inlined nor copied, nor merged with one of the same code. */
#ifdef __clang__
#	define SITE __attribute__((noinline))
#else
#	define SITE __attribute__((noipa))
#endif

/* Uses a value: the call that made it is neither left out nor a jump. */
#define KEEP(value) __asm__ volatile("" : "+r"(value)::"memory")
/* Keeps a call from being the last thing of its function. */
#define STAY() __asm__ volatile("" ::: "memory")

/* Ends the program with a line on stderr when something that the table relies on fails. */
#define MUST(condition)                                                              \
	do {                                                                         \
		if (!(condition)) {                                                  \
			static const char text[] = "host: failed: " #condition "\n"; \
			ssize_t ignored = write(2, text, sizeof(text) - 1);          \
			(void)ignored;                                               \
			_exit(3);                                                    \
		}                                                                    \
	} while (0)

#endif
