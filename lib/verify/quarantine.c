/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/verify/quarantine.h"
#include "lib/base/atomic.h"
#include "lib/base/options.h"
#include "lib/base/sparse.h"
#include "lib/base/sys.h"
#include "lib/pool/check.h"
#include "lib/verify/block.h"
#include "lib/verify/lock.h"
#include "lib/verify/report.h"
#include "lib/verify/stack.h"
#include <sys/mman.h>

/* A block for every so many bytes; smaller ones leave sooner. */
#define BYTES_PER_BLOCK 64
#define BLOCKS_MIN      256
#define BLOCKS_MAX      ((size_t)1 << 20)

struct waiting {
	void *block;
	struct pool_found found;
};

/* A ring: the oldest at `first`. */
static struct {
	struct waiting *ring;
	size_t capacity, first, count;
	size_t bytes;
} quarantine;

int verify_quarantine_start(void)
{
	size_t wanted = base_min(base_options.quarantine / BYTES_PER_BLOCK, BLOCKS_MAX);
	size_t capacity = base_max(wanted, BLOCKS_MIN);
	void *memory;

	if (base_options.quarantine == 0)
		return 0;
	memory = base_map_sparse(capacity * sizeof(*quarantine.ring), PROT_READ | PROT_WRITE);
	if (base_is_error(memory))
		return -1;
	quarantine.ring = memory;
	quarantine.capacity = capacity;
	return 0;
}

static void report(const struct waiting *waiting, struct verify_damage damage)
{
	char buffer[VERIFY_LINE_MAX];
	struct base_text text = base_text_in(buffer, sizeof(buffer));

	base_text_add(&text, "DRIVER_CAUGHT_MODIFYING_FREED_POOL (0xC6, 0x1): ");
	verify_report_damage(&text, damage);
	base_text_add(&text, " written after it was freed to ");
	verify_report_block(&text, waiting->block, &waiting->found);
	pool_check_freed_text(&text, waiting->block);
	verify_report_fatal(&text, waiting->block, VERIFY_NO_STACK);
}

static void look_at(const struct waiting *waiting)
{
	struct verify_damage damage = verify_block_disturbed(waiting->block, &waiting->found);

	if (damage.count != 0)
		report(waiting, damage);
}

/* The oldest, when there are too many for `more` bytes; 0: none has to go. */
static int take_oldest(size_t more, struct waiting *ret_oldest)
{
	if (quarantine.count == 0 || (quarantine.count < quarantine.capacity &&
				      quarantine.bytes + more <= base_options.quarantine))
		return 0;
	*ret_oldest = quarantine.ring[quarantine.first];
	quarantine.first = (quarantine.first + 1) % quarantine.capacity;
	quarantine.count--;
	quarantine.bytes -= ret_oldest->found.charge;
	return 1;
}

static void add(void *block, const struct pool_found *found)
{
	size_t last = (quarantine.first + quarantine.count) % quarantine.capacity;

	quarantine.ring[last] = (struct waiting){.block = block, .found = *found};
	quarantine.count++;
	quarantine.bytes += found->charge;
}

void verify_quarantine_add(struct pool_thread *thread, void *block, const struct pool_found *found)
{
	struct waiting oldest;
	int more;

	/* One block must not drive out all others. */
	if (quarantine.ring == NULL || found->charge > base_options.quarantine / 4) {
		pool_block_put_back(thread, block, found);
		return;
	}
	do {
		base_lock_take(&verify_lock);
		more = take_oldest(found->charge, &oldest);
		if (!more)
			add(block, found);
		base_lock_drop(&verify_lock);
		if (more) {
			look_at(&oldest);
			pool_block_put_back(thread, oldest.block, &oldest.found);
		}
	} while (more);
}

void verify_quarantine_check(void)
{
	struct verify_damage damage = {0};
	struct waiting waiting = {0};

	/* Under the lock no block leaves and is used again; without it the report is made. */
	base_lock_take(&verify_lock);
	for (size_t i = 0; i < quarantine.count && damage.count == 0; i++) {
		waiting = quarantine.ring[(quarantine.first + i) % quarantine.capacity];
		damage = verify_block_disturbed(waiting.block, &waiting.found);
	}
	base_lock_drop(&verify_lock);
	if (damage.count != 0)
		report(&waiting, damage);
}

size_t verify_quarantine_held(void)
{
	return base_load_relaxed(&quarantine.bytes);
}
