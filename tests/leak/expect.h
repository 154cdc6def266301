/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * expect.h - allocations that say themselves what a leak scan must find them to be
 *
 * A host allocates with the functions below, each of which is a site named after the class its
 * blocks must be found in, and prints at its end how many blocks and bytes it made of each class:
 * lines `expect PID CLASS BLOCKS BYTES`. run.py compares them with the segment, and with memcheck.
 */
#ifndef TESTS_LEAK_EXPECT_H
#define TESTS_LEAK_EXPECT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A zeroed block that must be found in the class of the function's name. */
void *definite(size_t size);
void *indirect(size_t size);
void *possible(size_t size);
void *reachable(size_t size);
void *ignored(size_t size);

/* For blocks that others allocate: they are in the class, whatever their site. */
void expect_more(const char *name, unsigned long blocks, unsigned long bytes);

/* Overwrites what finished calls left on the stack and in registers. */
void scrub(void);

/* Prints the lines for this process; call it last. A fork child calls expect_forget first. */
void expect_print(void);
void expect_forget(void);

/* Ends the process with a line on stderr when `good` is 0. */
void must(int good, const char *what);

/* A block that points to another one. */
struct link {
	void *to;
	char rest[40];
};

#ifdef __cplusplus
}
#endif

#endif
