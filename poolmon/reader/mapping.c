/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/mapping.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAPPING_PAGE 4096u

static _Thread_local const struct mapping *volatile mapping_looked_at; /* NULL: at none now */
static _Thread_local sigjmp_buf mapping_way_out;
static struct sigaction mapping_before; /* what a SIGBUS did, and does outside the mapping */

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
	sigaction(number, &mapping_before, NULL);
	if (info->si_code <= 0)
		raise(number);
}

bool mapping_look(const struct mapping *mapping, uint64_t offset,
		  void (*look)(void *context, const char *at), void *context)
{
	/* Not blocked meanwhile: the handler is left by a jump, which would leave it blocked. */
	struct sigaction ours = {.sa_sigaction = mapping_on_bus,
				 .sa_flags = SA_SIGINFO | SA_NODEFER};
	volatile bool whole = false;

	if (sigaction(SIGBUS, &ours, &mapping_before) < 0)
		return false;
	if (sigsetjmp(mapping_way_out, 0) == 0) {
		mapping_looked_at = mapping;
		look(context, mapping->base + (offset - mapping->offset));
		whole = true;
	}
	mapping_looked_at = NULL;
	sigaction(SIGBUS, &mapping_before, NULL);
	return whole;
}

int mapping_cover(struct mapping *mapping, int fd, uint64_t offset, size_t size)
{
	uint64_t first = offset / MAPPING_PAGE * MAPPING_PAGE;
	size_t length = size + (size_t)(offset - first);
	void *base;
	off_t hole;

	if (mapping->base && mapping->offset == first && mapping->length >= length)
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
	*mapping = (struct mapping){.base = base, .length = length, .offset = first};
	return 0;
}

void mapping_drop(struct mapping *mapping)
{
	if (mapping->base)
		munmap(mapping->base, mapping->length);
	*mapping = (struct mapping){0};
}
