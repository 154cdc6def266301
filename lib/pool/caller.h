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

/*
 * The return address to charge: that of the innermost call which no wrapper made. When a step fails
 * the wrapper itself is charged, and the failure counted. Wrappers on the way get slots, in the
 * place of others perhaps: a slot that was found before is not to be used any more.
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

/*
 * The same, with notes of what was read in `ret_notes`, which pool_recall_keep() takes. Notes of a
 * walk that cannot be recalled say so.
 */
uint32_t pool_stack_noted(struct pool_thread *thread, struct pool_frame frame, uintptr_t *addresses,
			  uint32_t depth, uint64_t *ret_hash, struct pool_recall *ret_notes);

/*
 * Lets the thread recall the stack of a call, which notes were taken of and whose site has `key`
 * when calls are told apart by `salt`. The entry, or NULL: it will not.
 */
struct pool_recall *pool_recall_keep(struct pool_thread *thread, struct pool_frame frame,
				     uint64_t salt, const struct pool_recall *notes, uint64_t key);

/* Steps for a tag: wrappers, and one more. */
#define POOL_RECALL_STEPS 4

/* The tag of a call: pool_recall_tag() for any rules. */
uint64_t pool_recall_tag_any(struct pool_thread *thread, struct pool_frame frame, uintptr_t limit,
			     uint64_t salt);

/* The tag of a call. Plain steps by the stack pointer, which nearly all are, are made here. */
BASE_INLINE uint64_t pool_recall_tag(struct pool_thread *thread, struct pool_frame frame,
				     uintptr_t limit, uint64_t salt)
{
	const uintptr_t *cfa = frame.cfa;
	size_t left = limit - (uintptr_t)cfa;
	uint64_t mixed = cfa[-1] * POOL_HASH_FACTOR;
	uint64_t tag = pool_recall_mix((uintptr_t)cfa ^ salt, mixed);

	for (int i = 0; i < POOL_RECALL_STEPS; i++) {
		const struct pool_step_slot *slot = &thread->steps[mixed >> (64 - POOL_STEP_BITS)];
		size_t offset = (size_t)slot->step.cfa_offset;

		if (BASE_UNLIKELY(slot->address != cfa[-1] || slot->step.kind != SITES_STEP_SP ||
				  offset - 1 >= left))
			return pool_recall_tag_any(thread, frame, limit, salt);
		cfa = (const uintptr_t *)(const void *)((const char *)cfa + offset);
		left -= offset;
		mixed = cfa[-1] * POOL_HASH_FACTOR;
		tag = pool_recall_mix(tag, mixed);
		if (!(slot->step.flags & SITES_STEP_WRAPPER))
			break;
	}
	return tag | 1;
}

/*
 * The entry of a call whose stack the thread recalls, and the key of its site, read together; NULL
 * when it does not.
 */
BASE_INLINE struct pool_recall *pool_recalled(struct pool_thread *thread, struct pool_frame frame,
					      uint64_t salt, uint64_t *ret_key)
{
	uintptr_t limit = sites_stack_limit((uintptr_t)frame.cfa);
	uint64_t tag = pool_recall_tag(thread, frame, limit, salt);
	const uint64_t *tags = thread->recalls.tags[pool_recall_set(tag)];
	struct pool_recall_entry *entries = thread->recalls.entries[pool_recall_set(tag)];

	for (uint32_t way = 0; way < POOL_RECALL_WAYS; way++) {
		struct pool_recall *entry = &entries[way].recall;

		if (base_load_relaxed(&tags[way]) != tag)
			continue;
		/* One register for all of its fields. */
		__asm__("" : "+r"(entry));
		*ret_key = entry->key;
		if (BASE_UNLIKELY(!pool_recall_holds(entry, (uintptr_t)frame.cfa, frame.bp, limit)))
			continue;
		/* A signal handler calls from elsewhere, and what it fills has another tag. */
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		if (BASE_LIKELY(base_load_relaxed(&tags[way]) == tag))
			return entry;
	}
	return NULL;
}

#endif
