/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/caller.h"
#include "lib/base/atomic.h"
#include "lib/base/options.h"
#include "lib/pool/describe.h"
#include "lib/pool/slot.h"
#include "lib/pool/state.h"
#include "lib/sites/table.h"
#include "lib/stats/segment.h"

/* Wrappers around wrappers around wrappers; recursion through one must end, too. */
#define WRAPPERS_MAX 16

/* Return address -> struct sites_step, for the whole process. */
static struct sites_table steps;

static struct sites_step from_word(uint64_t word)
{
	struct sites_step step;

	__builtin_memcpy(&step, &word, sizeof(step));
	return step;
}

static uint64_t to_word(struct sites_step step)
{
	uint64_t word;

	__builtin_memcpy(&word, &step, sizeof(word));
	return word;
}

/* The decoding is done without the lock: it may fault in pages of the file, and needs nothing
 * shared. */
static struct sites_step make_step(uintptr_t address)
{
	struct sites_step step = sites_cfi_rule(address);

	base_lock_take(&pool_state.lock);
	if (pool_is_wrapper(address))
		step.flags |= SITES_STEP_WRAPPER;
	if (sites_table_find(&steps, address) == SITES_UNKNOWN)
		sites_table_insert(&steps, address, to_word(step));
	base_lock_drop(&pool_state.lock);
	return step;
}

/* The rule of an address that is not in the thread's cache; puts it there. */
static BASE_COLD struct sites_step step_missed(struct pool_thread *thread, uintptr_t address)
{
	struct pool_step_slot *slot = pool_step_slot_of(thread, address);
	uint64_t word = sites_table_find(&steps, address);
	struct sites_step step = word != SITES_UNKNOWN ? from_word(word) : make_step(address);

	if (thread != &pool_orphan) {
		slot->step = step;
		slot->address = address;
	}
	return step;
}

BASE_INLINE struct sites_step step_of(struct pool_thread *thread, uintptr_t address)
{
	const struct pool_step_slot *slot = pool_step_slot_of(thread, address);

	return BASE_LIKELY(slot->address == address) ? slot->step : step_missed(thread, address);
}

static struct sites_frame first_frame(struct pool_frame at)
{
	return (struct sites_frame){
		.address = at.cfa[-1],
		.sp = (uintptr_t)at.cfa,
		.bp = at.bp,
	};
}

/* A step, the plain rules without a call. 0 or -1. */
BASE_INLINE int step_out(struct sites_frame *frame, struct sites_step step, uintptr_t *limit)
{
	if (BASE_LIKELY(sites_frame_step(frame, step, *limit) == 0))
		return 0;
	return sites_frame_step_any(frame, step, limit);
}

/* Lets the next call through a wrapper find its way in the cache of call sites. */
static void remember_wrapper(struct pool_thread *thread, uintptr_t address, struct sites_step step)
{
	uint64_t key = address ^ thread->scope_salt;
	struct pool_slot *home = pool_slot_of(thread, key);
	struct pool_slot *slot;

	if (step.kind != SITES_STEP_SP || step.cfa_offset <= 0 || thread == &pool_orphan ||
	    base_options.stack > 0 || pool_slot_in(home, key ^ POOL_SLOT_WRAPPER) != NULL)
		return;
	slot = pool_slot_to_fill(home, thread->record->counters.site_misses);
	*slot = (struct pool_slot){.key = key ^ POOL_SLOT_WRAPPER,
				   .content = (uint64_t)step.cfa_offset};
}

/* --- what a walk reads ---------------------------------------------------------------------- */

struct notes {
	struct pool_recall *entry; /* NULL: not to be recalled, or no more */
	uintptr_t sp;              /* of the call */
	uintptr_t bp_at; /* where the frame register was loaded from; 0: it is the call's own */
	uintptr_t bp;
};

BASE_INLINE void add_word(struct pool_recall *entry, uint16_t at, uintptr_t word)
{
	entry->at[entry->count++] = at;
	entry->sum = pool_recall_mix(entry->sum, word * POOL_HASH_FACTOR);
}

BASE_INLINE void note_word(struct notes *notes, uintptr_t at, uintptr_t word)
{
	struct pool_recall *entry = notes->entry;
	uintptr_t above = at - notes->sp;

	if (entry->count == POOL_RECALL_WORDS || above > UINT16_MAX * sizeof(word)) {
		notes->entry = NULL;
		return;
	}
	add_word(entry, (uint16_t)(above / sizeof(word)), word);
	entry->top = (uint32_t)base_max(entry->top, above + sizeof(word));
}

/* Notes what was read on the step from a frame whose rule is `step` to the frame `outer`. */
BASE_INLINE void note_step(struct notes *notes, struct sites_step step,
			   const struct sites_frame *outer)
{
	uintptr_t bp_at = outer->sp + (uintptr_t)(intptr_t)step.bp_offset;

	if (step.kind > SITES_STEP_BP || (step.flags & SITES_STEP_BP_MASK) > SITES_BP_AT_CFA ||
	    (bp_at & 7) != 0) {
		notes->entry = NULL;
		return;
	}
	/* Most code has anything in that register, which is nobody's frame then. */
	if (step.kind == SITES_STEP_BP && notes->bp_at != 0)
		note_word(notes, notes->bp_at, notes->bp);
	else if (step.kind == SITES_STEP_BP)
		notes->entry->needs_bp = 1;
	if (notes->entry != NULL)
		note_word(notes, outer->sp - sizeof(uintptr_t), outer->address);
	if (step.flags & SITES_BP_AT_CFA) {
		notes->bp_at = bp_at;
		notes->bp = outer->bp;
	}
}

uint64_t pool_recall_tag_any(struct pool_thread *thread, struct pool_frame at, uintptr_t limit,
			     uint64_t salt)
{
	struct sites_frame frame = first_frame(at);
	uint64_t mixed = frame.address * POOL_HASH_FACTOR;
	uint64_t tag = pool_recall_mix(frame.sp ^ salt, mixed);

	for (int i = 0; i < POOL_RECALL_STEPS; i++) {
		const struct pool_step_slot *slot = pool_step_slot_of(thread, frame.address);

		if (slot->address != frame.address ||
		    sites_frame_step(&frame, slot->step, limit) != 0)
			break;
		mixed = frame.address * POOL_HASH_FACTOR;
		tag = pool_recall_mix(tag, mixed);
		if (!(slot->step.flags & SITES_STEP_WRAPPER))
			break;
	}
	return tag | 1;
}

struct pool_recall *pool_recall_keep(struct pool_thread *thread, struct pool_frame frame,
				     uint64_t salt, const struct pool_recall *notes, uint64_t key)
{
	uintptr_t limit = sites_stack_limit((uintptr_t)frame.cfa);
	uint64_t tag = pool_recall_tag(thread, frame, limit, salt);
	uint32_t way = thread->recalls_kept++ % POOL_RECALL_WAYS;
	struct pool_recall *entry = &thread->recalls.entries[pool_recall_set(tag)][way].recall;
	uint64_t *ret_tag = &thread->recalls.tags[pool_recall_set(tag)][way];

	/* Else this is a signal handler, and the code that it interrupted is here as well. */
	if (thread == &pool_orphan || notes->count == 0 ||
	    base_load_relaxed(ret_tag) == POOL_RECALL_FILLING)
		return NULL;
	base_store_relaxed(ret_tag, (uint64_t)POOL_RECALL_FILLING);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	*entry = *notes;
	entry->slot = NULL;
	entry->key = key;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	base_store_relaxed(ret_tag, tag);
	return entry;
}

/* --- walks ---------------------------------------------------------------------------------- */

/*
 * Goes out of the wrappers that `frame`, a call of ours, was made through. It ends
 * at the charged frame; a wrapper that cannot be left is charged itself. Remembering may cost
 * another key its slot, so it is for those who look for a slot, and not for those who have one.
 */
BASE_INLINE void leave_wrappers(struct pool_thread *thread, struct sites_frame *frame,
				uintptr_t *limit, int remembering, struct notes *notes)
{
	struct sites_step step = step_of(thread, frame->address);

	for (int i = 0; i < WRAPPERS_MAX && (step.flags & SITES_STEP_WRAPPER); i++) {
		struct sites_frame outer = *frame;

		if (BASE_UNLIKELY(step_out(&outer, step, limit) != 0 || outer.address == 0)) {
			base_add_atomic(&stats_process()->steps_failed, 1);
			if (notes != NULL)
				notes->entry = NULL;
			break;
		}
		if (remembering)
			remember_wrapper(thread, frame->address, step);
		if (notes != NULL && notes->entry != NULL)
			note_step(notes, step, &outer);
		*frame = outer;
		step = step_of(thread, frame->address);
	}
}

uintptr_t pool_charged_caller(struct pool_thread *thread, struct pool_frame at)
{
	struct sites_frame frame = first_frame(at);
	uintptr_t limit = sites_stack_limit(frame.sp);

	leave_wrappers(thread, &frame, &limit, 1, NULL);
	return frame.address;
}

/*
 * One step out by a plain rule that this thread knows: the loop of stack=N. 0, or -1 and nothing
 * has changed.
 */
BASE_INLINE int step_quick(const struct pool_step_slot *slot, struct sites_frame *frame,
			   uintptr_t limit)
{
	uintptr_t cfa;

	if (BASE_UNLIKELY(slot->address != frame->address || slot->step.kind != SITES_STEP_SP ||
			  (slot->step.flags & SITES_STEP_BP_MASK) > SITES_BP_AT_CFA))
		return -1;
	cfa = frame->sp + (uintptr_t)(intptr_t)slot->step.cfa_offset;
	if (BASE_UNLIKELY(cfa - frame->sp - 1 >= limit - frame->sp))
		return -1;
	if (slot->step.flags & SITES_BP_AT_CFA)
		frame->bp = *(const uintptr_t *)(cfa + (uintptr_t)(intptr_t)slot->step.bp_offset);
	frame->address = *(const uintptr_t *)(cfa - 8);
	frame->sp = cfa;
	return 0;
}

/* Whether a rule leads no further, whatever is on the stack. */
BASE_INLINE int is_end(struct sites_step step)
{
	return step.kind == SITES_STEP_END || step.kind == SITES_STEP_NONE;
}

/* pool_stack, with notes of what is read where they are wanted. */
BASE_INLINE uint32_t walk(struct pool_thread *thread, struct pool_frame at, uintptr_t *addresses,
			  uint32_t depth, uint64_t *ret_hash, struct notes *notes)
{
	struct sites_frame frame = first_frame(at);
	uintptr_t limit = sites_stack_limit(frame.sp);
	uint64_t hash = 0;
	uint32_t n = 0;

	leave_wrappers(thread, &frame, &limit, 0, notes);
	for (;;) {
		/* One product serves the hash of the stack and the look-up of the rule. */
		uint64_t mixed = (uint64_t)frame.address * POOL_HASH_FACTOR;
		const struct pool_step_slot *slot = &thread->steps[mixed >> (64 - POOL_STEP_BITS)];
		uintptr_t address = frame.address;

		addresses[n++] = address;
		hash = (hash << 7 | hash >> 57) + mixed;
		if (n == depth)
			break;
		if (BASE_UNLIKELY(step_quick(slot, &frame, limit) != 0) &&
		    step_out(&frame, step_of(thread, address), &limit) != 0) {
			if (notes != NULL && !is_end(step_of(thread, address)))
				notes->entry = NULL;
			break;
		}
		if (notes != NULL && notes->entry != NULL)
			note_step(notes, step_of(thread, address), &frame);
		if (frame.address == 0)
			break;
	}
	*ret_hash = hash;
	return n;
}

uint32_t pool_stack(struct pool_thread *thread, struct pool_frame at, uintptr_t *addresses,
		    uint32_t depth, uint64_t *ret_hash)
{
	return walk(thread, at, addresses, depth, ret_hash, NULL);
}

uint32_t pool_stack_noted(struct pool_thread *thread, struct pool_frame at, uintptr_t *addresses,
			  uint32_t depth, uint64_t *ret_hash, struct pool_recall *ret_notes)
{
	struct notes notes = {.entry = ret_notes, .sp = (uintptr_t)at.cfa};

	ret_notes->bp = at.bp;
	ret_notes->sum = 0;
	ret_notes->top = 0;
	ret_notes->needs_bp = 0;
	ret_notes->count = 0;
	depth = walk(thread, at, addresses, depth, ret_hash, &notes);
	if (notes.entry == NULL)
		ret_notes->count = 0;
	/* Whole groups: the first word again. */
	while (ret_notes->count % POOL_RECALL_GROUP != 0)
		add_word(ret_notes, ret_notes->at[0],
			 ((const uintptr_t *)at.cfa)[ret_notes->at[0]]);
	return depth;
}

void pool_callers_unload(int (*is_stale)(uint64_t address))
{
	sites_table_forget(&steps, is_stale);
}
