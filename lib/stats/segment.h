/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * segment.h - the writer of the shared-memory file described in <pooltag/segment.h>
 *
 * Purpose: creates the file, reserves its memory before it is touched, publishes records, retires
 * it. All decisions rest on private copies of counts and offsets; what stands in the file is
 * written and never obeyed.
 *
 * Address space for the whole segment is reserved once, so the address of a cell never changes: not
 * when the file grows, not when /dev/shm is full (the rest then is private memory, unseen by
 * readers and counted as lost), not in a fork child (whose own file is mapped over the parent's).
 *
 * Callers: pool. Locking: appends take the segment lock; counters are written by their owners
 * without one. Context: slow paths only; never allocates from the heap; may run before libc is
 * initialised.
 */
#ifndef LIB_STATS_SEGMENT_H
#define LIB_STATS_SEGMENT_H

#include "lib/base/lock.h"
#include <pooltag/segment.h>

/* Sites there can be. */
#define STATS_SITES_MAX (1u << 20)

/* Returned for "none": every table is far smaller. */
#define STATS_NONE UINT32_MAX

/*
 * Creates the segment of this process. Never fails: without a file the same memory is private, and
 * one note says why. Options must have been parsed.
 */
void stats_segment_create(void);

/*
 * In a fork child, single-threaded: gives the child a file of its own at the same addresses, with
 * the same modules, sites and chunks, all counters 0, and the shards nobody's. 0, or -ENOMEM when
 * nothing can be mapped, or a system call filter lets nothing be opened: then nothing more may be
 * counted, and no table takes another record.
 */
int stats_segment_fork(void);

/* Reserves room in every table for the time when a system call filter stops that. */
void stats_segment_confine(void);

/* Marks the process as one whose memory is all locked, or no longer so. */
void stats_segment_lock(int locked);

/* Marks the segment's process as gone by its own will and removes the file unless keep=1. */
void stats_segment_retire(void);

/* Appends a string; returns its offset, 0 ("") when it does not fit. At most 4095 bytes. */
uint32_t stats_string(const char *string);

/* The same for a text of any length. */
uint32_t stats_text(const char *text);

/* Appends a record; returns its number, or STATS_NONE when the table is full (counted). */
uint32_t stats_module(const struct pooltag_module *module);
uint32_t stats_site(const struct pooltag_site *site);
uint32_t stats_shard(uint32_t flags);
uint32_t stats_sample(const struct pooltag_sample *sample);
/* Publishes a size; one that does not fit is left out, and readers know less. */
void stats_class(const struct pooltag_class *class);

uint32_t stats_lookaside(const struct pooltag_lookaside *lookaside);

/* Appends a stack; returns the number of its first frame, or STATS_NONE. */
uint32_t stats_frames(const struct pooltag_frame *frames, uint32_t n);

/* Records appended so far, readable or not. */
uint32_t stats_site_count(void);
uint32_t stats_shard_count(void);

/* The published record of an existing number, for reading back or for its counters. */
struct pooltag_site *stats_site_record(uint32_t site);
struct pooltag_peak *stats_peak_record(uint32_t site);
struct pooltag_shard *stats_shard_record(uint32_t shard);
struct pooltag_sample *stats_sample_record(uint32_t sample);
/* NULL in a fork child that runs on uncounted. */
struct pooltag_lookaside *stats_lookaside_record(uint32_t lookaside);
const struct pooltag_frame *stats_frame_record(uint32_t frame);

/* The path of a module, and a string at an offset a record has; "" where there is none. */
const char *stats_module_path(uint32_t module);
const char *stats_string_at(uint32_t offset);

/*
 * The record of leak scans, made with the segment; NULL when there is no memory for it. Scans are
 * one at a time, so nothing here takes the segment lock.
 */
struct pooltag_scan *stats_scan(void);

/* Replaces the table of leaks by those of `leaks` that have blocks. 0 or -ENOMEM. */
int stats_leaks(const struct pooltag_leak *leaks, uint32_t n);

/* The same with the blocks that are lost. None when there is no room. */
void stats_lost(const struct pooltag_lost *lost, uint32_t n);

/* Replaces the list of blocks that were asked for. 0 or -ENOMEM. One caller at a time. */
int stats_blocks(const struct pooltag_listed *blocks, uint32_t n);

/* Rare-event counters; update with base_add_atomic. */
struct pooltag_process *stats_process(void);

/*
 * New cells of `shard` for the POOLTAG_CHUNK_CELLS sites from `first_site` on, all 0. NULL only
 * when the system has no memory left or the segment's address space is used up.
 */
struct pooltag_cell *stats_chunk(uint32_t shard, uint32_t first_site);

/* Chunks so far, and the owner and cells of each; for sums over everything. */
uint32_t stats_chunk_count(void);
struct pooltag_chunk stats_chunk_owner(uint32_t chunk);
struct pooltag_cell *stats_chunk_cells(uint32_t chunk);

/* The first cell of the segment: cells are numbered from it. */
struct pooltag_cell *stats_first_cell(void);

/* Time stamp for readers; slow paths call it now and then. */
void stats_heartbeat(void);

/* For the list of locks around fork. */
struct base_lock *stats_lock(void);

#endif
