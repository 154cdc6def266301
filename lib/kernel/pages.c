/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/kernel/pages.h"
#include "lib/base/arena.h"
#include "lib/base/options.h"
#include "lib/base/sys.h"
#include "lib/kernel/lock.h"
#include "lib/kernel/range.h"
#include "lib/pool/identify.h"
#include "lib/pool/site.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define BUCKETS       4096
#define NODES_AT_ONCE 64

/* One page that is locked, and how many times. */
struct node {
	struct node *next;
	uintptr_t page;
	uint32_t count;
};

static struct {
	struct node **buckets;
	struct node *free;
	size_t pages;
} locked;

static struct node **bucket_of(uintptr_t page)
{
	return &locked.buckets[page * POOL_HASH_FACTOR >> 52];
}

static struct node *find(uintptr_t page)
{
	struct node *node = *bucket_of(page);

	while (node != NULL && node->page != page)
		node = node->next;
	return node;
}

static struct node *make(uintptr_t page)
{
	struct node *node = locked.free;

	if (node == NULL) {
		node = base_arena_take(NODES_AT_ONCE * sizeof(*node));
		for (int i = 1; node != NULL && i < NODES_AT_ONCE; i++) {
			node[i].next = locked.free;
			locked.free = &node[i];
		}
	} else {
		locked.free = node->next;
	}
	if (node == NULL)
		return NULL;
	*node = (struct node){.next = *bucket_of(page), .page = page};
	*bucket_of(page) = node;
	locked.pages++;
	return node;
}

static void forget(struct node *node)
{
	struct node **at = bucket_of(node->page);

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	node->next = locked.free;
	locked.free = node;
	locked.pages--;
}

/* Memory whose locks are not ours: the nonpaged pool, and what was mapped locked. */
static int is_locked_anyway(uintptr_t address)
{
	struct pool_identified block = pool_identify((const void *)address);
	struct kernel_range range;

	if (block.identity == POOL_IS_LIVE || block.identity == POOL_IS_INSIDE)
		return pool_site_pool(block.site) != HEAP_POOL_PAGED;
	return kernel_range_find(address, KERNEL_RANGE_CONTIGUOUS, &range) ||
	       kernel_range_find(address, KERNEL_RANGE_NONCACHED, &range) ||
	       kernel_range_find(address, KERNEL_RANGE_MDL_PAGES, &range);
}

static void drop_pages(uintptr_t first, uintptr_t end)
{
	for (uintptr_t page = first; page < end; page++) {
		struct node *node = find(page);

		if (node == NULL || --node->count > 0)
			continue;
		BASE_SYSCALL2(SYS_munlock, page << BASE_PAGE_SHIFT, BASE_PAGE_SIZE);
		forget(node);
	}
}

static long take_pages(uintptr_t first, uintptr_t end)
{
	for (uintptr_t page = first; page < end; page++) {
		struct node *node = find(page);

		if (node == NULL && (node = make(page)) == NULL) {
			drop_pages(first, page);
			return -ENOMEM;
		}
		node->count++;
	}
	return 0;
}

long kernel_pages_lock(uintptr_t address, size_t length)
{
	uintptr_t first = address >> BASE_PAGE_SHIFT;
	uintptr_t end = ((address + length - 1) >> BASE_PAGE_SHIFT) + 1;
	long result;

	if (is_locked_anyway(address))
		return 0;
	kernel_lock_take(KERNEL_LOCK_PAGES);
	if (locked.buckets == NULL)
		locked.buckets = base_arena_take(BUCKETS * sizeof(*locked.buckets));
	result = locked.buckets == NULL ? -ENOMEM : take_pages(first, end);
	if (result == 0) {
		result = BASE_SYSCALL2(SYS_mlock, first << BASE_PAGE_SHIFT,
				       (end - first) << BASE_PAGE_SHIFT);
		if (result != 0 && base_options.nonpaged_best_effort)
			result = 0;
		if (result != 0)
			drop_pages(first, end);
	}
	kernel_lock_drop(KERNEL_LOCK_PAGES);
	return result;
}

void kernel_pages_unlock(uintptr_t address, size_t length)
{
	if (is_locked_anyway(address))
		return;
	kernel_lock_take(KERNEL_LOCK_PAGES);
	if (locked.buckets != NULL)
		drop_pages(address >> BASE_PAGE_SHIFT,
			   ((address + length - 1) >> BASE_PAGE_SHIFT) + 1);
	kernel_lock_drop(KERNEL_LOCK_PAGES);
}

size_t kernel_pages_locked(void)
{
	return locked.pages;
}

/* --- numbers -------------------------------------------------------------------------------- */

#define PAGEMAP_PRESENT ((uint64_t)1 << 63)
#define PAGEMAP_NUMBER  (((uint64_t)1 << 55) - 1)

static void read_pagemap(uintptr_t page, size_t count, uint64_t *numbers)
{
	long fd = BASE_SYSCALL3(SYS_open, "/proc/self/pagemap", O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (BASE_SYSCALL4(SYS_pread64, fd, numbers, count * sizeof(*numbers),
			  page * sizeof(*numbers)) < 0)
		memset(numbers, 0, count * sizeof(*numbers));
	BASE_SYSCALL1(SYS_close, fd);
}

void kernel_page_numbers(uintptr_t address, size_t count, uint64_t *ret_numbers)
{
	uintptr_t page = address >> BASE_PAGE_SHIFT;
	struct kernel_range range;

	memset(ret_numbers, 0, count * sizeof(*ret_numbers));
	/* Contiguous memory is so in the driver kit's own numbers. */
	if (!kernel_range_find(address, KERNEL_RANGE_CONTIGUOUS, &range))
		read_pagemap(page, count, ret_numbers);
	for (size_t i = 0; i < count; i++) {
		uint64_t number = ret_numbers[i] & PAGEMAP_NUMBER;

		/* Without the right to know, the kernel says 0. */
		ret_numbers[i] =
			(ret_numbers[i] & PAGEMAP_PRESENT) && number != 0 ? number : page + i;
	}
}
