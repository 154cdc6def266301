/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/stacks.h"

#include "common/memory.h"
#include "common/text.h"
#include "reader/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

/* Opens the file of `process`. Returns as file_open() does. */
static int stacks_open(const struct reader_process *process, struct file *file,
		       struct segment_fault *fault)
{
	const char *name = text_base_name(process->path);
	char *directory = memory_printed("%.*s", (int)(name - process->path), process->path);
	int fd = open(*directory ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat status;
	int opened;

	free(directory);
	if (fd < 0)
		return errno == ENOENT ? 0 : file_fault(fault, READER_OPEN, "%s", strerror(errno));
	if (fstat(fd, &status) < 0)
		opened = file_fault(fault, READER_OPEN, "%s", strerror(errno));
	else
		opened = file_open(file, fd, name, status.st_uid, fault);
	close(fd);
	return opened;
}

static bool stacks_are_of(const struct file *file, const struct reader_process *process)
{
	const struct pooltag_segment_header *header = &file->header;

	return header->pid == process->pid && header->start_ticks == process->start_ticks &&
	       header->generation == process->generation &&
	       header->created_real_ns == process->created_real_ns;
}

static int stacks_read(const struct file *file, unsigned type, size_t size, void *ret_records,
		       size_t *ret_count, struct segment_fault *fault)
{
	const struct pooltag_section *section = &file->sections[type];
	void *records = memory_zeroed(section->count, size);

	memcpy(ret_records, &records, sizeof(records));
	*ret_count = section->count;
	return section->count == 0
		       ? 0
		       : file_read_records(file, type, 0, section->count, records, size, fault);
}

/* Whether frames [first, first + count) are there. */
static bool stacks_has(const struct stacks *stacks, uint32_t first, uint32_t count)
{
	return first <= stacks->frame_count && count <= stacks->frame_count - first;
}

static int stacks_check(const struct file *file, const struct reader_process *process,
			const struct stacks *stacks, struct segment_fault *fault)
{
	uint32_t modules = file->sections[POOLTAG_SECTION_MODULES].count;
	uint32_t sites = file->sections[POOLTAG_SECTION_SITES].count;

	for (size_t i = 0; i < stacks->frame_count; i++) {
		uint32_t module = stacks->frames[i].module;

		if (module != POOLTAG_NO_MODULE && module >= modules)
			return file_fault(fault, READER_INDEX, "frame %zu: module %u of %u", i,
					  module, modules);
	}
	for (size_t i = 0; i < process->tables->site_count; i++) {
		const struct reader_site *site = &process->tables->sites[i];

		if (!stacks_has(stacks, site->first_frame, site->frame_count))
			return file_fault(fault, READER_INDEX, "site %zu: frames %u and %u more", i,
					  site->first_frame, site->frame_count);
	}
	for (size_t i = 0; i < stacks->sample_count; i++) {
		const struct pooltag_sample *sample = &stacks->samples[i];

		if (sample->site >= sites)
			return file_fault(fault, READER_INDEX, "sample %zu: site %u of %u", i,
					  sample->site, sites);
		if (!stacks_has(stacks, sample->first_frame, sample->frame_count))
			return file_fault(fault, READER_INDEX, "sample %zu: frames %u and %u more",
					  i, sample->first_frame, sample->frame_count);
	}
	return 0;
}

/* Whether the snapshot knows everything the sample refers to. */
static bool stacks_is_known(const struct reader_process *process, const struct stacks *stacks,
			    const struct pooltag_sample *sample)
{
	if (sample->site >= process->tables->site_count || sample->frame_count == 0)
		return false;
	for (uint32_t i = 0; i < sample->frame_count; i++) {
		uint32_t module = stacks->frames[sample->first_frame + i].module;

		if (module != POOLTAG_NO_MODULE && module >= process->tables->module_count)
			return false;
	}
	return true;
}

static int stacks_compare(const void *left, const void *right)
{
	const struct pooltag_sample *a = left;
	const struct pooltag_sample *b = right;

	if (a->site != b->site)
		return a->site < b->site ? -1 : 1;
	return a->first_frame < b->first_frame ? -1 : a->first_frame > b->first_frame;
}

static void stacks_keep_known(const struct reader_process *process, struct stacks *stacks)
{
	size_t kept = 0;

	for (size_t i = 0; i < stacks->sample_count; i++) {
		if (stacks_is_known(process, stacks, &stacks->samples[i]))
			stacks->samples[kept++] = stacks->samples[i];
	}
	stacks->sample_count = kept;
	if (kept)
		qsort(stacks->samples, kept, sizeof(*stacks->samples), stacks_compare);
}

/* What refers is counted before what it refers to, so that an honest writer's indices fit. */
static int stacks_fill(struct file *file, const struct reader_process *process,
		       struct stacks *stacks, struct segment_fault *fault)
{
	static const unsigned types[] = {POOLTAG_SECTION_FRAMES, POOLTAG_SECTION_SITES,
					 POOLTAG_SECTION_MODULES};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (file->sections[types[i]].stride && file_reload_count(file, types[i], fault))
			return -1;
	}
	if (stacks_read(file, POOLTAG_SECTION_SAMPLES, sizeof(*stacks->samples), &stacks->samples,
			&stacks->sample_count, fault) ||
	    stacks_read(file, POOLTAG_SECTION_FRAMES, sizeof(*stacks->frames), &stacks->frames,
			&stacks->frame_count, fault) ||
	    stacks_check(file, process, stacks, fault))
		return -1;
	stacks_keep_known(process, stacks);
	return 0;
}

int stacks_load(const struct reader_process *process, struct stacks *ret_stacks, char **ret_text)
{
	struct segment_fault fault = {.reason = READER_OK};
	struct stacks stacks = {0};
	struct file file;
	int opened = stacks_open(process, &file, &fault);

	if (opened > 0) {
		int error = -1;

		if (stacks_are_of(&file, process))
			error = stacks_fill(&file, process, &stacks, &fault);
		else
			opened = 0;
		file_close(&file);
		if (error == 0) {
			*ret_stacks = stacks;
			return 0;
		}
		stacks_fini(&stacks);
	}
	*ret_text = opened == 0 ? memory_printed("%s is gone", process->path)
				: memory_printed("%s %s (%s)", process->path,
						 reader_reason_text(fault.reason), fault.text);
	return -1;
}

void stacks_fini(struct stacks *stacks)
{
	free(stacks->frames);
	free(stacks->samples);
	memset(stacks, 0, sizeof(*stacks));
}
