/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * thread.h - what a thread needs to allocate without asking anybody
 *
 * Purpose: the state behind the fast path: front lists, the cache of call sites, the directory of
 * this shard's cells. A state belongs to a shard and outlives its thread: the next thread takes it
 * over, warm caches and numbers included.
 *
 * pool_self is NULL before a thread's first allocation. After a thread's teardown, and in a fork
 * child until its first allocation, it points to a state whose lists and caches are empty, so that
 * the fast path needs no test for either: every operation falls into the slow path, which knows.
 * A child made past libc's fork finds its own caches emptied by the kernel, to the same end.
 *
 * Callers: lib/pool. Locking: a state is its thread's alone. Context: attaching as malloc.
 */
#ifndef LIB_POOL_THREAD_H
#define LIB_POOL_THREAD_H

#include "lib/base/compiler.h"
#include "lib/base/options.h"
#include "lib/heap/sizes.h"
#include "lib/pool/recall.h"
#include "lib/sites/cfi.h"
#include "lib/stats/segment.h"
#include <pooltag/segment.h>

/*
 * Slots of the site cache; 32 bytes each. Sites of stacks have their own, as there are more of them
 * than of callers; without stack=N nobody touches these.
 */
#define POOL_SLOT_BITS       9
#define POOL_STACK_SLOT_BITS 11
#define POOL_STACK_SLOTS     (1u << POOL_SLOT_BITS) /* where they begin */
#define POOL_SLOTS           (POOL_STACK_SLOTS + (1u << POOL_STACK_SLOT_BITS))

/* A call site this thread has seen. */
struct pool_slot {
	uintptr_t key; /* return address, or a hash of several with its top bit set; 0: empty */
	struct pooltag_cell *cell; /* in this thread's shard */
	uint64_t due;              /* alloc_charge at which the slow path is to look; see due.h */
	uint64_t content;          /* what the site is in the header of a block */
};

/* Chunks of cells that a thread can have. Most pages of its directory are never touched. */
#define POOL_CHUNKS (STATS_SITES_MAX / POOLTAG_CHUNK_CELLS)

/* Where a site's cells are; in range for any number. */
BASE_INLINE uint32_t pool_chunk_of(uint32_t site)
{
	return site / POOLTAG_CHUNK_CELLS % POOL_CHUNKS;
}

/* Slots of the cache of steps over frames; 16 bytes each. For wrappers alone a few do. */
#define POOL_STEP_BITS     12
#define POOL_STEP_FEW_BITS 10

struct pool_step_slot {
	uintptr_t address; /* return address; 0: empty */
	struct sites_step step;
};

/*
 * The front list of a bin: a stack of free blocks, as Windows' lookaside lists stand in front of
 * the pool. The word below the first element is NULL, so popping an empty list yields NULL.
 */
struct pool_front {
	void **top;     /* one past the last element */
	void **limit;   /* top may not pass it */
	uint32_t size;  /* class size of the bin */
	uint16_t depth; /* elements up to limit */
	uint16_t used;  /* 1: refilled or overflowed since the last scan */
	void **base;    /* first element */
};

/* A free large block that the thread keeps; see large.h. */
struct pool_large {
	void *block;
	size_t charge;
};

#define POOL_LARGE_MAX    8
#define POOL_LARGE_FACTOR 128 /* times front_bytes: 8 MB as it is set */

struct pool_thread {
	uint32_t shard;
	uint32_t stock;               /* that its lists are filled from */
	struct pooltag_shard *record; /* of the shard, in the segment */
	struct pool_thread *next;     /* among all, or among the free ones */
	struct pool_thread *next_free;
	uint32_t exit_round;  /* destructor calls so far */
	uint32_t slow_events; /* since the last scan of the lists */
	uint32_t scope_tag;   /* tag of everything the thread allocates now; 0: none */
	uint64_t scope_salt;  /* its part, and that of scope_use, in the keys of slots */
	uint8_t scope_use;    /* enum pool_use: what everything it allocates now is for besides */
	uint32_t ignoring;    /* depth of scopes in which leaks are ignored */
	uint32_t finds_away;  /* slots found away from home */
	int64_t sample_left;  /* bytes until an allocation without a slot is sampled */
	uint64_t random;      /* state of the sampling's random numbers; never 0 */
	uint32_t large_count;
	size_t large_bytes;
	struct pool_large large[POOL_LARGE_MAX]; /* the newest last */
	/* None across two lines of the processor's cache. Nonpaged ones are always empty. */
	_Alignas(sizeof(struct pool_front)) struct pool_front fronts[HEAP_BINS_ALL];
	/*
	 * Whole pages, which the kernel empties in a child (MADV_WIPEONFORK): without a slot no
	 * allocation, and without cells no free takes the fast path.
	 */
	_Alignas(BASE_PAGE_SIZE) struct pool_slot slots[POOL_SLOTS];
	uint64_t awake; /* 1: a thread's state, in its own process; 0: pool_enter() has to look */
	struct pooltag_cell *chunks[POOL_CHUNKS]; /* [pool_chunk_of(site)]; NULL: no cells yet */
	_Alignas(BASE_PAGE_SIZE) struct pool_step_slot steps[1u << POOL_STEP_BITS];
	uint64_t sample_at[POOL_SLOTS]; /* by slot: alloc_charge at which a stack is sampled */
	uint32_t recalls_kept;
	struct pool_recalls recalls; /* touched with stack=N alone */
};

#define POOL_WIPED_BYTES (offsetof(struct pool_thread, steps) - offsetof(struct pool_thread, slots))
_Static_assert(POOL_WIPED_BYTES % BASE_PAGE_SIZE == 0, "whole pages are wiped");

/*
 * The list of a bin. The compiler is not to know how its address came about: it would compute it
 * anew for each field, or put the offset of the first one where it takes an instruction of its own.
 */
BASE_INLINE struct pool_front *pool_front_of(struct pool_thread *thread, uint32_t bin)
{
	size_t offset = bin * sizeof(struct pool_front);
	struct pool_front *front;

	__asm__("" : "+r"(offset));
	front = (struct pool_front *)(void *)((char *)thread->fronts + offset);
	__asm__("" : "+r"(front));
	return front;
}

BASE_INLINE struct pool_step_slot *pool_step_slot_of(struct pool_thread *thread, uintptr_t address)
{
	uint64_t hash = (uint64_t)address * POOL_HASH_FACTOR;
	unsigned bits = base_options.stack > 0 ? POOL_STEP_BITS : POOL_STEP_FEW_BITS;

	return &thread->steps[hash >> (64 - bits)];
}

extern BASE_HIDDEN BASE_TLS struct pool_thread *pool_self;

/* The state of threads that are past their teardown: always empty; counts in the shared shard. */
extern BASE_HIDDEN struct pool_thread pool_orphan;
/* The state of a fork child that has not allocated yet: always empty. */
extern BASE_HIDDEN struct pool_thread pool_frozen;

/* Prepares pool_orphan, pool_frozen and the thread-exit hook. Once, during init. */
void pool_threads_init(void);

/*
 * A state for the calling thread: a free one, else a new one; pool_orphan when the tables are full
 * or memory is out.
 */
struct pool_thread *pool_thread_attach(void);

/* In a fork child: every state but `survivor` is free to be taken over. */
void pool_threads_fork(struct pool_thread *survivor);

/*
 * In a fork child that cannot have counters of its own: every thread from now on has pool_orphan's
 * state, without cells. Returns it.
 */
struct pool_thread *pool_threads_uncount(void);

/* All states ever made, linked by next. */
struct pool_thread *pool_threads_all(void);

/* Bytes in the front lists of a state; exact for one's own, an estimate for a running thread's. */
size_t pool_thread_held(const struct pool_thread *thread);

/* Gives all blocks in the front lists of the calling thread back to jemalloc. */
void pool_thread_flush(struct pool_thread *thread);

#endif
