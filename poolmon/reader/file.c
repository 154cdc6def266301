/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_SECTIONS_MAX      64u           /* directory entries looked at */
#define FILE_STRIDE_MAX        (1u << 20)    /* bytes of one record or directory entry */
#define FILE_SITES_MAX         (1u << 24)    /* site numbers have 24 bits in the pool header */
#define FILE_HOLLOW_FREE_BYTES (64ull << 20) /* claims up to here are cheap enough to follow */
#define FILE_HOLLOW_FACTOR     8u            /* above: at most so many times what is on disk */

/* What each section must be like; known_size 0: any record is skipped. */
static const struct {
	const char *name;
	uint32_t known_size;
	bool required;
} file_section_rules[FILE_SECTION_TYPES] = {
	[POOLTAG_SECTION_FIELDS] = {"FIELDS", sizeof(struct pooltag_field), false},
	[POOLTAG_SECTION_PROCESS] = {"PROCESS", sizeof(struct pooltag_process), true},
	[POOLTAG_SECTION_MODULES] = {"MODULES", sizeof(struct pooltag_module), true},
	[POOLTAG_SECTION_SITES] = {"SITES", sizeof(struct pooltag_site), true},
	[POOLTAG_SECTION_FRAMES] = {"FRAMES", sizeof(struct pooltag_frame), false},
	[POOLTAG_SECTION_SHARDS] = {"SHARDS", sizeof(struct pooltag_shard), true},
	[POOLTAG_SECTION_CHUNKS] = {"CHUNKS", sizeof(struct pooltag_chunk), true},
	[POOLTAG_SECTION_CELLS] = {"CELLS", POOLTAG_CHUNK_CELLS * sizeof(struct pooltag_cell),
				   true},
	[POOLTAG_SECTION_STRINGS] = {"STRINGS", 1, true},
	[POOLTAG_SECTION_SAMPLES] = {"SAMPLES", sizeof(struct pooltag_sample), false},
	[POOLTAG_SECTION_SCAN] = {"SCAN", offsetof(struct pooltag_scan, listing), false},
	[POOLTAG_SECTION_LEAKS] = {"LEAKS", sizeof(struct pooltag_leak), false},
	[POOLTAG_SECTION_LOOKASIDES] = {"LOOKASIDES", sizeof(struct pooltag_lookaside), false},
	[POOLTAG_SECTION_CLASSES] = {"CLASSES", sizeof(struct pooltag_class), false},
	[POOLTAG_SECTION_PEAKS] = {"PEAKS", sizeof(struct pooltag_peak), false},
	[POOLTAG_SECTION_LOST] = {"LOST", sizeof(struct pooltag_lost), false},
	[POOLTAG_SECTION_BLOCKS] = {"BLOCKS", sizeof(struct pooltag_listed), false},
};

int file_fault(struct segment_fault *fault, enum reader_reason reason, const char *format, ...)
{
	va_list arguments;

	fault->reason = reason;
	va_start(arguments, format);
	vsnprintf(fault->text, sizeof(fault->text), format, arguments);
	va_end(arguments);
	return -1;
}

int file_pread(const struct file *file, uint64_t offset, void *out, size_t size,
	       struct segment_fault *fault)
{
	char *at = out;
	size_t left = size;

	for (size_t part = 0; file->mapped && part < FILE_PARTS; part++) {
		if (mapping_copy(&file->mapped[part], &file->status, offset, out, size))
			return 0;
	}
	while (left > 0) {
		ssize_t got = pread(file->fd, at, left, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return file_fault(fault, READER_READ, "%s", strerror(errno));
		if (got == 0)
			return file_fault(fault, READER_TRUNCATED, "it ends before byte %" PRIu64,
					  offset + left);
		at += got;
		offset += (uint64_t)got;
		left -= (size_t)got;
	}
	return 0;
}

static int file_check_status(const struct file *file, uid_t owner, struct segment_fault *fault)
{
	const struct stat *status = &file->status;

	if (!S_ISREG(status->st_mode))
		return file_fault(fault, READER_NOT_REGULAR, "mode %o", status->st_mode);
	if (status->st_nlink > 1)
		return file_fault(fault, READER_LINKS, "%ju links", (uintmax_t)status->st_nlink);
	if (status->st_uid != owner)
		return file_fault(fault, READER_OWNER, "uid %u instead of %u", status->st_uid,
				  owner);
	if (status->st_size < (off_t)sizeof(struct pooltag_segment_header))
		return file_fault(fault, READER_TRUNCATED, "%jd bytes, the header alone has %zu",
				  (intmax_t)status->st_size, sizeof(struct pooltag_segment_header));
	return 0;
}

static int file_check_header(const struct file *file, struct segment_fault *fault)
{
	const struct pooltag_segment_header *header = &file->header;
	uint64_t directory_bytes = (uint64_t)header->section_stride * header->section_count;

	if (memcmp(header->magic, POOLTAG_SEGMENT_MAGIC, POOLTAG_SEGMENT_MAGIC_SIZE) != 0)
		return file_fault(fault, READER_MAGIC, "the first 8 bytes are others");
	if (header->major != POOLTAG_SEGMENT_MAJOR)
		return file_fault(fault, READER_VERSION, "version %u.%u, this poolmon reads %u.x",
				  header->major, header->minor, POOLTAG_SEGMENT_MAJOR);
	if (header->segment_size > (uint64_t)file->status.st_size)
		return file_fault(fault, READER_TRUNCATED, "%jd bytes, its header says %" PRIu64,
				  (intmax_t)file->status.st_size, header->segment_size);
	if (header->header_size < sizeof(*header) || header->header_size > header->segment_size)
		return file_fault(fault, READER_HEADER, "header_size %u", header->header_size);
	if (header->state < POOLTAG_STATE_LIVE || header->state > POOLTAG_STATE_EXECED)
		return file_fault(fault, READER_HEADER, "state %u", header->state);
	if (header->section_count > FILE_SECTIONS_MAX)
		return file_fault(fault, READER_DIRECTORY, "%u sections", header->section_count);
	if (header->section_stride < sizeof(struct pooltag_section) ||
	    header->section_stride > FILE_STRIDE_MAX || header->section_stride % 8 != 0)
		return file_fault(fault, READER_DIRECTORY, "stride %u", header->section_stride);
	if (header->section_offset % 8 != 0 || header->section_offset < sizeof(*header) ||
	    header->section_offset > header->segment_size ||
	    directory_bytes > header->segment_size - header->section_offset)
		return file_fault(fault, READER_DIRECTORY, "offset %" PRIu64,
				  header->section_offset);
	return 0;
}

static int file_check_section(const struct file *file, const struct pooltag_section *section,
			      struct segment_fault *fault)
{
	const char *name = file_section_rules[section->type].name;
	uint32_t known = file_section_rules[section->type].known_size;
	uint32_t align = section->type == POOLTAG_SECTION_STRINGS ? 1 : 8;
	uint32_t step =
		section->type == POOLTAG_SECTION_CELLS ? align * POOLTAG_CHUNK_CELLS : align;
	uint64_t bytes = (uint64_t)section->stride * section->capacity;

	if (section->stride < known || section->stride > FILE_STRIDE_MAX ||
	    section->stride % step != 0)
		return file_fault(fault, READER_SECTION, "%s: stride %u", name, section->stride);
	if (section->offset % align != 0)
		return file_fault(fault, READER_SECTION, "%s: offset %" PRIu64 " not aligned", name,
				  section->offset);
	if (section->offset < sizeof(struct pooltag_segment_header) ||
	    section->offset > file->header.segment_size ||
	    bytes > file->header.segment_size - section->offset)
		return file_fault(fault, READER_SECTION,
				  "%s: offset %" PRIu64 " and capacity %u do not fit into the file",
				  name, section->offset, section->capacity);
	if (section->count > section->capacity)
		return file_fault(fault, READER_SECTION, "%s: count %u exceeds capacity %u", name,
				  section->count, section->capacity);
	if (section->type == POOLTAG_SECTION_SITES && section->count > FILE_SITES_MAX)
		return file_fault(fault, READER_SECTION, "%s: count %u", name, section->count);
	return 0;
}

/* A sparse file costs its owner nothing, reading it costs us: follow only claims that are backed.
 */
static int file_check_hollow(const struct file *file, struct segment_fault *fault)
{
	uint64_t held = (uint64_t)file->status.st_blocks * 512;
	uint64_t claimed = 0;

	for (unsigned type = 0; type < FILE_SECTION_TYPES; type++)
		claimed += (uint64_t)file->sections[type].stride * file->sections[type].count;
	if (claimed > FILE_HOLLOW_FREE_BYTES && claimed / FILE_HOLLOW_FACTOR > held)
		return file_fault(fault, READER_HOLLOW,
				  "%" PRIu64 " bytes claimed, %" PRIu64 " held", claimed, held);
	return 0;
}

static int file_read_entry(const struct file *file, uint64_t offset,
			   struct pooltag_section *ret_section, struct segment_fault *fault)
{
	if (offset > file->head_bytes || file->head_bytes - offset < sizeof(*ret_section))
		return file_pread(file, offset, ret_section, sizeof(*ret_section), fault);
	memcpy(ret_section, file->head + offset, sizeof(*ret_section));
	return 0;
}

static int file_load_directory(struct file *file, struct segment_fault *fault)
{
	for (uint32_t i = 0; i < file->header.section_count; i++) {
		struct pooltag_section section;
		uint64_t offset =
			file->header.section_offset + (uint64_t)i * file->header.section_stride;

		if (file_read_entry(file, offset, &section, fault))
			return -1;
		if (section.type == 0 || section.type >= FILE_SECTION_TYPES)
			continue;
		if (file->sections[section.type].stride)
			return file_fault(fault, READER_DIRECTORY, "section %s twice",
					  file_section_rules[section.type].name);
		if (file_check_section(file, &section, fault))
			return -1;
		file->sections[section.type] = section;
		file->entry_offsets[section.type] = offset;
	}
	for (unsigned type = 1; type < FILE_SECTION_TYPES; type++) {
		if (file_section_rules[type].required && !file->sections[type].stride)
			return file_fault(fault, READER_DIRECTORY, "no section %s",
					  file_section_rules[type].name);
	}
	return file_check_hollow(file, fault);
}

static int file_load_head(struct file *file, struct segment_fault *fault)
{
	file->head_bytes = file->status.st_size < FILE_HEAD_BYTES ? (size_t)file->status.st_size
								  : FILE_HEAD_BYTES;
	if (file_pread(file, 0, file->head, file->head_bytes, fault))
		return -1;
	memcpy(&file->header, file->head, sizeof(file->header));
	return 0;
}

int file_open(struct file *file, int directory_fd, const char *name, uid_t owner,
	      struct mapping *mapped, struct segment_fault *fault)
{
	memset(file, 0, sizeof(*file));
	file->mapped = mapped;
	file->fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (file->fd < 0 && errno == ENOENT)
		return 0;
	if (file->fd < 0 && errno == ELOOP)
		return file_fault(fault, READER_NOT_REGULAR, "a symbolic link");
	if (file->fd < 0)
		return file_fault(fault, READER_OPEN, "%s", strerror(errno));
	if (fstat(file->fd, &file->status) < 0)
		file_fault(fault, READER_READ, "%s", strerror(errno));
	else if (file_check_status(file, owner, fault) == 0 && file_load_head(file, fault) == 0 &&
		 file_check_header(file, fault) == 0 && file_load_directory(file, fault) == 0)
		return 1;
	file_close(file);
	return -1;
}

void file_close(struct file *file)
{
	close(file->fd);
	file->fd = -1;
}

static void file_map_section(struct file *file, enum file_part part, unsigned type, size_t count)
{
	const struct pooltag_section *section = &file->sections[type];

	/* What cannot be mapped is read. */
	if (count)
		(void)mapping_cover(&file->mapped[part], file->fd, &file->status, section->offset,
				    count * section->stride);
}

void file_map(struct file *file, size_t chunk_count)
{
	(void)mapping_cover(&file->mapped[FILE_HEAD], file->fd, &file->status, 0, file->head_bytes);
	file_map_section(file, FILE_PROCESS, POOLTAG_SECTION_PROCESS,
			 file->sections[POOLTAG_SECTION_PROCESS].count);
	file_map_section(file, FILE_SHARDS, POOLTAG_SECTION_SHARDS,
			 file->sections[POOLTAG_SECTION_SHARDS].count);
	file_map_section(file, FILE_CELLS, POOLTAG_SECTION_CELLS, chunk_count);
}

int file_has_grown(struct file *file, bool *ret_grown, struct segment_fault *fault)
{
	uint64_t now;

	if (file_pread(file, offsetof(struct pooltag_segment_header, structure_gen), &now,
		       sizeof(now), fault))
		return -1;
	*ret_grown = now != file->header.structure_gen;
	file->header.structure_gen = now;
	return 0;
}

int file_reload_count(struct file *file, unsigned type, struct segment_fault *fault)
{
	struct pooltag_section *section = &file->sections[type];
	uint32_t count;
	uint64_t at = file->entry_offsets[type] + offsetof(struct pooltag_section, count);

	if (section->stride == 0)
		return 0;
	if (file_pread(file, at, &count, sizeof(count), fault))
		return -1;
	if (count < section->count || count > section->capacity)
		return file_fault(fault, READER_SECTION, "%s: count went from %u to %u of %u",
				  file_section_rules[type].name, section->count, count,
				  section->capacity);
	section->count = count;
	return file_check_hollow(file, fault);
}

int file_read_records(const struct file *file, unsigned type, size_t first, size_t count, void *out,
		      size_t size, struct segment_fault *fault)
{
	const struct pooltag_section *section = &file->sections[type];
	uint64_t offset = section->offset + (uint64_t)first * section->stride;
	size_t there = size < section->stride ? size : section->stride;

	if (section->stride == size)
		return file_pread(file, offset, out, count * size, fault);
	memset(out, 0, count * size);
	for (size_t i = 0; i < count; i++) {
		if (file_pread(file, offset + i * section->stride, (char *)out + i * size, there,
			       fault))
			return -1;
	}
	return 0;
}
