/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pool/state.h"
#include "lib/base/arena.h"
#include "lib/base/atomic.h"
#include "lib/base/options.h"
#include "lib/base/report.h"
#include "lib/base/sanitizer.h"
#include "lib/base/seal.h"
#include "lib/base/sys.h"
#include "lib/base/text.h"
#include "lib/heap/header.h"
#include "lib/heap/map.h"
#include "lib/heap/nonpaged.h"
#include "lib/heap/span.h"
#include "lib/pool/charge.h"
#include "lib/pool/check.h"
#include "lib/pool/classes.h"
#include "lib/pool/describe.h"
#include "lib/pool/early.h"
#include "lib/pool/sample.h"
#include "lib/stats/segment.h"
#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>

/* Of the arena, for a thread that can map nothing more. */
#define STRICT_ROOM ((size_t)1024 * 1024)

struct pool_state pool_state;

static const uint32_t no_request;
struct pool_request pool_request = {.word = &no_request};

BASE_SEALED uint64_t heap_header_secret;

static void choose_secret(void)
{
	/* 16 random bytes the kernel gives every program, wherever they are on its stack. */
	const void *given = (const void *)getauxval(AT_RANDOM);
	uint64_t random[2];

	if (given == NULL) {
		heap_header_secret = base_now_ns(CLOCK_MONOTONIC);
		return;
	}
	memcpy(random, given, sizeof(random));
	heap_header_secret = random[0] ^ random[1] << 1;
}

/*
 * Two allocators cannot both be the first. Such a runtime would crash, or end with its own riddle.
 */
static void refuse_sanitizer(void)
{
	const char *name = base_sanitizer();
	char buffer[256];
	struct base_text text = base_text_in(buffer, sizeof(buffer));

	if (name == NULL)
		return;
	base_text_add(&text, "this program is built with a sanitizer (");
	base_text_add(&text, name);
	base_text_add(&text, ") that must be its allocator; run it without libpooltag.so, or "
			     "build it without the sanitizer");
	base_refuse(buffer);
}

/* In this order: each step uses only what the steps before it built. */
static void init(void)
{
	refuse_sanitizer();
	base_seal_open();
	choose_secret();
	base_options_parse(base_environment("POOLTAG_OPTIONS"));
	if (base_options.quiet)
		base_report_silence();
	pool_check_start();
	/* Without the window every free leaves the fast path at its first test. */
	if (!pool_checks.active)
		heap_map_init();
	if (heap_sizes_init() != 0)
		base_fatal("jemalloc's size classes are not those pooltag was built for");
	heap_stocks_init();
	stats_segment_create();
	pool_classes_publish();
	pool_threads_init();
	pool_charge_init(pool_early_cell());
	if (stats_scan() != NULL)
		base_store_release(&pool_request.word, &stats_scan()->request);
	pool_fork_init();
	if (base_options.nonpaged_best_effort)
		heap_nonpaged_best_effort(&stats_process()->nonpaged_unlocked);
	base_seal_close();
	base_store_release(&pool_state.ready, 1u);
}

/* 0 when the library is ready, -1 when it is the caller who is starting it. */
static int start(void)
{
	uint32_t tid = (uint32_t)BASE_SYSCALL0(SYS_gettid);

	if (base_load_relaxed(&pool_state.init_tid) == tid)
		return -1;
	base_lock_take(&pool_state.init_lock);
	if (!pool_state.ready) {
		base_store_relaxed(&pool_state.init_tid, tid);
		init();
		base_store_relaxed(&pool_state.init_tid, 0u);
	}
	base_lock_drop(&pool_state.init_lock);
	return 0;
}

void pool_request_serve(void)
{
	if (pool_request.serve != NULL)
		pool_request.serve();
}

struct pool_thread *pool_enter(void)
{
	struct pool_thread *thread = pool_self;

	if (BASE_LIKELY(thread != NULL && thread->awake))
		return thread;
	if (base_load_relaxed(pool_unforked) == 0)
		return pool_fork_unseen();
	if (thread == &pool_orphan)
		return thread;
	if (thread == &pool_frozen)
		return pool_fork_thaw();
	if (base_load_acquire(&pool_state.ready) == 0 && start() != 0)
		return NULL;
	return pool_thread_attach();
}

/* Has the names of a file's functions read. */
static int know_file(struct dl_phdr_info *file, size_t size, void *argument)
{
	(void)size;
	(void)argument;
	for (int i = 0; i < file->dlpi_phnum; i++)
		if (file->dlpi_phdr[i].p_type == PT_LOAD && (file->dlpi_phdr[i].p_flags & PF_X)) {
			base_lock_take(&pool_state.lock);
			pool_is_wrapper(file->dlpi_addr + file->dlpi_phdr[i].p_vaddr + 1);
			base_lock_drop(&pool_state.lock);
			break;
		}
	return 0;
}

void pool_confine(int strict)
{
	if (pool_enter() == NULL)
		return;
	stats_segment_confine();
	if (!strict)
		return;
	dl_iterate_phdr(know_file, NULL);
	base_lock_take(&pool_state.lock);
	pool_sample_prepare();
	base_lock_drop(&pool_state.lock);
	base_arena_prepare(STRICT_ROOM);
}

void pool_exit(void)
{
	if (base_load_acquire(&pool_state.ready) == 0)
		return;
	pool_check_exit();
	if (base_load_relaxed(&pool_state.fork_pending) == 0)
		stats_segment_retire();
}
