/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.h - a segment file held open for one refresh: opening rules, header, section directory
 *
 * Callers: segment.c, cells.c and leaks.c. Does not allocate; no locks. After file_open() every
 * section has been checked to lie inside the file; counts are at most capacities; strides are at
 * least the sizes known here. file_pread() reads what is left to read.
 */
#ifndef POOLMON_READER_FILE_H
#define POOLMON_READER_FILE_H

#include "reader/mapping.h"
#include "reader/segment.h"

#include <sys/stat.h>

#define FILE_SECTION_TYPES (POOLTAG_SECTION_LOST + 1)

#define FILE_HEAD_BYTES    1024 /* read at once: the header and a directory as libraries write it */

/* Parts of a file that are read again and again. */
enum file_part { FILE_HEAD, FILE_PROCESS, FILE_SHARDS, FILE_CELLS, FILE_PARTS };

struct file {
	int fd;
	struct mapping *mapped; /* by enum file_part, the caller's, or NULL */
	size_t head_bytes;
	char head[FILE_HEAD_BYTES];
	struct stat status;
	struct pooltag_segment_header header;
	struct pooltag_section sections[FILE_SECTION_TYPES]; /* by type; stride 0: not there */
	uint64_t entry_offsets[FILE_SECTION_TYPES];          /* of the directory entries */
};

/* Fills in *fault and returns -1, so that a check can be `return file_fault(...)`. */
int file_fault(struct segment_fault *fault, enum reader_reason reason, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Opens and checks; `mapped`, or NULL, may be of this file, or of another one. Returns 1, 0 when
 * there is no such file (any more), or -1 with *fault. Close with file_close() after 1.
 */
int file_open(struct file *file, int directory_fd, const char *name, uid_t owner,
	      struct mapping *mapped, struct segment_fault *fault);
void file_close(struct file *file);

/* Maps what is read in every refresh, as far as that is possible. */
void file_map(struct file *file, size_t chunk_count);

/* Reads exactly `size` bytes. Returns 0 or -1 with *fault. */
int file_pread(const struct file *file, uint64_t offset, void *out, size_t size,
	       struct segment_fault *fault);

/*
 * Whether anything has been appended to any table since the counts were loaded, or this was asked
 * last: counts are raised before `structure_gen`, which is before anything refers to the records.
 * Returns 0 or -1 with *fault.
 */
int file_has_grown(struct file *file, bool *ret_grown, struct segment_fault *fault);

/*
 * Loads the count of a section anew, which may have grown; does nothing when the file has no such
 * section. Returns 0, or -1 with *fault when it exceeds the capacity or has shrunk.
 */
int file_reload_count(struct file *file, unsigned type, struct segment_fault *fault);

/*
 * Reads records [first, first + count) of a section into `out`, `size` bytes of each, whatever the
 * file's stride is; what an older file's records lack is 0. Returns 0 or -1 with *fault.
 */
int file_read_records(const struct file *file, unsigned type, size_t first, size_t count, void *out,
		      size_t size, struct segment_fault *fault);

#endif
