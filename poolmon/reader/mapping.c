/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/mapping.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAPPING_PAGE 4096u

static _Thread_local const struct mapping *volatile mapping_looked_at; /* NULL: at none now */
static _Thread_local sigjmp_buf mapping_way_out;
static volatile sig_atomic_t mapping_guarded; /* a SIGBUS comes to us */
static struct sigaction mapping_before;       /* what it did, and does outside of mappings */

/*
 * What is not ours happens again, or is sent again, with the action there was before. A signal that
 * somebody sent has no address of a fault.
 */
static void mapping_on_bus(int number, siginfo_t *info, void *context)
{
	const struct mapping *mapping = mapping_looked_at;
	const char *at = info->si_addr;

	(void)context;
	if (info->si_code > 0 && mapping && at >= mapping->base &&
	    at < mapping->base + mapping->length)
		siglongjmp(mapping_way_out, 1);
	mapping_guarded = false;
	sigaction(number, &mapping_before, NULL);
	if (info->si_code <= 0)
		raise(number);
}

void mapping_begin(void)
{
	/* Not blocked meanwhile: the handler is left by a jump, which would leave it blocked. */
	struct sigaction ours = {.sa_sigaction = mapping_on_bus,
				 .sa_flags = SA_SIGINFO | SA_NODEFER};

	mapping_guarded = sigaction(SIGBUS, &ours, &mapping_before) == 0;
}

void mapping_end(void)
{
	if (mapping_guarded)
		sigaction(SIGBUS, &mapping_before, NULL);
	mapping_guarded = false;
}

bool mapping_covers(const struct mapping *mapping, const struct stat *status, uint64_t offset,
		    size_t size)
{
	uint64_t skipped = offset - mapping->offset;

	return mapping->base && mapping->inode == status->st_ino &&
	       mapping->device == status->st_dev && offset >= mapping->offset &&
	       skipped <= mapping->length && size <= mapping->length - skipped;
}

bool mapping_look(const struct mapping *mapping, uint64_t offset,
		  void (*look)(void *context, const char *at), void *context)
{
	volatile bool whole = false;

	if (!mapping_guarded)
		return false;
	if (sigsetjmp(mapping_way_out, 0) == 0) {
		mapping_looked_at = mapping;
		look(context, mapping->base + (offset - mapping->offset));
		whole = true;
	}
	mapping_looked_at = NULL;
	return whole;
}

struct mapping_task {
	char *out;
	size_t size;
};

static void mapping_copy_words(void *context, const char *at)
{
	const struct mapping_task *task = context;
	size_t pairs = task->size / sizeof(mapping_pair) * sizeof(mapping_pair);
	char *out = task->out;

	for (size_t i = 0; i < pairs; i += sizeof(mapping_pair)) {
		mapping_pair pair = *(const volatile mapping_pair *)(const void *)(at + i);

		memcpy(out + i, &pair, sizeof(pair));
	}
	if (pairs < task->size) {
		uint64_t word = *(const volatile uint64_t *)(const void *)(at + pairs);

		memcpy(out + pairs, &word, sizeof(word));
	}
}

static void mapping_copy_halves(void *context, const char *at)
{
	const struct mapping_task *task = context;

	for (size_t i = 0; i < task->size; i += sizeof(uint32_t)) {
		uint32_t half = *(const volatile uint32_t *)(const void *)(at + i);

		memcpy(task->out + i, &half, sizeof(half));
	}
}

bool mapping_copy(const struct mapping *mapping, const struct stat *status, uint64_t offset,
		  void *out, size_t size)
{
	struct mapping_task task = {.out = out, .size = size};

	if (!mapping_covers(mapping, status, offset, size))
		return false;
	if ((offset | size) % sizeof(uint64_t) == 0)
		return mapping_look(mapping, offset, mapping_copy_words, &task);
	return (offset | size) % sizeof(uint32_t) == 0 &&
	       mapping_look(mapping, offset, mapping_copy_halves, &task);
}

int mapping_cover(struct mapping *mapping, int fd, const struct stat *status, uint64_t offset,
		  size_t size)
{
	uint64_t first = offset / MAPPING_PAGE * MAPPING_PAGE;
	size_t length = size + (size_t)(offset - first);
	void *base;
	off_t hole;

	if (mapping_covers(mapping, status, first, length))
		return 0;
	mapping_drop(mapping);
	hole = lseek(fd, (off_t)first, SEEK_HOLE);
	if (hole < 0)
		return -errno;
	if ((uint64_t)hole < first + length)
		return -ENXIO;
	base = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, (off_t)first);
	if (base == MAP_FAILED)
		return -errno;
	*mapping = (struct mapping){.base = base,
				    .length = length,
				    .offset = first,
				    .device = status->st_dev,
				    .inode = status->st_ino};
	return 0;
}

void mapping_drop(struct mapping *mapping)
{
	if (mapping->base)
		munmap(mapping->base, mapping->length);
	*mapping = (struct mapping){0};
}
