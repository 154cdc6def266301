/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * segment.h - the format of the shared-memory file in which a process keeps its counters
 *
 * One process writes a segment, any number of others read it without the writer noticing, and it
 * outlives the writer: the figures of a process killed with SIGKILL are in its file. This header is
 * the whole format; it compiles alone as C11 and as C++17 and needs nothing else of pooltag.
 *
 * Where. <dir>/<pid>.<starttime>. After an exec the process has a new segment of a higher
 * generation under the same name; where the old one is kept (option keep=1) the new one's name ends
 * in .1, .2 and so on. Names that start with a dot are files not yet complete. <dir> is
 * /dev/shm/pooltag-<euid>, mode 0700, or the option dir=. <pid> is the writer's in its own pid
 * namespace, <starttime> is field 22 of /proc/<pid>/stat, so a reused pid never aliases. A file
 * appears under its name complete: it is created unnamed and linked when its header is valid.
 *
 * Shape. A header, a directory of sections, and the sections: arrays of fixed-stride records at
 * fixed offsets, far apart. The file is sparse: a section's capacity says where it could grow to,
 * its `count` how far its records have been written. Reading past `count` finds nothing and, on
 * tmpfs, costs memory. All integers are little-endian; offsets are from the start of the file;
 * there are no pointers.
 *
 * Growth. Every table only gains records. A record is complete before the section's `count` is
 * raised over it with a release store, and is immutable afterwards except for the words called
 * atomic or counter here. Nothing is ever reused, moved or shrunk. An append that found a table
 * full is counted in the process counters (*_lost).
 *
 * Counters. A cell holds one shard's counters of one site. Cells stand in chunks of
 * POOLTAG_CHUNK_CELLS consecutive site numbers; CHUNKS[i] says which shard and which first site the
 * i-th chunk of CELLS belongs to. Each cell has one writer (the thread that owns the shard) except
 * those of the shared shard, which are updated with atomic additions. Counters only grow.
 *
 * Peaks. Now and then, and more often while little has been allocated, a shard that allocates from
 * a site adds up what is in use of it. PEAKS has the most ever found, and in `most` what all shards
 * together may have allocated besides until each looked again. A site that nobody has looked at,
 * one whose allocations are in no cell, has 0 in both. A look follows the count that it is for:
 * load PEAKS after CELLS.
 *
 * How to read. 1. Check the header as pooltag_segment_header says. 2. For each section load `count`
 * with acquire order and never look beyond it. 3. Load the frees halves of all cells; load the
 * counts again, since a block freed into an old cell may come from a new one; then load the allocs
 * halves: a block is counted as allocated before it is handed out and as freed after it has come
 * back, so allocs - frees is then never negative. 4. Sum cells by site. Trust nothing: the file
 * belongs to another process. Bound every index by `count`, every string by its section, and every
 * count by `capacity` and the file's size.
 *
 * Compatibility. `major` changes when an old reader would misread; a reader refuses others. `minor`
 * changes when records grow at their end, sections appear, or reserved words get a meaning: use the
 * strides of the section directory, read the prefix you know, skip section types you do not know,
 * and take counters you do not know from FIELDS.
 */
#ifndef POOLTAG_SEGMENT_H
#define POOLTAG_SEGMENT_H

#include <stddef.h>
#include <stdint.h>

#define POOLTAG_SEGMENT_MAGIC      "POOLTAG\x1a" /* 8 bytes, no terminator */
#define POOLTAG_SEGMENT_MAGIC_SIZE 8
#define POOLTAG_SEGMENT_MAJOR      1
#define POOLTAG_SEGMENT_MINOR      3
#define POOLTAG_SEGMENT_NAME_MAX   64                    /* longest file name, with its NUL */
#define POOLTAG_DIRECTORY_FORMAT   "/dev/shm/pooltag-%u" /* %u: effective uid */

/* pooltag_segment_header.state. A LIVE segment whose process is gone belongs to a crashed one. */
enum pooltag_state {
	POOLTAG_STATE_LIVE = 1, /* the process runs */
	POOLTAG_STATE_EXITED =
		2, /* exit, _exit or quick_exit was called; counting went on to the end */
	POOLTAG_STATE_EXECED =
		3, /* the process called exec; the next generation has its own file */
};

/* pooltag_segment_header.flags */
enum pooltag_segment_flags {
	POOLTAG_FLAG_FORKED = 1u << 0,   /* a fork child: one shard has POOLTAG_SHARD_INHERITED */
	POOLTAG_FLAG_PARTIAL = 1u << 1,  /* some cells are not in the file (see cells_lost) */
	POOLTAG_FLAG_REPORTED = 1u << 2, /* misuse of memory was reported on standard error */
	POOLTAG_FLAG_LOCKED = 1u << 3, /* mlockall: what sites call paged is nonpaged; may change */
};

/*
 * The header, at offset 0. The first 64 bytes are frozen for ever. A reader accepts the file when
 * magic and major match, header_size <= segment_size <= file size, and the directory fits.
 */
struct pooltag_segment_header {
	uint8_t magic[8];       /* POOLTAG_SEGMENT_MAGIC */
	uint16_t major;         /* POOLTAG_SEGMENT_MAJOR */
	uint16_t minor;         /* POOLTAG_SEGMENT_MINOR */
	uint32_t header_size;   /* sizeof this struct in the writer */
	uint64_t segment_size;  /* bytes, sparse; the file is at least as long */
	uint32_t state;         /* enum pooltag_state, atomic */
	uint32_t flags;         /* enum pooltag_segment_flags, atomic */
	uint64_t structure_gen; /* atomic; grows with every append to any table */
	uint32_t pid;           /* of the writer, in its own pid namespace */
	uint32_t section_count; /* entries in the section directory */
	uint64_t start_ticks;   /* field 22 of /proc/<pid>/stat */
	uint64_t pidns_inode;   /* inode of /proc/self/ns/pid, 0 if it could not be read */
	/* --- end of the frozen part --- */
	uint8_t boot_id[16]; /* /proc/sys/kernel/random/boot_id, zero if it could not be read */
	uint64_t created_mono_ns; /* CLOCK_MONOTONIC at creation */
	uint64_t created_real_ns; /* CLOCK_REALTIME at creation */
	uint64_t heartbeat_ns;    /* atomic; CLOCK_MONOTONIC of a recent slow path: a hint only */
	uint32_t uid;             /* effective uid of the writer */
	uint32_t page_size;       /* bytes */
	uint32_t generation;      /* 0, and 1 more after each exec */
	uint32_t ppid;            /* parent at creation */
	uint64_t section_offset;  /* of the section directory */
	uint32_t section_stride;  /* bytes from one directory entry to the next */
	uint32_t reserved0;
	uint64_t run_id; /* value of the option run=, 0 without: the processes of one `run` */
	char exe[112];   /* tail of the executable's path, NUL-padded, any bytes */
};

/* Kinds of sections. The numbers never change meaning. */
enum pooltag_section_type {
	POOLTAG_SECTION_FIELDS = 1,   /* struct pooltag_field: describes the counters */
	POOLTAG_SECTION_PROCESS = 2,  /* struct pooltag_process: one record */
	POOLTAG_SECTION_MODULES = 3,  /* struct pooltag_module */
	POOLTAG_SECTION_SITES = 4,    /* struct pooltag_site: the site's number is its index */
	POOLTAG_SECTION_FRAMES = 5,   /* struct pooltag_frame: stacks deeper than one frame */
	POOLTAG_SECTION_SHARDS = 6,   /* struct pooltag_shard */
	POOLTAG_SECTION_CHUNKS = 7,   /* struct pooltag_chunk: the owner of each chunk of CELLS */
	POOLTAG_SECTION_CELLS = 8,    /* POOLTAG_CHUNK_CELLS struct pooltag_cell per record */
	POOLTAG_SECTION_STRINGS = 9,  /* bytes; offset 0 is the empty string */
	POOLTAG_SECTION_SAMPLES = 10, /* struct pooltag_sample: stacks sampled by bytes allocated */
	POOLTAG_SECTION_SCAN = 11,    /* struct pooltag_scan: one record, the last leak scan */
	POOLTAG_SECTION_LOOKASIDES = 13, /* struct pooltag_lookaside: drivers' lookaside lists */
	POOLTAG_SECTION_CLASSES = 14,    /* struct pooltag_class: the sizes blocks have */
	POOLTAG_SECTION_LEAKS = 12,      /* struct pooltag_leak: what that scan found, by site */
	POOLTAG_SECTION_PEAKS = 15,      /* struct pooltag_peak: by number of the site */
	POOLTAG_SECTION_BLOCKS = 16, /* struct pooltag_listed: the answer to a question for them */
	POOLTAG_SECTION_LOST =
		17, /* struct pooltag_lost: what that scan found lost, and how it hangs
					together */
};

/* An entry of the section directory. */
struct pooltag_section {
	uint32_t type;     /* enum pooltag_section_type; unknown: skip */
	uint32_t stride;   /* bytes from one record to the next, >= the size known here */
	uint64_t offset;   /* of record 0 */
	uint32_t capacity; /* records it could ever hold */
	uint32_t count;    /* atomic: records that are complete */
	uint32_t reserved[2];
};

/* What a counter means. */
enum pooltag_scope { POOLTAG_SCOPE_CELL = 1, POOLTAG_SCOPE_SHARD = 2, POOLTAG_SCOPE_PROCESS = 3 };

enum pooltag_unit { POOLTAG_UNIT_COUNT = 1, POOLTAG_UNIT_BYTES = 2 };

/* Describes one counter; generated from counters.def. */
struct pooltag_field {
	uint16_t scope;  /* enum pooltag_scope: the record it stands in */
	uint16_t offset; /* bytes from the start of that record */
	uint16_t unit;   /* enum pooltag_unit */
	uint16_t pair;   /* offset of the counter to subtract for "in use", 0xffff: none */
	char name[24];   /* NUL-padded */
};

#define POOLTAG_NO_PAIR 0xffffu

/* One thread's counters of one site. */
struct pooltag_cell {
#define POOLTAG_CELL(name, unit, pair, help) uint64_t name;
#include "counters.def"
};

#define POOLTAG_CHUNK_CELLS 16u /* cells, and consecutive site numbers, of one chunk */

/* Whose counters the chunk of CELLS with the same index holds. */
struct pooltag_chunk {
	uint32_t shard;      /* index into SHARDS */
	uint32_t first_site; /* number of the site of the chunk's first cell */
};

/* Slow-path counters of a shard. */
struct pooltag_shard_counters {
#define POOLTAG_SHARD(name, unit, pair, help) uint64_t name;
#include "counters.def"
};

enum pooltag_shard_flags {
	POOLTAG_SHARD_SHARED = 1u << 0,    /* several writers, atomic additions */
	POOLTAG_SHARD_INHERITED = 1u << 1, /* no writer: what a fork child had from its parent. Its
			    allocs are the live blocks at the fork, its frees are 0 */
};

#define POOLTAG_TID_UNKNOWN 0xffffffffu /* a confined process may not ask */

/* A shard: the cells of one thread at a time. */
struct pooltag_shard {
	uint32_t flags; /* enum pooltag_shard_flags */
	uint32_t tid;   /* atomic; thread id of the owner, 0: nobody now, or POOLTAG_TID_UNKNOWN */
	char name[16];  /* of the last owner as it was at its first allocation, NUL-padded */
	struct pooltag_shard_counters counters;
	uint64_t reserved[7];
};

/* Rare events of the whole process. */
struct pooltag_process {
#define POOLTAG_PROCESS(name, unit, help) uint64_t name;
#include "counters.def"
};

/* A loaded file that has call sites. */
struct pooltag_module {
	uint64_t load_address; /* what to subtract from a run-time address to get the file's */
	uint64_t start;        /* first run-time address of its mapping */
	uint64_t end;          /* one past the last */
	uint32_t path;         /* STRINGS offset */
	uint32_t reserved0;
	uint8_t build_id[20];   /* NT_GNU_BUILD_ID, zero-padded */
	uint32_t build_id_size; /* bytes of it, 0: none */
	uint64_t reserved[2];
};

#define POOLTAG_NO_MODULE 0xffffffffu /* pooltag_site.module: code outside every loaded file */

/* How a site came by its tag. */
enum pooltag_tag_source {
	POOLTAG_SOURCE_NONE = 0,   /* the library's own sites: lost ones, early start */
	POOLTAG_SOURCE_MODULE = 1, /* the module's name */
	POOLTAG_SOURCE_SYMBOL = 2, /* the function's name */
	POOLTAG_SOURCE_RULE = 3,   /* a line of a rules file */
	POOLTAG_SOURCE_SCOPE = 4,  /* the tag scope of the thread */
	POOLTAG_SOURCE_API = 5,    /* given with the allocation */
};

/* What counters belong to: a tag, a pool and a place in the code. */
struct pooltag_site {
	uint32_t tag;             /* four bytes in display order */
	uint8_t pool;             /* 0 paged, 1 nonpaged */
	uint8_t source;           /* enum pooltag_tag_source */
	uint16_t frame_count;     /* entries in FRAMES, 0: `address` is the whole key */
	uint64_t address;         /* return address of the charged call at run time */
	uint32_t module;          /* index into MODULES, or POOLTAG_NO_MODULE */
	uint32_t function;        /* STRINGS offset of the function's linker name, 0: not known */
	uint32_t function_offset; /* address minus the function's start, bytes */
	uint32_t first_frame;     /* index into FRAMES of the innermost frame */
	uint64_t reserved[4];
};

/* The most bytes charged to a site that were in use at once. */
struct pooltag_peak {
	uint64_t found; /* atomic: so many were */
	uint64_t most;  /* atomic: and no more than these, or than all that was ever allocated */
};

/* One frame of a stack. */
struct pooltag_frame {
	uint64_t address; /* return address at run time */
	uint32_t module;  /* index into MODULES, or POOLTAG_NO_MODULE */
	uint32_t reserved;
};

/*
 * A stack at which allocations of a site were sampled, and estimates of all that were made there.
 * The estimates are unbiased; their error is that of a Poisson sample of `samples` events.
 */
struct pooltag_sample {
	uint32_t site;        /* index into SITES */
	uint32_t first_frame; /* index into FRAMES of the innermost frame */
	uint32_t frame_count;
	uint32_t reserved;
	uint64_t samples; /* atomic */
	uint64_t blocks;  /* atomic; allocations this stands for */
	uint64_t bytes;   /* atomic; bytes requested by them */
};

/* How far a leak scan came. */
enum pooltag_scan_state {
	POOLTAG_SCAN_NONE = 0,     /* none was made */
	POOLTAG_SCAN_RUNNING = 1,  /* begun and not finished: if the process is gone, it failed */
	POOLTAG_SCAN_COMPLETE = 2, /* LEAKS holds its result */
	POOLTAG_SCAN_FAILED = 3,   /* `reason` says why */
	POOLTAG_SCAN_OFF = 4,      /* the program wants none (__lsan_is_turned_off) */
};

/* Who asked for a leak scan. */
enum pooltag_scan_trigger {
	POOLTAG_SCAN_AT_EXIT = 1,    /* option leak_check=1, at the end of exit() */
	POOLTAG_SCAN_BY_PROGRAM = 2, /* pooltag_leak_check or __lsan_do_*_leak_check */
	POOLTAG_SCAN_BY_REQUEST = 3, /* `request` below */
};

/* What a leak scan found a block to be. */
enum pooltag_leak_class {
	POOLTAG_LEAK_DEFINITE = 0,  /* nothing points to it */
	POOLTAG_LEAK_INDIRECT = 1,  /* only blocks that are themselves lost point to it */
	POOLTAG_LEAK_POSSIBLE = 2,  /* only pointers into its middle reach it */
	POOLTAG_LEAK_REACHABLE = 3, /* a chain of pointers to its start leads from a root */
	POOLTAG_LEAK_IGNORED = 4,   /* the program asked not to be told of it */
	POOLTAG_LEAK_CLASSES = 5
};

/* A question for live blocks; what is 0 does not matter. */
struct pooltag_question {
	uint32_t number; /* of the question, from 1 on */
	uint32_t tag;    /* of the blocks */
	uint32_t pool;   /* 1 more than theirs */
	uint32_t site;   /* 1 more than the number of theirs */
	uint64_t least;  /* bytes requested of each */
};

/*
 * A question, and the answer to the last one, whose largest blocks stand in BLOCKS in any order.
 *
 * A reader writes `question`, its number 1 more than what it finds, then makes a request as for a
 * scan, and waits for the same number in `about`. Where the rest of `about` is not what it asked,
 * or the number is another one after it has read the answer, somebody else has asked, too.
 */
struct pooltag_listing {
	struct pooltag_question question;
	struct pooltag_question about; /* its number is atomic; 0: there is no answer */
	uint32_t error;                /* an errno: nothing could be found out */
	uint32_t listed;               /* records of BLOCKS */
	uint64_t blocks;               /* all that were asked for, listed or not */
	uint64_t requested;            /* bytes, of all of them */
	uint64_t charge;               /* bytes they take */
	uint64_t duration_ns;          /* from the look at the question on */
};

#define POOLTAG_BLOCKS_MAX 256u /* that are listed */

/* One of the largest blocks that were asked for. */
struct pooltag_listed {
	uint64_t address;   /* of its first byte */
	uint64_t requested; /* bytes */
	uint64_t charge;    /* bytes it takes */
	uint32_t site;      /* index into SITES */
	uint32_t reserved;
};

/*
 * A leak scan of the process. Each scan writes it and LEAKS anew; they hold when `state` says so.
 *
 * A reader that wants a scan writes 1 more than what it finds there to `request` (with `question`
 * the only words of the file that a reader may write) and waits for `request_served` to reach it. A
 * process with questions that it has not answered takes as many requests to be for those.
 */
struct pooltag_scan {
	uint32_t state;       /* enum pooltag_scan_state, atomic */
	uint32_t scans;       /* how many were begun */
	uint64_t started_ns;  /* CLOCK_MONOTONIC */
	uint64_t duration_ns; /* from the fork to the result */
	uint64_t root_bytes;  /* read as roots */
	uint64_t heap_bytes;  /* of blocks read because something reached them, and of lost ones */
	uint64_t blocks;      /* live blocks looked at; the sum over LEAKS */
	uint32_t threads;     /* besides the scanning one */
	uint32_t threads_missed; /* registers not to be had: their stacks are whole roots */
	char reason[96];         /* FAILED: one line for the user, NUL-padded */
	uint32_t trigger;        /* enum pooltag_scan_trigger */
	uint32_t suppressions;   /* STRINGS, of __lsan_default_suppressions; 0: none */
	uint32_t request;        /* atomic; see above */
	uint32_t request_served; /* atomic */
	uint32_t request_signal; /* signal that makes an idle process look at `request`, 0: none */
	uint32_t unwatched;      /* atomic; programs started by it that cannot be looked at */
	char unwatched_name[8];  /* of the first of those: as much as fits, NUL-padded */
	struct pooltag_listing listing; /* since 1.3 */
};

/* What the last complete scan found among the blocks of one site. */
struct pooltag_leak {
	uint32_t site; /* index into SITES */
	uint32_t reserved0;
	uint64_t blocks[POOLTAG_LEAK_CLASSES];
	uint64_t bytes[POOLTAG_LEAK_CLASSES]; /* requested */
	uint64_t example; /* address of one definite block, else of an indirect one, else 0 */
	uint64_t reserved1;
};

/*
 * A block that the last complete scan found lost, or a pointer in one of them to another one: first
 * all blocks, numbered from 0, then the pointers, in order of the blocks they are in. None at all
 * when there were more than fit.
 */
struct pooltag_lost {
	uint32_t site;  /* of the block, or POOLTAG_LOST_POINTER */
	uint32_t from;  /* enum pooltag_leak_class; of a pointer the number of the block it is in */
	uint64_t bytes; /* requested; of a pointer the number of the block it leads to */
};

#define POOLTAG_LOST_POINTER UINT32_MAX
#define POOLTAG_LOST_MAX     (1u << 18) /* records, at most */

/* Who made a lookaside list. */
enum pooltag_lookaside_kind {
	POOLTAG_LOOKASIDE_LEGACY =
		0, /* ExInitializeNPagedLookasideList, ExInitializePagedLookasideList */
	POOLTAG_LOOKASIDE_EX = 1,  /* ExInitializeLookasideListEx */
	POOLTAG_LOOKASIDE_WDF = 2, /* WdfLookasideListCreate */
};

/*
 * A lookaside list of a driver. When it is deleted, the next one that the same code makes with the
 * same tag and size goes on with its record.
 */
struct pooltag_lookaside {
	uint32_t tag;
	uint8_t pool; /* enum pooltag_pool */
	uint8_t kind; /* enum pooltag_lookaside_kind */
	uint16_t reserved0;
	uint32_t size;          /* of its blocks, bytes */
	uint32_t depth;         /* atomic; blocks it may keep now */
	uint32_t maximum_depth; /* atomic */
	uint32_t kept;          /* atomic; blocks it keeps */
	uint32_t lists;         /* atomic; lists that have used the record */
	uint32_t active;        /* atomic; of them, not deleted: 0 or 1 */
	uint64_t address;       /* return address of the initialisation */
	uint32_t module;        /* as in struct pooltag_site */
	uint32_t function;
	uint32_t function_offset;
	uint32_t reserved1;
	uint64_t allocates;       /* counter; allocations from it */
	uint64_t allocate_misses; /* counter; of them, those that found it empty */
	uint64_t frees;           /* counter; frees to it */
	uint64_t free_misses;     /* counter; of them, those that found it full */
	uint64_t reserved[4];
};

/*
 * A size that blocks of a pool can have. A request takes the smallest block that has room for it.
 */
struct pooltag_class {
	uint32_t size;  /* bytes of a block, its charge */
	uint8_t pool;   /* 0 paged, 1 nonpaged */
	uint8_t header; /* bytes of it that are the pool header */
	uint16_t reserved;
};

#define POOLTAG_SITE_LOST  0u /* charged with whatever found the site table full */
#define POOLTAG_SITE_EARLY 1u /* allocations during the library's own start */

#ifdef __cplusplus
#	define POOLTAG_LAYOUT(type, size) static_assert(sizeof(type) == (size), #        type)
#else
#	define POOLTAG_LAYOUT(type, size) _Static_assert(sizeof(type) == (size), #        type)
#endif
POOLTAG_LAYOUT(struct pooltag_segment_header, 256);
POOLTAG_LAYOUT(struct pooltag_section, 32);
POOLTAG_LAYOUT(struct pooltag_field, 32);
POOLTAG_LAYOUT(struct pooltag_cell, 64);
POOLTAG_LAYOUT(struct pooltag_chunk, 8);
POOLTAG_LAYOUT(struct pooltag_shard, 128);
POOLTAG_LAYOUT(struct pooltag_process, 128);
POOLTAG_LAYOUT(struct pooltag_module, 72);
POOLTAG_LAYOUT(struct pooltag_site, 64);
POOLTAG_LAYOUT(struct pooltag_peak, 16);
POOLTAG_LAYOUT(struct pooltag_frame, 16);
POOLTAG_LAYOUT(struct pooltag_sample, 40);
POOLTAG_LAYOUT(struct pooltag_question, 24);
POOLTAG_LAYOUT(struct pooltag_listing, 88);
POOLTAG_LAYOUT(struct pooltag_listed, 32);
POOLTAG_LAYOUT(struct pooltag_scan, 272);
POOLTAG_LAYOUT(struct pooltag_leak, 104);
POOLTAG_LAYOUT(struct pooltag_lost, 16);
POOLTAG_LAYOUT(struct pooltag_lookaside, 120);
POOLTAG_LAYOUT(struct pooltag_class, 8);
#undef POOLTAG_LAYOUT

#endif
