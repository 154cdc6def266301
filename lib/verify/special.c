/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/verify/special.h"
#include "lib/base/options.h"
#include "lib/base/report.h"
#include "lib/base/seal.h"
#include "lib/base/sparse.h"
#include "lib/base/sys.h"
#include "lib/pool/charge.h"
#include "lib/pool/front.h"
#include "lib/stats/segment.h"
#include "lib/verify/lock.h"
#include "lib/verify/match.h"
#include "lib/verify/trap.h"
#include <sys/mman.h>

#define REGION_MAX      ((size_t)64 << 30)
#define REGION_MIN      ((size_t)256 << 20)
#define SIZE_MAX_HERE   ((size_t)1 << 20)
#define PAGES_MAX       (SIZE_MAX_HERE / BASE_PAGE_SIZE)
#define MAP_COUNT_USUAL 65530u
#define NO_SLOT         0u

/* What is known of a site, by its number. */
enum known { KNOWN_NOTHING, KNOWN_ORDINARY, KNOWN_SPECIAL };

/* Pages of a block and the guard page behind them. Stands at the number of its first page. */
struct slot {
	uint32_t pages;     /* of the block; 0: no slot starts here */
	uint32_t next_free; /* in the queue of its size */
	uintptr_t block;
	struct verify_entry entry;
};

static BASE_SEALED struct {
	uintptr_t start, end;
	struct slot *slots; /* [page of the region]; number 0 is a guard page */
	uint8_t *known;     /* enum known, [site] */
	size_t blocks_max;
} region;

static struct {
	uint32_t next; /* first page never used */
	size_t blocks; /* live ones */

	struct {
		uint32_t first, last;
	} free[PAGES_MAX + 1]; /* by pages, the longest free first */
} used;

int verify_special_wanted(void)
{
	return base_options.special_tag[0] != '\0' || base_options.special_site[0] != '\0' ||
	       base_options.special_min != 0 || base_options.special_max != 0;
}

/* --- the address space ------------------------------------------------------------------------ */

static size_t map_count(void)
{
	char text[32];
	size_t count = 0;

	if (base_read_file("/proc/sys/vm/max_map_count", text, sizeof(text)) <= 0)
		return MAP_COUNT_USUAL;
	for (const char *c = text; *c >= '0' && *c <= '9'; c++)
		count = count * 10 + (size_t)(*c - '0');
	return count;
}

int verify_special_start(void)
{
	for (size_t size = REGION_MAX; size >= REGION_MIN; size /= 2) {
		size_t table = size / BASE_PAGE_SIZE * sizeof(*region.slots);
		char *memory = base_map_memory(size, PROT_NONE, MAP_NORESERVE);
		void *slots;

		if (base_is_error(memory))
			continue;
		slots = base_map_sparse(table + HEAP_SITES_MAX, PROT_READ | PROT_WRITE);
		if (base_is_error(slots)) {
			base_munmap(memory, size);
			continue;
		}
		base_sparse_add(memory, size);
		region.start = (uintptr_t)memory;
		region.end = region.start + size;
		region.slots = slots;
		region.known = (uint8_t *)slots + table;
		region.blocks_max = base_options.special_blocks != 0 ? base_options.special_blocks
								     : map_count() / 4;
		used.next = 1;
		verify_trap_start();
		return 0;
	}
	base_note("special_*: no address space for the special pool; all blocks are ordinary ones");
	return -1;
}

int verify_special_owns(const void *address)
{
	return (uintptr_t)address >= region.start && (uintptr_t)address < region.end;
}

static uint32_t page_of(uintptr_t address)
{
	return (uint32_t)((address - region.start) >> BASE_PAGE_SHIFT);
}

static char *address_of(uint32_t page)
{
	return (char *)region.start + ((uintptr_t)page << BASE_PAGE_SHIFT);
}

/* --- slots ------------------------------------------------------------------------------------ */

static uint32_t take_slot_locked(uint32_t pages)
{
	uint32_t page = used.next;

	if (used.blocks >= region.blocks_max)
		return NO_SLOT;
	if ((region.end - region.start) >> BASE_PAGE_SHIFT > (size_t)page + pages + 1) {
		used.next += pages + 1;
	} else {
		page = used.free[pages].first;
		if (page == NO_SLOT)
			return NO_SLOT;
		used.free[pages].first = region.slots[page].next_free;
	}
	used.blocks++;
	region.slots[page] = (struct slot){.pages = pages};
	return page;
}

static uint32_t take_slot(uint32_t pages)
{
	uint32_t page;

	base_lock_take(&verify_lock);
	page = take_slot_locked(pages);
	base_lock_drop(&verify_lock);
	return page;
}

static void give_slot(uint32_t page)
{
	struct slot *slot = &region.slots[page];

	base_lock_take(&verify_lock);
	slot->next_free = NO_SLOT;
	if (used.free[slot->pages].first == NO_SLOT)
		used.free[slot->pages].first = page;
	else
		region.slots[used.free[slot->pages].last].next_free = page;
	used.free[slot->pages].last = page;
	used.blocks--;
	base_lock_drop(&verify_lock);
}

/* --- pages ------------------------------------------------------------------------------------ */

static void close_pages(uint32_t page, uint32_t pages, enum heap_pool pool)
{
	size_t size = pages * BASE_PAGE_SIZE;

	if (pool != HEAP_POOL_PAGED)
		BASE_SYSCALL2(SYS_munlock, address_of(page), size);
	BASE_SYSCALL3(SYS_madvise, address_of(page), size, MADV_DONTNEED);
	BASE_SYSCALL3(SYS_mprotect, address_of(page), size, PROT_NONE);
}

static int open_pages(uint32_t page, uint32_t pages, enum heap_pool pool)
{
	size_t size = pages * BASE_PAGE_SIZE;

	if (BASE_SYSCALL3(SYS_mprotect, address_of(page), size, PROT_READ | PROT_WRITE) != 0)
		return -1;
	if (pool == HEAP_POOL_PAGED || BASE_SYSCALL2(SYS_mlock, address_of(page), size) == 0)
		return 0;
	close_pages(page, pages, pool);
	return -1;
}

/* The record at the first page, the tail at the next, nothing at the others. */
static int enter_in_map(char *block, size_t requested, size_t charge, uint32_t site)
{
	if (heap_map_set(block + BASE_PAGE_SIZE, heap_map_tail(block, charge)) != 0)
		return -1;
	for (size_t at = 2 * BASE_PAGE_SIZE; at <= charge; at += BASE_PAGE_SIZE)
		if (heap_map_set(block + at, 0) != 0)
			return -1;
	return heap_map_set(block, heap_map_record(site, requested) | HEAP_MAP_LARGE);
}

size_t verify_special_lock_again(uintptr_t start, uintptr_t end)
{
	size_t failed = 0;

	base_lock_take(&verify_lock);
	for (uint32_t page = 1; page < used.next; page += region.slots[page].pages + 1) {
		uintptr_t from = (uintptr_t)address_of(page);
		size_t size = region.slots[page].pages * BASE_PAGE_SIZE;
		uint64_t entry = heap_map_get((const void *)from);

		if (from < end && from + size > start && heap_map_is_record(entry) &&
		    pool_site_pool(heap_map_site(entry)) != HEAP_POOL_PAGED &&
		    BASE_SYSCALL2(SYS_mlock, from, size) != 0)
			failed += size;
	}
	base_lock_drop(&verify_lock);
	return failed;
}

/* --- blocks ----------------------------------------------------------------------------------- */

static int is_chosen_site(uint32_t site)
{
	uint8_t known = base_load_relaxed(&region.known[site]);

	if (known == KNOWN_NOTHING) {
		known = verify_site_matches(site, base_options.special_tag,
					    base_options.special_site)
				? KNOWN_SPECIAL
				: KNOWN_ORDINARY;
		base_store_relaxed(&region.known[site], known);
	}
	return known == KNOWN_SPECIAL;
}

static int is_chosen(const struct pool_want *want, uint32_t site)
{
	size_t most = base_options.special_max != 0 ? base_options.special_max : SIZE_MAX_HERE;

	return region.slots != NULL && want->size >= base_options.special_min &&
	       want->size <= most && want->alignment <= BASE_PAGE_SIZE &&
	       pool_site_pool(site) != HEAP_POOL_EXECUTABLE && is_chosen_site(site);
}

static char *place(uint32_t page, uint32_t pages, const struct pool_want *want)
{
	size_t alignment = base_max(want->alignment, HEAP_GRANULE);

	if (base_options.special_start)
		return address_of(page);
	/* A block of no bytes still has an address in its page. */
	return address_of(page + pages) - base_round_up(base_max(want->size, 1), alignment);
}

static void *take(struct pool_thread *thread, const struct pool_want *want, uint32_t site)
{
	size_t charge = base_round_up(base_max(want->size, 1), BASE_PAGE_SIZE);
	uint32_t pages = (uint32_t)(charge / BASE_PAGE_SIZE);
	uint32_t page = take_slot(pages);
	char *block;

	if (page == NO_SLOT)
		return NULL;
	block = place(page, pages, want);
	region.slots[page].block = (uintptr_t)block;
	if (open_pages(page, pages, pool_site_pool(site)) != 0) {
		give_slot(page);
		return NULL;
	}
	if (enter_in_map(block, want->size, charge, site) != 0) {
		close_pages(page, pages, pool_site_pool(site));
		give_slot(page);
		return NULL;
	}
	verify_range_fill((unsigned char *)address_of(page), charge);
	pool_count_taken(thread, charge);
	pool_count_alloc(thread, site,
			 (struct pool_amount){.requested = want->size, .charge = charge, .big = 1});
	if (want->zero)
		memset(block, 0, want->size);
	else
		verify_block_freshen(block, want->size);
	return block;
}

void *verify_special_take(struct pool_thread *thread, const struct pool_want *want, uint32_t site)
{
	void *block;

	if (!is_chosen(want, site))
		return NULL;
	block = take(thread, want, site);
	if (block == NULL)
		base_add_atomic(&stats_process()->special_denied, 1);
	return block;
}

struct verify_damage verify_special_nearby(const void *block, size_t requested)
{
	uint32_t page = page_of((uintptr_t)block);
	const unsigned char *start = (const unsigned char *)address_of(page);
	const unsigned char *end = start + region.slots[page].pages * BASE_PAGE_SIZE;
	const unsigned char *at = block;
	struct verify_damage damage =
		verify_range_check(at + requested, (size_t)(end - at) - requested);

	if (damage.count != 0) {
		damage.offset += requested;
		return damage;
	}
	damage = verify_range_check(start, (size_t)(at - start));
	damage.offset -= (size_t)(at - start);
	return damage;
}

void verify_special_give(struct pool_thread *thread, void *block, const struct pool_found *found)
{
	uint32_t page = page_of((uintptr_t)block);

	close_pages(page, region.slots[page].pages, found->pool);
	pool_count_returned(thread, found->charge);
	give_slot(page);
}

struct verify_entry verify_special_entry(const void *block)
{
	return region.slots[page_of((uintptr_t)block)].entry;
}

void verify_special_note(const void *block, struct verify_entry entry)
{
	region.slots[page_of((uintptr_t)block)].entry = entry;
}

/* The block nearest to an address: the one in whose slot it lies, or, before it, the next. */
const void *verify_special_nearest(uintptr_t address)
{
	uint32_t page = page_of(address);

	for (uint32_t back = 0; back <= PAGES_MAX && back < page; back++) {
		const struct slot *slot = &region.slots[page - back];

		if (slot->pages == 0)
			continue;
		/* The guard page that two blocks share is the second one's with special_start=1. */
		if (back == slot->pages && base_options.special_start && slot[back + 1].pages != 0)
			return (const void *)slot[back + 1].block;
		return back <= slot->pages ? (const void *)slot->block : NULL;
	}
	return region.slots[page + 1].pages != 0 ? (const void *)region.slots[page + 1].block
						 : NULL;
}
