/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/leaks/scan.h"
#include "lib/base/atomic.h"
#include "lib/base/lock.h"
#include "lib/base/options.h"
#include "lib/base/report.h"
#include "lib/base/sys.h"
#include "lib/base/text.h"
#include "lib/leaks/mark.h"
#include "lib/pool/state.h"
#include "lib/stats/segment.h"
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* Sites that may be made between the look at their number and the fork. */
#define SITES_SPARE 1024u

#define LOST_BYTES  (POOLTAG_LOST_MAX * sizeof(struct pooltag_lost))

static struct base_lock scanning;
static uint32_t scanner; /* thread that holds it */

/* For a scan that has no memory for anything else. */
static struct leaks_result no_result;

/* One scan. */
struct job {
	leaks_use *use;
	void *argument;
	struct leaks_result *result;
	struct leaks_roots roots;
	struct leaks_threads threads;
	int status;
};

static void fail(struct job *job, const char *what, long error)
{
	struct pooltag_scan *scan = &job->result->scan;
	struct base_text text = base_text_in(scan->reason, sizeof(scan->reason));

	base_text_add(&text, what);
	if (error != 0) {
		base_text_add(&text, ": ");
		base_text_error(&text, error);
	}
	scan->state = POOLTAG_SCAN_FAILED;
}

/* --- in the child --------------------------------------------------------------------------- */

static __attribute__((noreturn)) void leave(struct job *job, int status)
{
	__atomic_add_fetch(&job->result->pulse, 1, __ATOMIC_RELEASE);
	BASE_SYSCALL3(SYS_futex, &job->result->pulse, FUTEX_WAKE, 1);
	for (;;)
		BASE_SYSCALL1(SYS_exit_group, status);
}

static __attribute__((noreturn)) void scan_in_child(struct job *job)
{
	int error;

	/* If the process is killed nobody waits for the result. */
	BASE_SYSCALL2(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
	error = leaks_roots_map(&job->roots);
	if (error != 0) {
		fail(job, "cannot list mappings and modules", error);
		leave(job, 1);
	}
	error = leaks_mark(&job->roots, &job->threads, job->result);
	if (error != 0) {
		fail(job, "no memory for the index of blocks", error);
		leave(job, 1);
	}
	base_store_release(&job->result->scan.state, (uint32_t)POOLTAG_SCAN_COMPLETE);
	leave(job, 0);
}

/* --- in the process ------------------------------------------------------------------------- */

static void count_threads(struct job *job)
{
	for (uint32_t i = 0; i < job->threads.count; i++)
		job->result->scan.threads +=
			leaks_thread_state(&job->threads.items[i]) != LEAKS_THREAD_GONE;
	job->result->scan.threads_missed = job->threads.missed;
}

/* Answers the child's id, with every thread going on; in the child it does not come back. */
static long fork_held(struct job *job)
{
	uint64_t all = ~(uint64_t)0, before = 0;
	long child, error;

	/* No handler of the host may run in the child, nor here while threads are held. */
	BASE_SYSCALL4(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof(all));
	error = leaks_threads_hold(&job->threads);
	if (error != 0) {
		fail(job, "cannot hold the other threads", error);
		child = error;
	} else {
		job->result->scan.started_ns = base_now_ns(CLOCK_MONOTONIC);
		/* No signal at its end, so that a host that waits for any child does not see it. */
		child = BASE_SYSCALL5(SYS_clone, 0, 0, 0, 0, 0);
		if (child == 0)
			scan_in_child(job);
		count_threads(job);
		leaks_threads_release();
		if (child < 0)
			fail(job, "cannot fork", child);
	}
	BASE_SYSCALL4(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof(before));
	return child;
}

static long wait_child(long child, int *ret_status, int options)
{
	long waited;

	do
		waited = BASE_SYSCALL4(SYS_wait4, child, ret_status, __WALL | options, NULL);
	while (waited == -EINTR);
	return waited;
}

#define SECOND_NS ((uint64_t)1000000000)

/* Waits a second at most, or until the scan ends. What it took; a second if all was stopped. */
static uint64_t wait_moment(const uint32_t *pulse, uint32_t seen)
{
	const struct timespec second = {.tv_sec = 1};
	uint64_t start = base_now_ns(CLOCK_MONOTONIC);

	BASE_SYSCALL4(SYS_futex, pulse, FUTEX_WAIT, seen, &second);
	return base_min(base_now_ns(CLOCK_MONOTONIC) - start, SECOND_NS);
}

/* Waits until the child is through, or gives it up. */
static long wait_awake(struct job *job, long child, int *ret_status)
{
	uint64_t still = 0;
	uint32_t last = base_load_acquire(&job->result->pulse);

	while (base_load_acquire(&job->result->scan.state) == POOLTAG_SCAN_RUNNING) {
		uint64_t took = wait_moment(&job->result->pulse, last);
		uint32_t pulse = base_load_acquire(&job->result->pulse);
		long waited = wait_child(child, ret_status, WNOHANG);

		if (waited != 0)
			return waited;
		still = pulse == last ? still + took : 0;
		last = pulse;
		if (base_options.leak_stall == 0 || still < base_options.leak_stall * SECOND_NS)
			continue;
		fail(job, "the scanning process made no progress (option leak_stall)", 0);
		break;
	}
	/* It has nothing more to do, and may be stopped. */
	BASE_SYSCALL2(SYS_kill, child, SIGKILL);
	return wait_child(child, ret_status, 0);
}

static void wait_for(struct job *job, long child)
{
	struct pooltag_scan *scan = &job->result->scan;
	int status = 0;
	long waited = wait_awake(job, child, &status);

	scan->duration_ns = base_now_ns(CLOCK_MONOTONIC) - scan->started_ns;
	if (base_load_acquire(&scan->state) == POOLTAG_SCAN_RUNNING) {
		struct base_text text = base_text_in(scan->reason, sizeof(scan->reason));

		scan->state = POOLTAG_SCAN_FAILED;
		base_text_add(&text, "the scanning process ended early");
		if (waited == child && WIFSIGNALED(status)) {
			base_text_add(&text, ", by signal ");
			base_text_unsigned(&text, (uint64_t)WTERMSIG(status));
		}
	}
}

/* For the process and the child that scans it. */
static void *map_shared(size_t bytes)
{
	return base_mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

static size_t result_bytes(uint32_t sites)
{
	return base_round_up(sizeof(struct leaks_result) + sites * sizeof(struct pooltag_leak),
			     BASE_PAGE_SIZE);
}

static void drop_result(struct leaks_result *result)
{
	base_munmap(result->lost, LOST_BYTES);
	base_munmap(result, result_bytes(result->sites));
}

/* NULL when there is no memory. */
static struct leaks_result *make_result(enum pooltag_scan_trigger trigger)
{
	uint32_t sites = stats_site_count() + SITES_SPARE;
	struct leaks_result *result = map_shared(result_bytes(sites));
	struct pooltag_lost *lost;

	if (base_is_error(result))
		return NULL;
	lost = map_shared(LOST_BYTES);
	if (base_is_error(lost)) {
		base_munmap(result, result_bytes(sites));
		return NULL;
	}
	result->lost = lost;
	result->sites = sites;
	result->scan.state = POOLTAG_SCAN_RUNNING;
	result->scan.trigger = trigger;
	return result;
}

/* What other processes see: first that a scan runs, then what it found. */
static void publish(struct job *job)
{
	struct pooltag_scan *published = stats_scan();
	struct pooltag_scan *scan = &job->result->scan;

	if (published == NULL)
		return;
	scan->scans = published->scans + (scan->state == POOLTAG_SCAN_RUNNING);
	base_store_release(&published->state, (uint32_t)POOLTAG_SCAN_RUNNING);
	if (scan->state == POOLTAG_SCAN_COMPLETE &&
	    stats_leaks(job->result->leaks, job->result->sites) != 0)
		fail(job, "no room for the result in the segment", 0);
	stats_lost(job->result->lost, job->result->lost_count);
	/* What comes after is not the scan's; another process may be writing its request there. */
	memcpy((char *)published + sizeof(published->state), (char *)scan + sizeof(scan->state),
	       offsetof(struct pooltag_scan, suppressions) - sizeof(scan->state));
	base_store_release(&published->state, scan->state);
}

static void say_failure(const struct pooltag_scan *scan)
{
	char line[256];
	struct base_text text = base_text_in(line, sizeof(line));

	base_text_add(&text, "the leak check could not be performed: ");
	base_text_add(&text, scan->reason);
	base_note(line);
}

/* The end of a scan, as it came. */
static void conclude(struct job *job)
{
	publish(job);
	job->status = job->result->scan.state == POOLTAG_SCAN_COMPLETE ? 0 : -1;
	if (job->use != NULL)
		job->use(job->result, job->argument);
	if (job->status != 0)
		say_failure(&job->result->scan);
}

static void scan_from(struct job *job, uintptr_t stack)
{
	long child;

	publish(job);
	if (base_load_relaxed(&base_confined)) {
		fail(job, "the program is confined by a system call filter", 0);
	} else {
		leaks_roots_start(&job->roots, stack);
		child = fork_held(job);
		if (child > 0)
			wait_for(job, child);
	}
	conclude(job);
}

/*
 * Calls `work` with `job` and the address of where the callee-saved registers are: all that the
 * caller may have in registers only stands in memory from there on.
 */
BASE_HIDDEN void leaks_with_registers(struct job *job,
				      void (*work)(struct job *job, uintptr_t stack));
__asm__(".text\n"
	".type leaks_with_registers, @function\n"
	"leaks_with_registers:\n\t"
	".cfi_startproc\n\t"
	"pushq %rbp\n\t.cfi_adjust_cfa_offset 8\n\t"
	"pushq %rbx\n\t.cfi_adjust_cfa_offset 8\n\t"
	"pushq %r12\n\t.cfi_adjust_cfa_offset 8\n\t"
	"pushq %r13\n\t.cfi_adjust_cfa_offset 8\n\t"
	"pushq %r14\n\t.cfi_adjust_cfa_offset 8\n\t"
	"pushq %r15\n\t.cfi_adjust_cfa_offset 8\n\t"
	"subq $8, %rsp\n\t.cfi_adjust_cfa_offset 8\n\t"
	"movq %rsi, %rax\n\t"
	"leaq 8(%rsp), %rsi\n\t"
	"callq *%rax\n\t"
	"addq $56, %rsp\n\t.cfi_adjust_cfa_offset -56\n\t"
	"retq\n\t"
	".cfi_endproc\n"
	".size leaks_with_registers, . - leaks_with_registers");

int leaks_scan(enum pooltag_scan_trigger trigger, leaks_use *use, void *argument)
{
	struct job job = {.use = use, .argument = argument, .status = -1};
	uint32_t tid = (uint32_t)BASE_SYSCALL0(SYS_gettid);

	/* A fork child's own segment comes first. Otherwise this thread need not be known. */
	if (base_load_acquire(&pool_state.ready) == 0 || !pool_is_own())
		pool_enter();
	if (base_load_acquire(&pool_state.ready) == 0 || base_load_relaxed(&scanner) == tid)
		return -1;
	base_lock_take(&scanning);
	base_store_relaxed(&scanner, tid);
	job.result = make_result(trigger);
	if (job.result != NULL) {
		leaks_with_registers(&job, scan_from);
		drop_result(job.result);
	} else {
		no_result = (struct leaks_result){.scan = {.trigger = trigger}};
		job.result = &no_result;
		fail(&job, "no memory for the result", 0);
		conclude(&job);
	}
	base_store_relaxed(&scanner, 0u);
	base_lock_drop(&scanning);
	return job.status;
}

void leaks_scan_forked(void)
{
	base_lock_reset(&scanning);
	base_store_relaxed(&scanner, 0u);
	leaks_threads_forked();
}

void leaks_scan_off(void)
{
	struct pooltag_scan *published = stats_scan();

	if (published != NULL)
		base_store_release(&published->state, (uint32_t)POOLTAG_SCAN_OFF);
}
