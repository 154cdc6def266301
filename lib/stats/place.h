/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * place.h - where the segment's file lies, and who this process is
 *
 * Purpose: directory rules, unnamed creation, linking under <pid>.<starttime>[.<generation>].
 * Callers: stats/segment.c. Locking: the caller's. Context: raw system calls only; never allocates.
 */
#ifndef LIB_STATS_PLACE_H
#define LIB_STATS_PLACE_H

#include "lib/base/compiler.h"
#include <pooltag/segment.h>

/* Room for a directory of BASE_OPTION_TEXT_MAX and a file name. */
#define STATS_PATH_MAX 384

struct stats_place {
	char directory[STATS_PATH_MAX];
	char temporary[STATS_PATH_MAX]; /* hidden name, where unnamed files cannot be; else empty */
	char path[STATS_PATH_MAX];      /* of the linked file; empty: not linked */
};

/* Fills pid, ppid, start_ticks, pidns_inode, boot_id, uid, times and exe of a header. */
void stats_identify(struct pooltag_segment_header *header);

/*
 * Opens an unnamed file of header->segment_size bytes in the segment directory, making the
 * directory when it is missing. Returns a descriptor, or a negative errno with `ret_what` set to
 * the words that say what failed. The descriptor must be closed by the caller.
 */
long stats_place_create(struct stats_place *place, const struct pooltag_segment_header *header,
			const char **ret_what);

/*
 * Gives the file its name. A file that has it already is this process's from before an exec: it is
 * marked EXECED and, without keep=1, replaced; header->generation becomes one more than its. 0 or a
 * negative errno.
 */
long stats_place_link(struct stats_place *place, long fd, struct pooltag_segment_header *header);

/* Removes the file's name. */
void stats_place_unlink(struct stats_place *place);

#endif
