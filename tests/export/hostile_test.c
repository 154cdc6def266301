/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostile_test.c - segments whose frames and samples are wrong: refused or read, never followed
 *
 * Bytes of FRAMES, SAMPLES, SITES, MODULES and the section directory of good segments are replaced
 * at random (always the same way); every format must cope. The sanitizers watch.
 */
#include "export/format.h"
#include "export/snap.h"
#include "fixture/fixture.h"
#include "harness/tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOSTILE_ROUNDS 400
#define HOSTILE_PATH   "201.1000"
#define HOSTILE_OTHER  "202.2000"

struct hostile {
	char dir[64];
	char path[96];
	size_t size;
	unsigned char *good;
	struct pooltag_segment_header header;
	struct pooltag_section sections[POOLTAG_SECTION_LOOKASIDES];
};

static uint64_t hostile_random(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void hostile_load(struct hostile *hostile, const char *name)
{
	struct stat status;
	FILE *file;

	free(hostile->good);
	snprintf(hostile->path, sizeof(hostile->path), "%s/%s", hostile->dir, name);
	file = fopen(hostile->path, "re");
	if (!file || fstat(fileno(file), &status) < 0)
		exit(99);
	hostile->size = (size_t)status.st_size;
	hostile->good = malloc(hostile->size);
	if (!hostile->good || fread(hostile->good, 1, hostile->size, file) != hostile->size)
		exit(99);
	fclose(file);
	memcpy(&hostile->header, hostile->good, sizeof(hostile->header));
	memcpy(hostile->sections, hostile->good + hostile->header.section_offset,
	       sizeof(hostile->sections));
}

static void hostile_store(const struct hostile *hostile, const unsigned char *bytes)
{
	int fd = open(hostile->path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || pwrite(fd, bytes, hostile->size, 0) != (ssize_t)hostile->size)
		exit(99);
	close(fd);
}

/* Replaces a few words of the parts in question. */
static void hostile_spoil(const struct hostile *hostile, unsigned char *bytes)
{
	static const unsigned types[] = {POOLTAG_SECTION_FRAMES,  POOLTAG_SECTION_SAMPLES,
					 POOLTAG_SECTION_SAMPLES, POOLTAG_SECTION_SITES,
					 POOLTAG_SECTION_MODULES, 0};
	static const uint32_t values[] = {0, 1, 3, 7, 0xffff, 0x7fffffff, 0xfffffffe, 0xffffffff};

	for (uint64_t n = 1 + hostile_random() % 3; n > 0; n--) {
		unsigned type = types[hostile_random() % (sizeof(types) / sizeof(types[0]))];
		uint64_t offset = hostile->header.section_offset;
		uint64_t size = sizeof(hostile->sections);
		uint32_t value = values[hostile_random() % (sizeof(values) / sizeof(values[0]))];

		if (type) {
			const struct pooltag_section *section = &hostile->sections[type - 1];

			offset = section->offset;
			size = (uint64_t)section->stride * section->count;
		}
		if (size)
			memcpy(bytes + offset + hostile_random() % (size / 4) * 4, &value,
			       sizeof(value));
	}
}

/* Everything that looks at stacks. Returns how many processes could be read. */
static size_t hostile_export(const struct hostile *hostile, FILE *out)
{
	const struct model_options settings = {.sort = MODEL_COLUMN_TAG};
	struct reader *reader = reader_create(hostile->dir);
	struct model *model = model_create(&settings);
	struct reader_snapshot *snapshot;
	struct snap snap;
	size_t count;

	reader_want(reader, READER_WANT_STACKS);
	if (reader_refresh(reader, &snapshot))
		exit(99);
	model_update(model, snapshot);
	count = snapshot->process_count;
	for (int stacks = FORMAT_STACKS_BEST; stacks <= FORMAT_STACKS_SAMPLED; stacks++) {
		const struct format_options options = {.stacks = (enum format_stacks)stacks};

		for (int id = 0; id < FORMAT_MAX; id++)
			format_write((enum format_id)id, model, &options, out);
	}
	snap_take(&snap, model);
	snap_save(&snap, true, out);
	snap_fini(&snap);
	model_destroy(model);
	reader_snapshot_drop(snapshot);
	reader_destroy(reader);
	return count;
}

static void hostile_try(struct hostile *hostile, const char *name, FILE *out)
{
	size_t refused = 0;
	unsigned char *bytes;

	hostile_load(hostile, name);
	bytes = malloc(hostile->size);
	for (int round = 0; bytes && round < HOSTILE_ROUNDS; round++) {
		memcpy(bytes, hostile->good, hostile->size);
		hostile_spoil(hostile, bytes);
		hostile_store(hostile, bytes);
		refused += hostile_export(hostile, out) < 3;
	}
	hostile_store(hostile, hostile->good);
	ok(refused > 0 && refused < HOSTILE_ROUNDS, "%s: %zu of %d spoilt segments refused", name,
	   refused, HOSTILE_ROUNDS);
	free(bytes);
}

int main(int argc, char **argv)
{
	struct hostile hostile = {.dir = "/tmp/poolmon-hostile-XXXXXX"};
	FILE *out = fopen("/dev/null", "we");
	char command[128];

	if (argc < 2 || !out || !mkdtemp(hostile.dir))
		return 99;
	fixture_write(argv[1], hostile.dir);
	ok(hostile_export(&hostile, out) == 3, "three good segments are read");
	hostile_try(&hostile, HOSTILE_PATH, out);
	hostile_try(&hostile, HOSTILE_OTHER, out);
	free(hostile.good);
	fclose(out);
	snprintf(command, sizeof(command), "rm -rf '%s'", hostile.dir);
	return system(command) != 0 || done();
}
