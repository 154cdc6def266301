/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostile_test.c - segments nobody honest would write
 *
 * Cuts a good segment off at many lengths, and puts bad values into every field of its header, its
 * section directory and its records. Whatever the reader answers, it must answer: built with the
 * address and undefined-behaviour sanitizers, a wrong access ends the test; an alarm ends a hang.
 *
 * hostile_test DESCRIPTION
 */
#include "fixture/fixture.h"
#include "harness/tap.h"
#include "model/model.h"
#include "reader/reader.h"
#include "view/view.h"

#include "pooltag/segment.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOSTILE_SECONDS 300 /* for everything */

static char hostile_dir[] = "/dev/shm/poolmon-hostile-XXXXXX";
static char hostile_path[128];
static char *hostile_good; /* the segment as it should be */
static size_t hostile_size;
static struct reader *hostile_reader; /* one for all, so that what it remembers is attacked, too */
static unsigned hostile_accepted;
static unsigned hostile_reasons[READER_REASON_MAX];

static void hostile_put(const char *bytes, size_t size)
{
	int fd = open(hostile_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		exit(99);
	close(fd);
}

static void hostile_draw(const struct reader_snapshot *snapshot, enum model_group group)
{
	struct model_options options = {.group = group, .sort = MODEL_COLUMN_BYTES};
	struct model *model = model_create(&options);
	struct view view = {.model = model, .totals = true, .library = ""};
	struct frame frame;

	frame_init(&frame, 24, 80);
	model_update(model, snapshot);
	view_render(&view, &frame);
	frame_fini(&frame);
	model_destroy(model);
}

/* Reads and draws; returns the reason, READER_OK when the file was accepted. */
static enum reader_reason hostile_read(struct reader *reader)
{
	static const enum model_group groups[] = {MODEL_GROUP_SITE, MODEL_GROUP_STACK,
						  MODEL_GROUP_THREAD};
	struct reader_snapshot *snapshot;
	enum reader_reason reason = READER_OK;

	reader_want(reader, READER_WANT_SHARDS | READER_WANT_STACKS | READER_WANT_LEAKS);
	if (reader_refresh(reader, &snapshot))
		exit(99);
	if (snapshot->process_count + snapshot->refusal_count != 1)
		exit(98);
	if (snapshot->refusal_count)
		reason = snapshot->refusals[0].reason;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		hostile_draw(snapshot, groups[i]);
	reader_snapshot_drop(snapshot);
	hostile_reasons[reason]++;
	return reason;
}

static void hostile_try(const char *bytes, size_t size)
{
	struct reader *fresh = reader_create(hostile_dir);

	hostile_put(bytes, size);
	hostile_accepted += hostile_read(fresh) == READER_OK;
	hostile_read(hostile_reader);
	reader_destroy(fresh);
}

/* Puts several values into a field of `size` bytes at `offset`. */
static void hostile_scramble(size_t offset, size_t size)
{
	static const uint64_t values[] = {
		0,          1,          2,          7,           63,         255,
		0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 1ull << 62, UINT64_MAX,
	};
	char *bad = malloc(hostile_size);

	if (!bad)
		exit(99);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		memcpy(bad, hostile_good, hostile_size);
		memcpy(bad + offset, &values[i], size);
		hostile_try(bad, hostile_size);
	}
	memcpy(bad, hostile_good, hostile_size);
	bad[offset]++; /* off by one, the value that looks right */
	hostile_try(bad, hostile_size);
	free(bad);
}

static void hostile_truncate(void)
{
	unsigned wrong = 0;

	for (size_t size = 0; size < hostile_size; size += size < 1024 ? 1 : 97) {
		struct reader *fresh = reader_create(hostile_dir);

		hostile_put(hostile_good, size);
		wrong += hostile_read(fresh) == READER_OK;
		hostile_read(hostile_reader);
		reader_destroy(fresh);
	}
	ok(wrong == 0, "a segment cut off anywhere is refused");
}

static void hostile_header(void)
{
	for (size_t offset = 0; offset < sizeof(struct pooltag_segment_header); offset += 4)
		hostile_scramble(offset, offset % 8 ? 4 : 8);
	ok(1, "header fields scrambled, still here");
}

static const struct pooltag_section *hostile_section(unsigned index)
{
	const struct pooltag_segment_header *header = (const void *)hostile_good;

	return (const void *)(hostile_good + header->section_offset +
			      index * header->section_stride);
}

static unsigned hostile_section_count(void)
{
	return ((const struct pooltag_segment_header *)(const void *)hostile_good)->section_count;
}

static void hostile_directory(void)
{
	for (unsigned i = 0; i < hostile_section_count(); i++) {
		size_t at = (size_t)((const char *)hostile_section(i) - hostile_good);

		hostile_scramble(at + offsetof(struct pooltag_section, type), 4);
		hostile_scramble(at + offsetof(struct pooltag_section, stride), 4);
		hostile_scramble(at + offsetof(struct pooltag_section, offset), 8);
		hostile_scramble(at + offsetof(struct pooltag_section, capacity), 4);
		hostile_scramble(at + offsetof(struct pooltag_section, count), 4);
	}
	ok(1, "section directory scrambled, still here");
}

static void hostile_records(void)
{
	for (unsigned i = 0; i < hostile_section_count(); i++) {
		const struct pooltag_section *section = hostile_section(i);
		size_t bytes = (size_t)section->count * section->stride;

		for (size_t at = 0; at + 8 <= bytes && at < 1024; at += 4)
			hostile_scramble(section->offset + at, at % 8 ? 4 : 8);
	}
	ok(1, "records scrambled, still here");
}

/* Things at the place of a segment that are no file at all. */
static void hostile_objects(void)
{
	struct reader *reader = reader_create(hostile_dir);
	char other[160];

	unlink(hostile_path);
	ok(mkfifo(hostile_path, 0600) == 0 && hostile_read(reader) == READER_NOT_REGULAR,
	   "a fifo is refused without waiting for it");
	unlink(hostile_path);
	ok(symlink("/etc/passwd", hostile_path) == 0 && hostile_read(reader) == READER_NOT_REGULAR,
	   "a symbolic link is not followed");
	unlink(hostile_path);
	ok(mkdir(hostile_path, 0700) == 0 && hostile_read(reader) == READER_NOT_REGULAR,
	   "a directory is refused");
	rmdir(hostile_path);
	hostile_put(hostile_good, hostile_size);
	ok(hostile_read(reader) == READER_OK, "the good segment is read after all that");
	snprintf(other, sizeof(other), "%s/../poolmon-hostile-link-%d", hostile_dir, getpid());
	ok(link(hostile_path, other) == 0 && hostile_read(reader) == READER_LINKS,
	   "a segment with two names is refused");
	unlink(other);
	reader_destroy(reader);
}

/* A sparse file that claims two gigabytes of names, and has none of them. */
static void hostile_hollow(void)
{
	struct pooltag_segment_header *header;
	struct pooltag_section *strings;
	struct reader *reader = reader_create(hostile_dir);
	char *bad = malloc(hostile_size);

	if (!bad)
		exit(99);
	memcpy(bad, hostile_good, hostile_size);
	header = (struct pooltag_segment_header *)(void *)bad;
	header->segment_size = 1ull << 32;
	strings = (struct pooltag_section *)(void *)(bad + header->section_offset +
						     (POOLTAG_SECTION_STRINGS - 1) *
							     header->section_stride);
	strings->capacity = strings->count = 0x7fffffff;
	hostile_put(bad, hostile_size);
	ok(truncate(hostile_path, 1ll << 32) == 0 && hostile_read(reader) == READER_HOLLOW,
	   "a segment that claims what it does not hold is refused");
	reader_destroy(reader);
	free(bad);
}

/* Frees above allocs: lowered and said, never negative. */
static void hostile_negative(void)
{
	const struct pooltag_section *cells = hostile_section(POOLTAG_SECTION_CELLS - 1);
	struct reader *reader = reader_create(hostile_dir);
	struct reader_snapshot *snapshot;
	char *bad = malloc(hostile_size);
	struct pooltag_cell *cell;

	if (!bad)
		exit(99);
	memcpy(bad, hostile_good, hostile_size);
	cell = (struct pooltag_cell *)(void *)(bad + cells->offset);
	cell->frees = 1ull << 50;
	cell->free_charge = 1ull << 50;
	hostile_put(bad, hostile_size);
	if (reader_refresh(reader, &snapshot) || snapshot->process_count != 1)
		exit(99);
	ok(snapshot->processes[0].clamped == 1, "a damaged site is counted");
	ok(snapshot->processes[0].sums[0].frees == snapshot->processes[0].sums[0].allocs,
	   "and its frees are lowered to its allocs");
	reader_snapshot_drop(snapshot);
	reader_destroy(reader);
	free(bad);
}

static void hostile_load(const char *description)
{
	struct stat status;
	int fd;

	fixture_write(description, hostile_dir);
	snprintf(hostile_path, sizeof(hostile_path), "%s/4242.77", hostile_dir);
	fd = open(hostile_path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0)
		exit(99);
	hostile_size = (size_t)status.st_size;
	hostile_good = malloc(hostile_size);
	if (!hostile_good || read(fd, hostile_good, hostile_size) != status.st_size)
		exit(99);
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc != 2 || !mkdtemp(hostile_dir))
		return 99;
	alarm(HOSTILE_SECONDS);
	hostile_load(argv[1]);
	hostile_reader = reader_create(hostile_dir);
	ok(hostile_read(hostile_reader) == READER_OK, "the good segment is read");
	hostile_truncate();
	hostile_header();
	hostile_directory();
	hostile_records();
	hostile_objects();
	hostile_hollow();
	hostile_negative();
	for (int i = 0; i < READER_REASON_MAX; i++)
		diag("%-12s %u", reader_reason_name((enum reader_reason)i), hostile_reasons[i]);
	ok(hostile_reasons[READER_INDEX] && hostile_reasons[READER_STRING] &&
		   hostile_reasons[READER_SECTION] && hostile_reasons[READER_TRUNCATED],
	   "the kinds of damage are told apart");
	ok(hostile_accepted > 0, "damage to what is not needed does not hide a process");
	reader_destroy(hostile_reader);
	unlink(hostile_path);
	rmdir(hostile_dir);
	free(hostile_good);
	return done();
}
