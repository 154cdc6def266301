/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mapping.h - a part of a file, mapped from one refresh to the next, to see whether it has changed
 *
 * Looking at memory is several times as fast as having the kernel copy it. But the owner of a file
 * can cut it short at any moment, and touching what is gone is a SIGBUS; and what one has looked at
 * may be something else when one looks again. So a mapping answers questions only, and figures are
 * read with file_pread().
 *
 * Callers: changes.c and segment.c, one thread at a time. Allocates address space; no locks. Other
 * threads may run, whose own SIGBUS goes where it would go without us.
 */
#ifndef POOLMON_READER_MAPPING_H
#define POOLMON_READER_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialise; release with mapping_drop(). */
struct mapping {
	char *base;      /* NULL: nothing is mapped */
	size_t length;   /* bytes mapped */
	uint64_t offset; /* in the file, of the first of them */
};

/*
 * Makes `mapping` one of `size` bytes at `offset` of the file `fd`, which is the same file every
 * time, and sees to it that touching them does not make memory of holes. Returns 0 or a negative
 * errno.
 */
int mapping_cover(struct mapping *mapping, int fd, uint64_t offset, size_t size);

/*
 * Calls `look` with the first of those bytes. Returns whether it came back: when the file has been
 * cut short it is left in the middle, so it may only read the file and write its own figures.
 */
bool mapping_look(const struct mapping *mapping, uint64_t offset,
		  void (*look)(void *context, const char *at), void *context);

void mapping_drop(struct mapping *mapping);

#endif
