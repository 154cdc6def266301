/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/mapping.h"
#include "lib/base/options.h"
#include "lib/base/sys.h"
#include "lib/kernel/account.h"
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 * 1024 * 1024)

/* Addresses above this need no looking for: the kernel's choice is below it. */
#define ANYWHERE 0x00007fffffffffffu
/* Where a search begins: the lowest that can be mapped everywhere. */
#define FIRST_PAGE 0x10000u
/* Places tried when an address below a limit is wanted. */
#define TRIES 256

static size_t alignment_for(const struct kernel_mapping *wanted, size_t pages)
{
	size_t alignment = BASE_PAGE_SIZE;

	/* What is aligned to its own size, or more, crosses no boundary that is larger. */
	while (wanted->boundary != 0 && alignment < pages)
		alignment *= 2;
	return pages >= HUGE_PAGE ? base_max(alignment, HUGE_PAGE) : alignment;
}

/* Between the limits: places evenly spread, from the highest down. */
static char *map_between(size_t pages, size_t alignment, uint64_t low, uint64_t high)
{
	uint64_t last = base_round_down(high + 1 - pages, alignment);
	uint64_t stride = base_round_up(base_max((last - low) / TRIES, alignment), alignment);

	for (uint64_t at = last; at >= low && at <= last; at -= stride) {
		char *start = base_mmap((void *)at, pages, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

		if (start == (char *)at)
			return start;
		/* A kernel that does not know the flag maps elsewhere. */
		if (!base_is_error(start))
			base_munmap(start, pages);
	}
	return NULL;
}

static char *map_pages(const struct kernel_mapping *wanted, size_t pages)
{
	uint64_t low = base_round_up(base_max(wanted->lowest, FIRST_PAGE), BASE_PAGE_SIZE);
	size_t alignment = alignment_for(wanted, pages);

	if (wanted->boundary != 0 &&
	    ((wanted->boundary & (wanted->boundary - 1)) != 0 || pages > wanted->boundary))
		return NULL;
	if (wanted->highest >= ANYWHERE && wanted->lowest <= FIRST_PAGE)
		return base_map_aligned(pages, alignment, PROT_READ | PROT_WRITE);
	if (wanted->highest < low || wanted->highest - low < pages - 1)
		return NULL;
	return map_between(pages, alignment, low,
			   wanted->highest < ANYWHERE ? wanted->highest : ANYWHERE);
}

static int lock_pages(char *start, size_t pages)
{
	if (pages >= HUGE_PAGE)
		BASE_SYSCALL3(SYS_madvise, start, pages, MADV_HUGEPAGE);
	return BASE_SYSCALL2(SYS_mlock, start, pages) != 0 && !base_options.nonpaged_best_effort
		       ? -1
		       : 0;
}

void *kernel_map(const struct kernel_mapping *wanted)
{
	struct kernel_charge charge = {
		.tag = wanted->tag, .pool = HEAP_POOL_NONPAGED, .bytes = wanted->bytes};
	struct kernel_range range = {.length = wanted->bytes, .kind = wanted->kind};
	char *start;

	if (wanted->bytes == 0 || wanted->bytes > SIZE_MAX / 4)
		return NULL;
	charge.pages = base_round_up(wanted->bytes, BASE_PAGE_SIZE);
	kernel_check_allocate_irql(HEAP_POOL_NONPAGED, wanted->bytes,
				   (const void *)wanted->frame.cfa[-1]);
	if (kernel_account(&charge, wanted->frame, &range.site) != 0)
		return NULL;
	start = map_pages(wanted, charge.pages);
	range.start = (uintptr_t)start;
	if (start != NULL &&
	    (lock_pages(start, charge.pages) != 0 || kernel_range_add(&range) != 0)) {
		base_munmap(start, charge.pages);
		start = NULL;
	}
	if (start == NULL)
		kernel_unaccount(range.site, charge.bytes, charge.pages);
	return start;
}

int kernel_unmap(void *start, enum kernel_range_kind kind)
{
	struct kernel_range range;
	size_t pages;

	if (kernel_range_remove((uintptr_t)start, kind, &range) != 0)
		return -1;
	pages = base_round_up(range.length, BASE_PAGE_SIZE);
	base_munmap(start, pages);
	kernel_unaccount(range.site, range.length, pages);
	return 0;
}
