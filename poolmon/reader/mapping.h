/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mapping.h - parts of a file, mapped from one refresh to the next
 *
 * A mapping takes a fraction of the time that a system call does for a few words, and that the
 * kernel takes to copy many. But the owner of a file can cut it short at any moment, and touching
 * what is gone is a SIGBUS; and what one has looked at may be something else when one looks again.
 * So a mapping is touched only between mapping_begin() and mapping_end(), which survive that, and
 * what is in it is copied before it is believed.
 *
 * Callers: file.c, changes.c, segment.c and reader.c, one thread at a time. Allocates address
 * space; no locks. Other threads may run, whose own SIGBUS goes where it would go without us.
 */
#ifndef POOLMON_READER_MAPPING_H
#define POOLMON_READER_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* Zero-initialise; release with mapping_drop(). */
struct mapping {
	char *base;      /* NULL: nothing is mapped */
	size_t length;   /* bytes mapped */
	uint64_t offset; /* in the file, of the first of them */
	dev_t device;    /* of that file, which is not another one while it is mapped */
	ino_t inode;
};

/*
 * Two counters: the processor loads each of them in one step, as if alone, and adds both at once.
 */
typedef uint64_t mapping_pair __attribute__((vector_size(16), aligned(8)));

/* What touches mappings stands between these two. */
void mapping_begin(void);
void mapping_end(void);

/*
 * Makes `mapping` one of `size` bytes at `offset` of the file `fd`, whose `status` is given, and
 * sees to it that touching them does not make memory of holes. Returns 0 or a negative errno.
 */
int mapping_cover(struct mapping *mapping, int fd, const struct stat *status, uint64_t offset,
		  size_t size);

/* Whether it is one of these bytes of the file with `status`. */
bool mapping_covers(const struct mapping *mapping, const struct stat *status, uint64_t offset,
		    size_t size);

/*
 * Calls `look` with the byte at `offset`, which is mapped. Returns whether it came back: when the
 * file has been cut short it is left in the middle, so it may only read the file and write its own
 * figures.
 */
bool mapping_look(const struct mapping *mapping, uint64_t offset,
		  void (*look)(void *context, const char *at), void *context);

/*
 * Copies `size` bytes at `offset` of the file with `status`, the first first, and no counter in two
 * steps. Returns false when they are not mapped, or not there any more.
 */
bool mapping_copy(const struct mapping *mapping, const struct stat *status, uint64_t offset,
		  void *out, size_t size);

void mapping_drop(struct mapping *mapping);

#endif
