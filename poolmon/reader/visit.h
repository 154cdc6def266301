/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * visit.h - a segment as the reader remembers it, and one refresh of it
 *
 * Callers: segment.c and tables.c. Allocates; no locks.
 */
#ifndef POOLMON_READER_VISIT_H
#define POOLMON_READER_VISIT_H

#include "reader/cells.h"
#include "reader/file.h"
#include "reader/reader.h"
#include "reader/segment.h"

/* What tells one segment from another under the same name. */
struct segment_identity {
	dev_t device;
	ino_t inode;
	uint64_t created_mono_ns;
	uint64_t created_real_ns;
};

struct segment {
	char *name;
	char *path;
	struct segment_identity identity;
	struct reader_tables *tables; /* NULL until first read */
	struct reader_sums *sums;     /* the last, NULL until first read */
	struct reader_sums
		*older[2]; /* those before, youngest first, if the changes lead from them */
	size_t chunk_count;
	struct pooltag_chunk *chunks;
	struct cells_total *totals; /* by chunk, of what the sums were made of */
	struct mapping mapped[FILE_PARTS];
	uint32_t shard_count; /* that the chunks were checked against */
	struct liveness_watch watch;
	bool session_known; /* a process stays in its login session */
	uint32_t login_session;
};

/* One refresh of one segment. */
struct segment_visit {
	struct segment *segment;
	struct file file;
	struct cells cells;
	struct pooltag_shard_counters shards;
	bool *inherited; /* by shard */
	bool rests;      /* all counters are what they were */
	unsigned wants;  /* enum reader_wants */
	struct reader_shard *shard_list;
	struct pooltag_shard *shard_records; /* as they are in the file */
	size_t sample_count;
	struct reader_sample *samples;
	struct reader_leaks leaks;
	size_t lookaside_count;
	struct pooltag_lookaside *lookasides;
	struct pooltag_peak *peaks;
	struct segment_fault *fault;
};

/* A number for tables or sums that no others have had. */
uint64_t visit_next_serial(void);

/* Reads what tables have gained. Returns 0 or -1 with the visit's fault. */
int visit_load_tables(struct segment_visit *visit);

/* Reads the samples, whose figures change. */
int visit_load_samples(struct segment_visit *visit);

/* Reads drivers' lookaside lists, whose figures change. */
int visit_load_lookasides(struct segment_visit *visit);

/* Reads the peaks of the sites, after their cells. */
int visit_load_peaks(struct segment_visit *visit);

/* One reference less. */
void visit_drop_tables(struct reader_tables *tables);

#endif
