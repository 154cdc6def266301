/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/largest.h"
#include "lib/base/atomic.h"
#include "lib/base/report.h"
#include "lib/base/sys.h"
#include "lib/pool/survey.h"
#include "lib/stats/segment.h"
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* What the child finds, in memory it shares with the process. */
struct answer {
	uint32_t complete;
	struct pooltag_question question;
	uint32_t sites; /* that there are */
	struct pooltag_listing listing;
	struct pooltag_listed blocks[POOLTAG_BLOCKS_MAX]; /* a heap: the least one is the first */
};

/*
 * The process that is answering, 0: none. No lock: a fork child would inherit it held, and a signal
 * handler of the thread that holds it would wait for ever.
 */
static uint32_t answerer;

/* --- in the child --------------------------------------------------------------------------- */

/* An order without equals, so that the same heap gives the same list. */
static int is_less(const struct pooltag_listed *a, const struct pooltag_listed *b)
{
	return a->requested != b->requested ? a->requested < b->requested : a->address > b->address;
}

static void swap(struct pooltag_listed *a, struct pooltag_listed *b)
{
	struct pooltag_listed kept = *a;

	*a = *b;
	*b = kept;
}

static void sink(struct pooltag_listed *blocks, uint32_t count)
{
	uint32_t at = 0;

	for (;;) {
		uint32_t least = 2 * at + 1;

		if (least + 1 < count && is_less(&blocks[least + 1], &blocks[least]))
			least++;
		if (least >= count || !is_less(&blocks[least], &blocks[at]))
			return;
		swap(&blocks[least], &blocks[at]);
		at = least;
	}
}

static void rise(struct pooltag_listed *blocks, uint32_t at)
{
	while (at > 0 && is_less(&blocks[at], &blocks[(at - 1) / 2])) {
		swap(&blocks[at], &blocks[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
}

static void list(struct answer *answer, const struct pooltag_listed *block)
{
	uint32_t count = answer->listing.listed;

	if (count < POOLTAG_BLOCKS_MAX) {
		answer->blocks[count] = *block;
		answer->listing.listed++;
		rise(answer->blocks, count);
	} else if (is_less(&answer->blocks[0], block)) {
		answer->blocks[0] = *block;
		sink(answer->blocks, count);
	}
}

static int is_asked_for(const struct answer *answer, const struct pool_identified *found)
{
	const struct pooltag_question *question = &answer->question;
	const struct pooltag_site *site;

	if (found->requested < question->least || found->site >= answer->sites)
		return 0;
	site = stats_site_record(found->site);
	return (question->tag == 0 || site->tag == question->tag) &&
	       (question->pool == 0 || site->pool + 1u == question->pool) &&
	       (question->site == 0 || found->site + 1 == question->site);
}

static void use(const struct pool_identified *found, void *argument)
{
	struct answer *answer = argument;
	struct pooltag_listed block = {
		.address = (uintptr_t)found->block,
		.requested = found->requested,
		.charge = found->charge,
		.site = found->site,
	};

	if (!is_asked_for(answer, found))
		return;
	answer->listing.blocks++;
	answer->listing.requested += block.requested;
	answer->listing.charge += block.charge;
	list(answer, &block);
}

static __attribute__((noreturn)) void survey_in_child(struct answer *answer)
{
	/* If the process is killed nobody waits for the answer. */
	BASE_SYSCALL2(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
	pool_survey(use, answer);
	base_store_release(&answer->complete, 1u);
	for (;;)
		BASE_SYSCALL1(SYS_exit_group, 0);
}

/* --- in the process ------------------------------------------------------------------------- */

/* Lets a child fill in the answer; 0 or an errno. */
static uint32_t ask_child(struct answer *answer)
{
	uint64_t all = ~(uint64_t)0, before = 0;
	long child, waited;
	int status;

	/* No handler of the host may run in the child. */
	BASE_SYSCALL4(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof(all));
	/* No signal at its end, so that a host that waits for any child does not see it. */
	child = BASE_SYSCALL5(SYS_clone, 0, 0, 0, 0, 0);
	if (child == 0)
		survey_in_child(answer);
	BASE_SYSCALL4(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof(before));
	if (child < 0)
		return (uint32_t)-child;
	do
		waited = BASE_SYSCALL4(SYS_wait4, child, &status, __WALL, NULL);
	while (waited == -EINTR);
	return base_load_acquire(&answer->complete) ? 0 : ECHILD;
}

/* The number comes last: with it the answer is one. */
static void conclude(struct pooltag_listing *listing, const struct pooltag_question *question,
		     uint32_t error)
{
	listing->error = error;
	listing->about.tag = question->tag;
	listing->about.site = question->site;
	listing->about.pool = question->pool;
	listing->about.least = question->least;
	base_store_release(&listing->about.number, question->number);
}

static void publish(struct pooltag_listing *listing, const struct answer *answer, uint32_t error)
{
	/* Until the new answer stands there is none. */
	base_store_release(&listing->about.number, 0u);
	if (error == 0 && stats_blocks(answer->blocks, answer->listing.listed) != 0)
		error = ENOSPC;
	if (error == 0) {
		listing->listed = answer->listing.listed;
		listing->blocks = answer->listing.blocks;
		listing->requested = answer->listing.requested;
		listing->charge = answer->listing.charge;
		listing->duration_ns = answer->listing.duration_ns;
	}
	conclude(listing, &answer->question, error);
}

static void answer_question(struct pooltag_listing *listing, struct pooltag_question question)
{
	size_t bytes = base_round_up(sizeof(struct answer), BASE_PAGE_SIZE);
	uint64_t began = base_now_ns(CLOCK_MONOTONIC);
	struct answer *answer = base_mmap(NULL, bytes, PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint32_t error;

	if (base_is_error(answer)) {
		conclude(listing, &question, ENOMEM);
		return;
	}
	answer->question = question;
	answer->sites = stats_site_count();
	error = base_load_relaxed(&base_confined) ? EPERM : ask_child(answer);
	answer->listing.duration_ns = base_now_ns(CLOCK_MONOTONIC) - began;
	publish(listing, answer, error);
	base_munmap(answer, bytes);
}

/* A hostile segment can ask again and again; nobody answers for ever. */
#define ANSWERS_MOST 4

uint32_t pool_largest_answer(void)
{
	struct pooltag_scan *scan = stats_scan();
	uint32_t self = (uint32_t)BASE_SYSCALL0(SYS_getpid);
	uint32_t before = base_load_relaxed(&answerer);
	uint32_t answered = 0;

	if (scan == NULL || before == self ||
	    !__atomic_compare_exchange_n(&answerer, &before, self, 0, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return 0;
	/* Who asks meanwhile finds the place taken, and is answered by us. */
	while (answered < ANSWERS_MOST) {
		struct pooltag_question question = scan->listing.question;

		if (question.number == 0 || question.number == scan->listing.about.number)
			break;
		answer_question(&scan->listing, question);
		answered++;
	}
	base_store_release(&answerer, 0u);
	return answered;
}
