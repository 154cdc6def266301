/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * caller.h - who called, stepping over allocation wrappers
 *
 * Purpose: an interposed function notes its own frame; on the slow path the frames of allocation
 * wrappers (xmalloc, g_malloc, PyMem_Malloc, ...) are stepped over, with rules that are decoded
 * once per return address and then cached per thread, so that a known wrapper costs a look-up and a
 * load or two.
 *
 * Callers: lib/pool, lib/interpose. Locking: making a rule takes pool_state.lock. Context: as
 * malloc.
 */
#ifndef LIB_POOL_CALLER_H
#define LIB_POOL_CALLER_H

#include "lib/base/atomic.h"
#include "lib/base/compiler.h"
#include "lib/pool/thread.h"
#include "lib/sites/cfi.h"

/* The frame of an interposed function: cfa[-1] is its return address. */
struct pool_frame {
	const uintptr_t *cfa;
	uintptr_t bp; /* the frame register as the caller left it */
};

/*
 * POOL_FRAME() in an interposed function is its frame. With gcc the files that use it are compiled
 * with -ffixed-rbp, so the register still holds the caller's value and nothing has to be saved;
 * clang cannot do that, so there the function keeps a frame pointer. POOL_FRAME_KEPT() makes any
 * function keep one, for those where speed is not all.
 */
#define POOL_FRAME_KEPT()                                                              \
	((struct pool_frame){.cfa = (const uintptr_t *)__builtin_frame_address(0) + 2, \
			     .bp = *(const uintptr_t *)__builtin_frame_address(0)})
#ifdef __clang__
#	define POOL_FRAME() POOL_FRAME_KEPT()
#else
#	define POOL_FRAME() \
		((struct pool_frame){.cfa = __builtin_dwarf_cfa(), .bp = pool_read_bp()})

BASE_INLINE uintptr_t pool_read_bp(void)
{
	uintptr_t bp;

	/* Not volatile: read on the way to where it is used, which the fast path is not. */
	__asm__("movq %%rbp, %0" : "=r"(bp));
	return bp;
}
#endif

BASE_INLINE uintptr_t pool_frame_caller(struct pool_frame frame)
{
	return frame.cfa[-1];
}

/* Where the thread may remember the stack of a call: the first of POOL_RECALL_WAYS. */
BASE_INLINE struct pool_recall *pool_recalls_of(struct pool_thread *thread, struct pool_frame frame)
{
	uint64_t hash = (pool_frame_caller(frame) ^ (uintptr_t)frame.cfa << 16) * POOL_HASH_FACTOR;

	return &thread->recalls[(hash >> (64 - POOL_RECALL_BITS)) * POOL_RECALL_WAYS];
}

/*
 * The return address to charge: that of the innermost call which no wrapper made. When a step fails
 * the wrapper itself is charged, and the failure counted. Wrappers on the way get slots, in the place of
 * others perhaps: a slot that was found before is not to be used any more.
 */
uintptr_t pool_charged_caller(struct pool_thread *thread, struct pool_frame frame);

/* Forgets the rules of addresses for which `is_stale` is true. Under pool_state.lock. */
void pool_callers_unload(int (*is_stale)(uint64_t address));

#define POOL_STACK_MAX 64 /* the option's limit */

/*
 * The return addresses from the charged one outwards, at most `depth` <= POOL_STACK_MAX of them;
 * the stack may end earlier. Returns how many, at least 1; `ret_hash` is a hash of them.
 */
uint32_t pool_stack(struct pool_thread *thread, struct pool_frame frame, uintptr_t *addresses,
		    uint32_t depth, uint64_t *ret_hash);

/* The same, which the thread will recall if it can. */
uint32_t pool_stack_noted(struct pool_thread *thread, struct pool_frame frame, uintptr_t *addresses,
			  uint32_t depth, uint64_t *ret_hash);

/* The frames of a stack if it is the one of this entry, else 0. */
BASE_INLINE uint32_t pool_recall_use(const struct pool_recall *entry, struct pool_frame frame,
				     uintptr_t limit, uint64_t *ret_hash)
{
	uint32_t turn = base_load_relaxed(&entry->turn);
	uint32_t depth = entry->depth;

	*ret_hash = entry->hash;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (!pool_recall_holds(entry, pool_frame_caller(frame), (uintptr_t)frame.cfa, frame.bp,
			       limit))
		return 0;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return base_load_relaxed(&entry->turn) == turn ? depth : 0;
}

/* The same of a stack that the thread recalls, without its addresses; 0 when it does not. */
BASE_INLINE uint32_t pool_stack_recalled(struct pool_thread *thread, struct pool_frame frame,
					 uint64_t *ret_hash)
{
	const struct pool_recall *ways = pool_recalls_of(thread, frame);
	uintptr_t limit = sites_stack_limit((uintptr_t)frame.cfa);
	uint32_t depth = pool_recall_use(&ways[0], frame, limit, ret_hash);

	return BASE_LIKELY(depth != 0) ? depth : pool_recall_use(&ways[1], frame, limit, ret_hash);
}

#endif
