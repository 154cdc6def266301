/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/stats/segment.h"
#include "lib/base/atomic.h"
#include "lib/base/options.h"
#include "lib/base/report.h"
#include "lib/base/sparse.h"
#include "lib/base/sys.h"
#include "lib/base/text.h"
#include "lib/stats/place.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* How the address space of a segment is shared out; what is left over goes to the cells. */
#define MODULES_MAX    16384u
#define SHARDS_MAX     65536u
#define FRAMES_MAX     (1u << 23)
#define SAMPLES_MAX    (1u << 18)
#define LOOKASIDES_MAX 16384u
#define CLASSES_MAX    512u
#define CHUNK_BYTES    (POOLTAG_CHUNK_CELLS * sizeof(struct pooltag_cell))

/* Memory is reserved this much ahead, so that a system call serves many appends. */
#define RESERVE_STEP ((size_t)16 * 1024)

/* And this much in every table before a system call filter closes. */
#define CONFINED_STEP ((size_t)64 * 1024)

/* Where madvise cannot reserve (kernels before 5.14), the file is opened again for fallocate. */
#define NO_FD (-1L)

/* A section as the writer knows it; the directory in the file is a copy. */
struct section {
	char *start;
	uint32_t stride;
	uint32_t capacity;
	uint32_t count;  /* records appended, readable or not */
	size_t reserved; /* bytes that may be touched */
	size_t in_file;  /* of those, bytes that readers can see */
	struct pooltag_section *published;
};

static struct {
	struct base_lock lock;
	char *base;
	size_t size;
	struct pooltag_segment_header *header;
	struct section sections[POOLTAG_SECTION_LOST + 1];
	struct stats_place place;
	uint32_t pid;
	int linked;  /* readers can see the file */
	int partial; /* from now on memory is private */
} segment;

static const struct pooltag_field fields[] = {
#define POOLTAG_CELL(name, unit, pair, help)                                           \
	{POOLTAG_SCOPE_CELL, offsetof(struct pooltag_cell, name), POOLTAG_UNIT_##unit, \
	 CELL_PAIR_##pair, #name},
#define CELL_PAIR_none        POOLTAG_NO_PAIR
#define CELL_PAIR_frees       offsetof(struct pooltag_cell, frees)
#define CELL_PAIR_free_bytes  offsetof(struct pooltag_cell, free_bytes)
#define CELL_PAIR_free_charge offsetof(struct pooltag_cell, free_charge)
#define CELL_PAIR_big_frees   offsetof(struct pooltag_cell, big_frees)
#define POOLTAG_SHARD(name, unit, pair, help)                                                     \
	{POOLTAG_SCOPE_SHARD, offsetof(struct pooltag_shard, counters.name), POOLTAG_UNIT_##unit, \
	 SHARD_PAIR_##pair, #name},
#define SHARD_PAIR_none          POOLTAG_NO_PAIR
#define SHARD_PAIR_heap_returned offsetof(struct pooltag_shard, counters.heap_returned)
#define POOLTAG_PROCESS(name, unit, help)                                                    \
	{POOLTAG_SCOPE_PROCESS, offsetof(struct pooltag_process, name), POOLTAG_UNIT_##unit, \
	 POOLTAG_NO_PAIR, #name},
#include <pooltag/counters.def>
};

/* --- memory --------------------------------------------------------------------------------- */

/*
 * Memory of a tmpfs file must be had before it is touched: when /dev/shm is full, the touch would
 * be a SIGBUS. 0, or a negative errno.
 */
static long reserve_in_file(char *start, size_t bytes)
{
	long error = BASE_SYSCALL3(SYS_madvise, start, bytes, MADV_POPULATE_WRITE);
	long fd;

	if (error != -EINVAL || base_load_relaxed(&base_confined))
		return error;
	fd = BASE_SYSCALL4(SYS_openat, AT_FDCWD, segment.place.path,
			   O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	error = BASE_SYSCALL4(SYS_fallocate, fd, 0, start - segment.base, bytes);
	BASE_SYSCALL1(SYS_close, fd);
	return error;
}

static void go_private(const char *what, long error)
{
	char buffer[STATS_PATH_MAX + 300];
	struct base_text text = base_text_in(buffer, sizeof(buffer));

	segment.partial = 1;
	base_text_add(&text, what);
	base_text_char(&text, ' ');
	base_text_add(&text, segment.place.directory);
	base_text_add(&text, ": ");
	base_text_error(&text, error);
	base_text_add(&text, segment.linked
				     ? "; the program runs on, but poolmon does not see all of it"
				     : "; the program runs on, but poolmon does not see it");
	base_text_add(&text, " (another directory: POOLTAG_OPTIONS=dir=DIR)");
	base_note(buffer);
}

/* Makes the first `bytes` of a section touchable. 0 or -ENOMEM. */
static int reserve(struct section *section, size_t bytes)
{
	size_t limit = base_round_up((size_t)section->stride * section->capacity, BASE_PAGE_SIZE);
	size_t wanted;
	char *start;

	if (BASE_LIKELY(bytes <= section->reserved))
		return 0;
	/* Grow by an eighth: few calls, little waste. */
	wanted = base_max(bytes, section->reserved + base_max(section->reserved / 8, RESERVE_STEP));
	wanted = base_min(base_round_up(wanted, BASE_PAGE_SIZE), limit);
	start = section->start + section->reserved;
	if (!segment.partial) {
		long error = reserve_in_file(start, wanted - section->reserved);

		if (error != 0) {
			/* Of a mapping the kernel only says that the touch would be fatal. */
			go_private("no more room in", error == -EFAULT ? -ENOSPC : error);
			__atomic_fetch_or(&segment.header->flags, POOLTAG_FLAG_PARTIAL,
					  __ATOMIC_RELAXED);
		}
	}
	if (segment.partial) {
		void *fresh =
			base_mmap(start, wanted - section->reserved, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);

		if (base_is_error(fresh))
			return -ENOMEM;
	}
	section->reserved = wanted;
	if (!segment.partial)
		section->in_file = wanted;
	return 0;
}

/* The memory of the next `n` records, not yet published; NULL when the table is full. */
static void *append(struct section *section, uint32_t n)
{
	void *record;

	if (section->capacity - section->count < n)
		return NULL;
	if (reserve(section, (size_t)section->stride * (section->count + n)) != 0)
		return NULL;
	record = section->start + (size_t)section->stride * section->count;
	section->count += n;
	return record;
}

/* Lets readers see everything appended so far, as far as it is in the file. */
static void publish(struct section *section)
{
	size_t visible = base_min(section->count, section->in_file / section->stride);

	base_store_release(&section->published->count, (uint32_t)visible);
	base_store_release(&segment.header->structure_gen, segment.header->structure_gen + 1);
}

/* --- layout --------------------------------------------------------------------------------- */

struct shape {
	uint32_t type;
	uint32_t stride;
	uint64_t capacity;
};

/* Record counts for a segment of `size` bytes; small segments get less of everything. */
static void plan(struct shape *shapes, size_t size)
{
	uint64_t portion = size >> 20 < 1024 ? size >> 20 : 1024; /* 1024: the full numbers */
	uint64_t used;

	shapes[0] = (struct shape){POOLTAG_SECTION_FIELDS, sizeof(struct pooltag_field), 128};
	shapes[1] = (struct shape){POOLTAG_SECTION_PROCESS, sizeof(struct pooltag_process), 1};
	shapes[2] = (struct shape){POOLTAG_SECTION_MODULES, sizeof(struct pooltag_module),
				   MODULES_MAX * portion / 1024};
	shapes[3] = (struct shape){POOLTAG_SECTION_SITES, sizeof(struct pooltag_site),
				   STATS_SITES_MAX * portion / 1024};
	shapes[4] = (struct shape){POOLTAG_SECTION_FRAMES, sizeof(struct pooltag_frame),
				   FRAMES_MAX * portion / 1024};
	shapes[5] = (struct shape){POOLTAG_SECTION_SHARDS, sizeof(struct pooltag_shard),
				   SHARDS_MAX * portion / 1024};
	shapes[6] = (struct shape){POOLTAG_SECTION_STRINGS, 1, size / 16};
	shapes[7] = (struct shape){POOLTAG_SECTION_SAMPLES, sizeof(struct pooltag_sample),
				   SAMPLES_MAX * portion / 1024};
	shapes[8] = (struct shape){POOLTAG_SECTION_SCAN, sizeof(struct pooltag_scan), 1};
	shapes[9] = (struct shape){POOLTAG_SECTION_LEAKS, sizeof(struct pooltag_leak),
				   STATS_SITES_MAX * portion / 1024};
	shapes[12] = (struct shape){POOLTAG_SECTION_LOOKASIDES, sizeof(struct pooltag_lookaside),
				    LOOKASIDES_MAX * portion / 1024};
	shapes[13] =
		(struct shape){POOLTAG_SECTION_CLASSES, sizeof(struct pooltag_class), CLASSES_MAX};
	shapes[14] = (struct shape){POOLTAG_SECTION_PEAKS, sizeof(struct pooltag_peak),
				    STATS_SITES_MAX * portion / 1024};
	shapes[15] = (struct shape){POOLTAG_SECTION_BLOCKS, sizeof(struct pooltag_listed),
				    POOLTAG_BLOCKS_MAX};
	shapes[16] = (struct shape){POOLTAG_SECTION_LOST, sizeof(struct pooltag_lost),
				    POOLTAG_LOST_MAX * portion / 1024};
	used = size / 2; /* the above at most, and the header */
	shapes[10] = (struct shape){POOLTAG_SECTION_CHUNKS, sizeof(struct pooltag_chunk),
				    (size - used) / (CHUNK_BYTES + 64)};
	shapes[11] = (struct shape){POOLTAG_SECTION_CELLS, CHUNK_BYTES,
				    (size - used) / (CHUNK_BYTES + 64)};
}

#define SHAPES 17
_Static_assert(STATS_SITES_MAX * sizeof(struct pooltag_site) +
			       FRAMES_MAX * sizeof(struct pooltag_frame) +
			       SHARDS_MAX * sizeof(struct pooltag_shard) +
			       SAMPLES_MAX * sizeof(struct pooltag_sample) +
			       STATS_SITES_MAX * sizeof(struct pooltag_leak) +
			       STATS_SITES_MAX * sizeof(struct pooltag_peak) +
			       MODULES_MAX * sizeof(struct pooltag_module) +
			       LOOKASIDES_MAX * sizeof(struct pooltag_lookaside) +
			       CLASSES_MAX * sizeof(struct pooltag_class) +
			       POOLTAG_BLOCKS_MAX * sizeof(struct pooltag_listed) +
			       POOLTAG_LOST_MAX * sizeof(struct pooltag_lost) + ((1u << 30) / 16) +
			       20 * 4096 <
		       (1u << 30) / 2,
	       "the tables of a full-size segment take less than half of it");

/* Lays the sections out one after the other, each on its own pages. */
static void lay_out(char *base, size_t size)
{
	struct shape shapes[SHAPES];
	struct pooltag_section *directory =
		(struct pooltag_section *)(base + sizeof(struct pooltag_segment_header));
	size_t offset = BASE_PAGE_SIZE;

	plan(shapes, size);
	for (int i = 0; i < SHAPES; i++) {
		struct section *section = &segment.sections[shapes[i].type];

		section->start = base + offset;
		section->stride = shapes[i].stride;
		section->capacity = (uint32_t)shapes[i].capacity;
		section->reserved = 0;
		section->in_file = 0;
		section->published = &directory[i];
		directory[i] = (struct pooltag_section){
			.type = shapes[i].type,
			.stride = shapes[i].stride,
			.offset = offset,
			.capacity = section->capacity,
		};
		offset +=
			base_round_up((size_t)section->stride * section->capacity, BASE_PAGE_SIZE);
	}
}

static size_t wanted_size(void)
{
	struct rlimit limit = {.rlim_cur = RLIM_INFINITY};
	size_t size = base_round_down(base_options.segment_max, (size_t)1 << 20);

	/* Under a limit on address space the process needs it more than we do. */
	BASE_SYSCALL2(SYS_getrlimit, RLIMIT_AS, &limit);
	while (limit.rlim_cur != RLIM_INFINITY && size > limit.rlim_cur / 16 && size > (4u << 20))
		size /= 2;
	return size;
}

/* --- life ----------------------------------------------------------------------------------- */

static void fill_header(struct pooltag_segment_header *header, size_t size)
{
	for (size_t i = 0; i < POOLTAG_SEGMENT_MAGIC_SIZE; i++)
		header->magic[i] = (uint8_t)POOLTAG_SEGMENT_MAGIC[i];
	header->major = POOLTAG_SEGMENT_MAJOR;
	header->minor = POOLTAG_SEGMENT_MINOR;
	header->header_size = sizeof(*header);
	header->segment_size = size;
	header->state = POOLTAG_STATE_LIVE;
	header->section_count = SHAPES;
	header->section_offset = sizeof(*header);
	header->section_stride = sizeof(struct pooltag_section);
	header->page_size = BASE_PAGE_SIZE;
	header->run_id = base_options.run;
	stats_identify(header);
}

/* Gives up on a file: the memory will be private. Always NO_FD. */
static long drop_file(long fd, long error, const char *what)
{
	if (fd >= 0)
		BASE_SYSCALL1(SYS_close, fd);
	segment.place.path[0] = '\0';
	go_private(what, error);
	return NO_FD;
}

/* A new file, still unnamed, with its first page reserved; NO_FD when there can be none. */
static long create_file(const struct pooltag_segment_header *header)
{
	const char *what = "";
	long fd = stats_place_create(&segment.place, header, &what);
	uint8_t zero[sizeof(*header)] = {0};

	segment.partial = 0;
	segment.linked = 0;
	segment.place.path[0] = '\0';
	if (fd < 0)
		return drop_file(NO_FD, fd, what);
	/* A write fails where a touch of the mapping would be a SIGBUS. */
	if (BASE_SYSCALL4(SYS_pwrite64, fd, zero, sizeof(zero), 0) != (long)sizeof(zero))
		return drop_file(fd, -ENOSPC, "no memory for a file in");
	return fd;
}

/* Maps the file, or private memory without one, at `address` (NULL: anywhere). NULL on failure. */
static char *map_file(const struct pooltag_segment_header *header, char *address, long fd)
{
	int fixed = address != NULL ? MAP_FIXED : 0;
	int kind = fd != NO_FD ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
	void *base = base_mmap(address, header->segment_size, PROT_READ | PROT_WRITE,
			       kind | MAP_NORESERVE | fixed, fd != NO_FD ? (int)fd : -1, 0);

	return base_is_error(base) ? NULL : base;
}

/* Names the complete file and closes it; from here on readers see it. */
static void go_public(long fd)
{
	long error;

	if (fd == NO_FD)
		return;
	error = stats_place_link(&segment.place, fd, segment.header);
	BASE_SYSCALL1(SYS_close, fd);
	segment.linked = error >= 0;
	if (error < 0)
		go_private("cannot name a file in", error);
}

static void append_fields(void)
{
	struct section *section = &segment.sections[POOLTAG_SECTION_FIELDS];
	struct pooltag_field *published = append(section, BASE_ARRAY_SIZE(fields));

	if (published == NULL)
		return;
	for (size_t i = 0; i < BASE_ARRAY_SIZE(fields); i++)
		published[i] = fields[i];
	publish(section);
}

/* Sites 0 and 1 are the library's own; string 0 is "". */
static void append_reserved_records(void)
{
	struct pooltag_site lost = {
		.tag = 0x74736f4c, /* Lost */
		.module = POOLTAG_NO_MODULE,
	};
	struct pooltag_site early = {
		.tag = 0x6c726145, /* Earl */
		.module = POOLTAG_NO_MODULE,
	};

	stats_string("");
	append(&segment.sections[POOLTAG_SECTION_PROCESS], 1);
	publish(&segment.sections[POOLTAG_SECTION_PROCESS]);
	stats_site(&lost);
	stats_site(&early);
}

static void append_scan(void)
{
	append(&segment.sections[POOLTAG_SECTION_SCAN], 1);
	publish(&segment.sections[POOLTAG_SECTION_SCAN]);
}

void stats_segment_create(void)
{
	struct pooltag_segment_header header = {0};
	long fd;

	segment.size = wanted_size();
	fill_header(&header, segment.size);
	segment.pid = header.pid;
	fd = create_file(&header);
	segment.base = map_file(&header, NULL, fd);
	if (segment.base == NULL)
		base_fatal("no address space for the counters: raise the limit on address space "
			   "(ulimit -v) or set POOLTAG_OPTIONS=segment_max=4m");
	base_sparse_add(segment.base, segment.size);
	segment.header = (struct pooltag_segment_header *)segment.base;
	*segment.header = header;
	base_report_mark(&segment.header->flags, POOLTAG_FLAG_REPORTED);
	lay_out(segment.base, segment.size);
	append_fields();
	append_reserved_records();
	append_scan();
	go_public(fd);
}

/* The tables a fork child takes over from its parent, in the order they are saved. */
static const uint32_t inherited_tables[] = {
	POOLTAG_SECTION_MODULES, POOLTAG_SECTION_SITES,      POOLTAG_SECTION_FRAMES,
	POOLTAG_SECTION_SHARDS,  POOLTAG_SECTION_CHUNKS,     POOLTAG_SECTION_STRINGS,
	POOLTAG_SECTION_SAMPLES, POOLTAG_SECTION_LOOKASIDES, POOLTAG_SECTION_CLASSES,
};

static size_t table_bytes(const struct section *section)
{
	return base_round_up((size_t)section->stride * section->count, sizeof(uint64_t));
}

static void copy_words(void *to, const void *from, size_t bytes)
{
	uint64_t *target = to;
	const uint64_t *source = from;

	for (size_t i = 0; i < bytes / sizeof(uint64_t); i++)
		target[i] = source[i];
}

/*
 * Writes the tables into the child's file. What the parent appends after the fork lies beyond our
 * counts, so this is the fork's state. 0 or a negative errno.
 */
static long write_tables(long fd)
{
	for (size_t i = 0; i < BASE_ARRAY_SIZE(inherited_tables); i++) {
		const struct section *section = &segment.sections[inherited_tables[i]];
		size_t bytes = table_bytes(section);
		long written = BASE_SYSCALL4(SYS_pwrite64, fd, section->start, bytes,
					     section->start - segment.base);

		if (written != (long)bytes)
			return written < 0 ? written : -ENOSPC;
	}
	return 0;
}

/* Without a file the tables pass through other memory; without that, old sites lose their names. */
static char *save_tables(size_t *ret_bytes)
{
	char *saved;
	char *next;

	*ret_bytes = 1;
	for (size_t i = 0; i < BASE_ARRAY_SIZE(inherited_tables); i++)
		*ret_bytes += table_bytes(&segment.sections[inherited_tables[i]]);
	saved = base_map_memory(*ret_bytes, PROT_READ | PROT_WRITE, 0);
	if (base_is_error(saved))
		return NULL;
	next = saved;
	for (size_t i = 0; i < BASE_ARRAY_SIZE(inherited_tables); i++) {
		const struct section *section = &segment.sections[inherited_tables[i]];

		copy_words(next, section->start, table_bytes(section));
		next += table_bytes(section);
	}
	return saved;
}

static void restore_tables(char *saved, size_t saved_bytes)
{
	const char *next = saved;

	for (size_t i = 0; saved != NULL && i < BASE_ARRAY_SIZE(inherited_tables); i++) {
		struct section *section = &segment.sections[inherited_tables[i]];

		copy_words(section->start, next, table_bytes(section));
		next += table_bytes(section);
	}
	if (saved != NULL)
		base_munmap(saved, saved_bytes);
}

/* The threads that owned the shards live on in the parent only. */
static void clear_shards(void)
{
	struct section *section = &segment.sections[POOLTAG_SECTION_SHARDS];
	struct pooltag_shard *shards = (struct pooltag_shard *)(void *)section->start;

	for (uint32_t i = 0; i < section->count; i++)
		shards[i] = (struct pooltag_shard){.flags = shards[i].flags & POOLTAG_SHARD_SHARED};
}

/* Makes touchable again what the counts say is there. */
static void reserve_all(void)
{
	for (uint32_t type = 1; type < BASE_ARRAY_SIZE(segment.sections); type++) {
		struct section *section = &segment.sections[type];

		if (reserve(section, (size_t)section->stride * section->count) != 0)
			base_fatal("no memory for the counters of a fork child");
	}
}

static void publish_all(void)
{
	for (uint32_t type = 1; type < BASE_ARRAY_SIZE(segment.sections); type++)
		publish(&segment.sections[type]);
}

/*
 * A child that may map nothing more (a limit on address space set meanwhile) or open nothing must
 * still not write the parent's segment: its tables are closed, and what is written all the same
 * goes to dummies.
 */
static int give_up(long fd, const char *note)
{
	static struct pooltag_segment_header header;
	static struct pooltag_process process;

	if (fd != NO_FD)
		BASE_SYSCALL1(SYS_close, fd);
	for (uint32_t type = 1; type < BASE_ARRAY_SIZE(segment.sections); type++)
		segment.sections[type].capacity = segment.sections[type].count;
	segment.header = &header;
	base_report_mark(&header.flags, POOLTAG_FLAG_REPORTED);
	segment.sections[POOLTAG_SECTION_PROCESS].start = (char *)&process;
	segment.sections[POOLTAG_SECTION_LOOKASIDES].start = NULL;
	segment.place.path[0] = '\0';
	base_note(note);
	return -ENOMEM;
}

void stats_segment_confine(void)
{
	base_lock_take(&segment.lock);
	for (uint32_t type = 1; type < BASE_ARRAY_SIZE(segment.sections); type++) {
		struct section *section = &segment.sections[type];

		reserve(section, (size_t)section->stride * section->count + CONFINED_STEP);
	}
	base_lock_drop(&segment.lock);
}

int stats_segment_fork(void)
{
	struct pooltag_segment_header header = {0};
	size_t saved_bytes = 0;
	char *saved = NULL;
	long fd;

	if (base_load_relaxed(&base_confined))
		return give_up(NO_FD, "the fork child of a program confined by a system call "
				      "filter runs on uncounted");
	fill_header(&header, segment.size);
	header.flags = POOLTAG_FLAG_FORKED;
	segment.pid = header.pid;
	fd = create_file(&header);
	if (fd != NO_FD && write_tables(fd) != 0)
		fd = drop_file(fd, -ENOSPC, "no memory for a file in");
	if (fd == NO_FD)
		saved = save_tables(&saved_bytes);
	/* Over the parent's mapping: cells keep their addresses, and the parent's are out of reach.
	 */
	if (map_file(&header, segment.base, fd) == NULL)
		return give_up(fd, "no address space for the counters of a fork child; it runs on "
				   "uncounted");
	*segment.header = header;
	lay_out(segment.base, segment.size);
	segment.sections[POOLTAG_SECTION_FIELDS].count = 0;
	segment.sections[POOLTAG_SECTION_SCAN].count = 0;
	segment.sections[POOLTAG_SECTION_LEAKS].count = 0;
	segment.sections[POOLTAG_SECTION_BLOCKS].count = 0;
	segment.sections[POOLTAG_SECTION_LOST].count = 0;
	append_fields();
	append_scan();
	reserve_all();
	restore_tables(saved, saved_bytes);
	clear_shards();
	publish_all();
	go_public(fd);
	return 0;
}

void stats_segment_lock(int locked)
{
	if (locked)
		__atomic_fetch_or(&segment.header->flags, POOLTAG_FLAG_LOCKED, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&segment.header->flags, ~(uint32_t)POOLTAG_FLAG_LOCKED,
				   __ATOMIC_RELAXED);
}

void stats_segment_retire(void)
{
	int confined = base_load_relaxed(&base_confined) != 0;

	/*
	 * A child of vfork ends in its parent's memory. Confined, it cannot be told from the
	 * parent, and a running process is shown as running whatever the mark.
	 */
	if (segment.header == NULL ||
	    (!confined && (uint32_t)BASE_SYSCALL0(SYS_getpid) != segment.pid))
		return;
	base_store_release(&segment.header->state, (uint32_t)POOLTAG_STATE_EXITED);
	if (!base_options.keep && !confined)
		stats_place_unlink(&segment.place);
}

/* --- records -------------------------------------------------------------------------------- */

static void count_lost(uint64_t *counter)
{
	base_add_atomic(counter, 1);
}

static uint32_t add_text(const char *string, size_t bytes)
{
	struct section *section = &segment.sections[POOLTAG_SECTION_STRINGS];
	uint32_t offset = 0;
	char *to;

	base_lock_take(&segment.lock);
	to = bytes <= UINT32_MAX ? append(section, (uint32_t)bytes) : NULL;
	if (to != NULL) {
		offset = (uint32_t)(to - section->start);
		for (size_t i = 0; i < bytes; i++)
			to[i] = string[i];
		publish(section);
	} else {
		count_lost(&stats_process()->strings_lost);
	}
	base_lock_drop(&segment.lock);
	return offset;
}

uint32_t stats_string(const char *string)
{
	size_t bytes = base_string_length(string) + 1;

	if (bytes <= 4096)
		return add_text(string, bytes);
	count_lost(&stats_process()->strings_lost);
	return 0;
}

uint32_t stats_text(const char *text)
{
	return add_text(text, base_string_length(text) + 1);
}

/* Room for the peak of the next site, before anybody can look for it. 0 or -ENOMEM. */
static int add_peak(void)
{
	struct section *section = &segment.sections[POOLTAG_SECTION_PEAKS];

	if (section->count > segment.sections[POOLTAG_SECTION_SITES].count)
		return 0;
	if (append(section, 1) == NULL)
		return -ENOMEM;
	publish(section);
	return 0;
}

/* Appends `n` records to the table of `type`; the first one's number, or STATS_NONE. */
static uint32_t add_records(uint32_t type, const void *records, uint32_t n, uint64_t *lost)
{
	struct section *section = &segment.sections[type];
	uint32_t number = STATS_NONE;
	void *to = NULL;

	base_lock_take(&segment.lock);
	if (type != POOLTAG_SECTION_SITES || add_peak() == 0)
		to = append(section, n);
	if (to != NULL) {
		number = section->count - n;
		copy_words(to, records, (size_t)section->stride * n);
		publish(section);
	} else {
		count_lost(lost);
	}
	base_lock_drop(&segment.lock);
	return number;
}

uint32_t stats_module(const struct pooltag_module *module)
{
	return add_records(POOLTAG_SECTION_MODULES, module, 1, &stats_process()->modules_lost);
}

uint32_t stats_site(const struct pooltag_site *site)
{
	return add_records(POOLTAG_SECTION_SITES, site, 1, &stats_process()->sites_lost);
}

uint32_t stats_frames(const struct pooltag_frame *frames, uint32_t n)
{
	return add_records(POOLTAG_SECTION_FRAMES, frames, n, &stats_process()->frames_lost);
}

uint32_t stats_shard(uint32_t flags)
{
	struct pooltag_shard shard = {.flags = flags};

	return add_records(POOLTAG_SECTION_SHARDS, &shard, 1, &stats_process()->shards_lost);
}

uint32_t stats_sample(const struct pooltag_sample *sample)
{
	return add_records(POOLTAG_SECTION_SAMPLES, sample, 1, &stats_process()->frames_lost);
}

uint32_t stats_lookaside(const struct pooltag_lookaside *lookaside)
{
	return add_records(POOLTAG_SECTION_LOOKASIDES, lookaside, 1,
			   &stats_process()->lookasides_lost);
}

uint32_t stats_site_count(void)
{
	return base_load_acquire(&segment.sections[POOLTAG_SECTION_SITES].count);
}

uint32_t stats_shard_count(void)
{
	return base_load_acquire(&segment.sections[POOLTAG_SECTION_SHARDS].count);
}

struct pooltag_site *stats_site_record(uint32_t site)
{
	return (struct pooltag_site *)(void *)segment.sections[POOLTAG_SECTION_SITES].start + site;
}

struct pooltag_peak *stats_peak_record(uint32_t site)
{
	return (struct pooltag_peak *)(void *)segment.sections[POOLTAG_SECTION_PEAKS].start + site;
}

struct pooltag_shard *stats_shard_record(uint32_t shard)
{
	return (struct pooltag_shard *)(void *)segment.sections[POOLTAG_SECTION_SHARDS].start +
	       shard;
}

struct pooltag_sample *stats_sample_record(uint32_t sample)
{
	return (struct pooltag_sample *)(void *)segment.sections[POOLTAG_SECTION_SAMPLES].start +
	       sample;
}

struct pooltag_lookaside *stats_lookaside_record(uint32_t lookaside)
{
	const struct section *section = &segment.sections[POOLTAG_SECTION_LOOKASIDES];

	return section->start == NULL
		       ? NULL
		       : (struct pooltag_lookaside *)(void *)section->start + lookaside;
}

const struct pooltag_frame *stats_frame_record(uint32_t frame)
{
	return (struct pooltag_frame *)(void *)segment.sections[POOLTAG_SECTION_FRAMES].start +
	       frame;
}

const char *stats_module_path(uint32_t module)
{
	const struct section *section = &segment.sections[POOLTAG_SECTION_MODULES];

	if (module >= section->count)
		return "";
	return stats_string_at(
		((const struct pooltag_module *)(const void *)section->start)[module].path);
}

const char *stats_string_at(uint32_t offset)
{
	const struct section *section = &segment.sections[POOLTAG_SECTION_STRINGS];

	return offset < section->count ? section->start + offset : "";
}

struct pooltag_process *stats_process(void)
{
	return (struct pooltag_process *)(void *)segment.sections[POOLTAG_SECTION_PROCESS].start;
}

void stats_class(const struct pooltag_class *class)
{
	struct section *section = &segment.sections[POOLTAG_SECTION_CLASSES];
	struct pooltag_class *to;

	base_lock_take(&segment.lock);
	to = append(section, 1);
	if (to != NULL) {
		*to = *class;
		publish(section);
	}
	base_lock_drop(&segment.lock);
}

/* --- leaks ---------------------------------------------------------------------------------- */

struct pooltag_scan *stats_scan(void)
{
	struct section *section = &segment.sections[POOLTAG_SECTION_SCAN];

	return section->count > 0 ? (struct pooltag_scan *)(void *)section->start : NULL;
}

int stats_leaks(const struct pooltag_leak *leaks, uint32_t n)
{
	struct section *section = &segment.sections[POOLTAG_SECTION_LEAKS];

	section->count = 0;
	publish(section);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t blocks = 0;
		struct pooltag_leak *to;

		for (int class = 0; class < POOLTAG_LEAK_CLASSES; class ++)
			blocks += leaks[i].blocks[class];
		if (blocks == 0)
			continue;
		to = append(section, 1);
		if (to == NULL)
			return -ENOMEM;
		*to = leaks[i];
	}
	publish(section);
	return 0;
}

int stats_blocks(const struct pooltag_listed *blocks, uint32_t n)
{
	struct section *section = &segment.sections[POOLTAG_SECTION_BLOCKS];
	void *to;

	section->count = 0;
	to = append(section, n);
	if (to == NULL)
		return -ENOMEM;
	copy_words(to, blocks, n * sizeof(*blocks));
	publish(section);
	return 0;
}

void stats_lost(const struct pooltag_lost *lost, uint32_t n)
{
	struct section *section = &segment.sections[POOLTAG_SECTION_LOST];
	struct pooltag_lost *to;

	section->count = 0;
	publish(section);
	to = n > 0 ? append(section, n) : NULL;
	if (to == NULL)
		return;
	for (uint32_t i = 0; i < n; i++)
		to[i] = lost[i];
	publish(section);
}

/* --- cells ---------------------------------------------------------------------------------- */

struct pooltag_cell *stats_chunk(uint32_t shard, uint32_t first_site)
{
	struct section *chunks = &segment.sections[POOLTAG_SECTION_CHUNKS];
	struct section *cells = &segment.sections[POOLTAG_SECTION_CELLS];
	struct pooltag_chunk *owner;
	struct pooltag_cell *memory;

	base_lock_take(&segment.lock);
	owner = append(chunks, 1);
	memory = owner != NULL ? append(cells, 1) : NULL;
	if (memory != NULL) {
		*owner = (struct pooltag_chunk){.shard = shard, .first_site = first_site};
		publish(cells);
		publish(chunks);
	}
	if (memory == NULL && owner != NULL)
		chunks->count--;
	if (memory == NULL || segment.partial)
		count_lost(&stats_process()->cells_lost);
	base_lock_drop(&segment.lock);
	return memory;
}

uint32_t stats_chunk_count(void)
{
	return base_load_acquire(&segment.sections[POOLTAG_SECTION_CELLS].count);
}

struct pooltag_chunk stats_chunk_owner(uint32_t chunk)
{
	return ((struct pooltag_chunk *)(void *)segment.sections[POOLTAG_SECTION_CHUNKS]
			.start)[chunk];
}

struct pooltag_cell *stats_chunk_cells(uint32_t chunk)
{
	return stats_first_cell() + (size_t)chunk * POOLTAG_CHUNK_CELLS;
}

struct pooltag_cell *stats_first_cell(void)
{
	return (struct pooltag_cell *)(void *)segment.sections[POOLTAG_SECTION_CELLS].start;
}

void stats_heartbeat(void)
{
	base_store_relaxed(&segment.header->heartbeat_ns, base_now_ns(CLOCK_MONOTONIC));
}

struct base_lock *stats_lock(void)
{
	return &segment.lock;
}
