/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reader.h - from segment files to immutable snapshots
 *
 * Finds the segments in its directories, checks everything in them and copies the figures out. It
 * trusts nothing: whatever a file holds, the reader neither crashes nor hangs nor looks outside the
 * file; what it refuses, it lists with a reason. What a file holds is copied before it is looked
 * at, be it by pread(2) or out of a mapping (mapping.h).
 *
 * Callers: model/, export/ and cmd/, one thread. Allocates; no locks. What a snapshot holds never
 * changes; it stays valid until its last reference is dropped, also after reader_destroy().
 */
#ifndef POOLMON_READER_READER_H
#define POOLMON_READER_READER_H

#include "pooltag/segment.h"
#include "pooltag/tag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum reader_reason {
	READER_OK = 0,

#define READER_REASON(id, name, text) READER_##id,
#include "reader/reasons.def"
	READER_REASON_MAX
};

/* The JSON's word for a reason and the sentence for people. */
const char *reader_reason_name(enum reader_reason reason);
const char *reader_reason_text(enum reader_reason reason);

/* What became of a process. */
enum reader_state {
	READER_LIVE,    /* runs */
	READER_UNKNOWN, /* of another pid namespace: nobody here can tell; treated as running */
	READER_EXITED,  /* ended by itself */
	READER_EXECED,  /* became another program, which has a file of its own */
	READER_CRASHED, /* gone without saying so: its figures are the last it wrote */
	READER_STATE_MAX
};

const char *reader_state_name(enum reader_state state);

/* Whether the memory a process holds is there now, as far as anybody can tell. */
static inline bool reader_state_runs(enum reader_state state)
{
	return state == READER_LIVE || state == READER_UNKNOWN;
}

/* A site as the snapshot keeps it. Indices are checked. */
struct reader_site {
	pooltag_tag tag;
	uint8_t pool;   /* enum pooltag_pool */
	uint8_t source; /* enum pooltag_tag_source */
	uint16_t frame_count;
	uint64_t address;         /* run time */
	uint32_t module;          /* index, or POOLTAG_NO_MODULE */
	uint32_t function;        /* offset into strings, 0: not known */
	uint32_t function_offset; /* bytes */
	uint32_t first_frame;
};

/* A module as the snapshot keeps it. */
struct reader_module {
	uint64_t load_address;
	uint64_t start;
	uint64_t end;
	uint32_t path; /* offset into strings */
	uint32_t build_id_size;
	uint8_t build_id[20];
};

/* A frame of a stack, innermost first. */
struct reader_frame {
	uint64_t address; /* return address at run time */
	uint32_t module;  /* index, or POOLTAG_NO_MODULE */
};

/* A stack at which allocations of a site were sampled, and what it stands for. */
struct reader_sample {
	uint32_t site;
	uint32_t first_frame;
	uint32_t frame_count;
	uint64_t samples;
	uint64_t blocks; /* estimated: allocations made there */
	uint64_t bytes;  /* estimated: bytes requested by them */
};

/* The cells of one thread at a time. */
struct reader_shard {
	uint32_t flags;   /* enum pooltag_shard_flags */
	uint32_t tid;     /* 0: nobody now */
	uint64_t threads; /* that have used it, one after the other */
	char name[16];    /* of the last of them; any bytes, no NUL when full */
};

/*
 * One process's figures by shard. A shard counts the frees its threads did, whoever allocated the
 * block, so its frees may exceed its allocs.
 */
struct reader_shards {
	size_t count;
	struct reader_shard *shards;
	size_t chunk_count;
	struct pooltag_chunk *chunks; /* whose the cells are */
	struct pooltag_cell *cells;   /* POOLTAG_CHUNK_CELLS per chunk */
};

/* What a snapshot has only when asked for, because it costs. */
enum reader_wants {
	READER_WANT_SHARDS = 1u << 0,
	READER_WANT_STACKS = 1u << 1, /* frames and samples */
	READER_WANT_LEAKS = 1u << 2,
	READER_WANT_LOOKASIDES = 1u << 3,
	READER_WANT_PEAKS = 1u << 4,
};

/* What a snapshot is to be made of. */
struct reader_choice {
	unsigned wants;  /* enum reader_wants bits */
	uint64_t run_id; /* of the processes, 0: any */
	uint32_t pid;    /* in its own pid namespace, 0: any */
};

/* The last leak scan of a process. */
struct reader_leaks {
	struct pooltag_scan scan; /* its text ends, its offset is checked; zero: none was made */
	size_t count;             /* 0 unless the scan is complete */
	struct pooltag_leak *leaks;
	size_t lost_count;         /* records; 0: none, or not known */
	size_t lost_blocks;        /* of them, which come first */
	struct pooltag_lost *lost; /* sites and numbers are checked */
};

/* A size that blocks can have. */
struct reader_class {
	uint64_t size;
	uint32_t header; /* bytes of it that are the pool header */
	unsigned pool;
};

/* What only grows and is therefore shared by the snapshots of one segment. */
struct reader_tables {
	unsigned references;
	uint64_t serial; /* of one segment, until its sites change; never used again */
	bool locked;     /* mlockall: sites that say paged are nonpaged */
	size_t site_count;
	size_t module_count;
	size_t frame_count; /* of those loaded */
	size_t string_bytes;
	size_t class_count;           /* 0: the writer does not say */
	struct reader_class *classes; /* by pool, ascending */
	struct reader_site *sites;
	uint8_t *pools; /* of the sites once more, for loops over all of them */
	struct reader_module *modules;
	struct reader_frame *frames;
	char *strings; /* ends with a NUL */
};

/* A site whose sum is another one than in the refresh before, and what it was. */
struct reader_change {
	uint32_t site;
	struct pooltag_cell before;
};

/* Sums that snapshots share as long as they stay the same. */
struct reader_sums {
	unsigned references;
	uint64_t serial; /* other figures have another one */
	size_t count;
	struct pooltag_cell *cells;
	struct pooltag_cell *inherited;   /* what of them is of before a fork, or NULL */
	uint64_t bytes[POOLTAG_POOL_MAX]; /* charge of the blocks in use, by pool */
	uint64_t clamped;                 /* sites whose frees exceeded their allocs */
	uint64_t from;                    /* serial of the sums that `changes` lead from; 0: none */
	size_t change_count;
	struct reader_change *changes;
};

/* One process at one moment. */
struct reader_process {
	char *path;            /* of its file */
	char exe[4 * 112 + 1]; /* tail of the executable's path, escaped */
	size_t name_at;        /* where in exe its last component begins */
	uint32_t pid;          /* in its own pid namespace */
	uint32_t host_pid;     /* in ours; 0: it is not known */
	bool contained;        /* its file is in a container's /dev/shm */
	uint32_t ppid;
	uint32_t uid; /* who owns the file, whatever it says itself */
	uint32_t generation;
	uint32_t flags; /* enum pooltag_segment_flags */
	enum reader_state state;
	uint32_t login_session; /* 0: none, or nobody here can tell */
	uint64_t start_ticks;
	uint64_t run_id;
	uint64_t created_real_ns;
	uint64_t age_ns; /* since the segment was made; 0 when made in another boot */
	struct pooltag_process counters;
	struct pooltag_shard_counters shards; /* sums over all shards */
	uint32_t shard_count;
	uint64_t bytes[POOLTAG_POOL_MAX]; /* charge of the blocks in use, by pool */
	uint64_t dropped;                 /* sum of the *_lost counters */
	uint64_t clamped; /* sites whose frees exceeded their allocs: a damaged file */
	struct reader_tables *tables;
	const struct pooltag_cell *sums;      /* one per site, the inherited part included */
	struct reader_sums *shared;           /* that they are */
	const struct pooltag_cell *inherited; /* one per site, or NULL: not a fork child */
	struct reader_shards by_shard;        /* with READER_WANT_SHARDS */
	size_t sample_count;                  /* with READER_WANT_STACKS */
	struct reader_sample *samples;
	struct reader_leaks leaks;            /* with READER_WANT_LEAKS */
	size_t lookaside_count;               /* with READER_WANT_LOOKASIDES */
	struct pooltag_lookaside *lookasides; /* module and function checked */
	struct pooltag_peak *peaks; /* one per site, with READER_WANT_PEAKS; NULL: not known */
};

/* The program's name, for people: valid UTF-8 without control characters. */
static inline const char *reader_process_name(const struct reader_process *process)
{
	return process->exe + process->name_at;
}

/* A cell as one value, so that the compiler adds eight counters at a time. */
typedef uint64_t reader_vector __attribute__((vector_size(sizeof(struct pooltag_cell))));

/* Adds all counters of `from` to `to`. */
static inline void reader_add_cell(struct pooltag_cell *to, const struct pooltag_cell *from)
{
	reader_vector sum;
	reader_vector more;

	memcpy(&sum, to, sizeof(sum));
	memcpy(&more, from, sizeof(more));
	sum += more;
	memcpy(to, &sum, sizeof(sum));
}

/* A file that was not read. */
struct reader_refusal {
	char *path;
	enum reader_reason reason;
	char *text; /* one sentence: what is wrong */
};

/* All processes at one moment. */
struct reader_snapshot {
	unsigned references;
	unsigned wants;   /* enum reader_wants: what it has */
	uint64_t mono_ns; /* CLOCK_MONOTONIC when reading began */
	uint64_t real_ns; /* CLOCK_REALTIME at that moment */
	size_t process_count;
	struct reader_process *processes; /* by pid, then start, then generation */
	size_t refusal_count;
	struct reader_refusal *refusals;
};

/* The `count` frames from `first` on, or NULL when they are not loaded. */
static inline const struct reader_frame *reader_frames(const struct reader_process *process,
						       size_t first, size_t count)
{
	if (count == 0 || first > process->tables->frame_count ||
	    count > process->tables->frame_count - first)
		return NULL;
	return process->tables->frames + first;
}

struct reader;

/*
 * A reader of the directory `dir`, or with NULL of the caller's own directory and, for root, of all
 * users' directories. Destroy it with reader_destroy().
 */
struct reader *reader_create(const char *dir);
void reader_destroy(struct reader *reader);

/* What the next snapshots shall have: enum reader_wants bits. */
void reader_want(struct reader *reader, unsigned wants);

/*
 * Whose processes they shall have: those of run `run_id` with the number `pid`; 0: any. Of other
 * files the header alone is looked at.
 */
void reader_limit(struct reader *reader, uint64_t run_id, uint32_t pid);

/*
 * Reads everything anew into *ret_snapshot, to be dropped with reader_snapshot_drop(). Returns 0,
 * or a negative errno when the directory that was asked for cannot be read; a missing default
 * directory is simply empty.
 */
int reader_refresh(struct reader *reader, struct reader_snapshot **ret_snapshot);

/* One more reference to a snapshot, to be dropped as well. */
struct reader_snapshot *reader_snapshot_hold(const struct reader_snapshot *snapshot);
void reader_snapshot_drop(struct reader_snapshot *snapshot);

/* The parent, now, of the process that has the number `pid` here; 0: nobody knows. */
uint32_t reader_parent(uint32_t pid);

/*
 * The size of the smallest block that holds `bytes`, header included: of the writer's sizes, else,
 * roughly, of four sizes between a power of two and the next.
 */
uint64_t reader_class_of(const struct reader_tables *tables, unsigned pool, uint64_t bytes);

/*
 * Removes the file of `process` if it still is that process's and the process is gone. Returns 0 or
 * a negative errno; -EXDEV in a container, whose files are its own affair.
 */
int reader_remove(const struct reader_process *process);

#endif
