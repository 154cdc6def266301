/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * info.c - the functions that ask about the heap instead of using it
 */
#include "lib/base/sys.h"
#include "lib/base/text.h"
#include "lib/heap/je.h"
#include "lib/heap/span.h"
#include "lib/pool/alloc.h"
#include "lib/pool/live.h"
#include "lib/pool/state.h"
#include <limits.h>
#include <malloc.h>
#include <pooltag/pooltag.h>

BASE_EXPORT size_t malloc_usable_size(void *block)
{
	return pool_usable_size(block);
}

/* 1 as glibc says when memory went back to the system; we cannot tell, and purging always tries. */
BASE_EXPORT int malloc_trim(size_t pad)
{
	struct pool_thread *thread = pool_enter();

	(void)pad;
	if (thread == NULL)
		return 0;
	if (thread != &pool_orphan)
		pool_thread_flush(thread);
	heap_spans_trim();
	heap_je_purge();
	return 1;
}

BASE_EXPORT void pooltag_audit(struct pooltag_audit *audit)
{
	struct pool_totals totals;

	pool_sum(&totals);
	*audit = (struct pooltag_audit){
		.allocs = totals.allocs,
		.frees = totals.frees,
		.alloc_bytes = totals.alloc_bytes,
		.free_bytes = totals.free_bytes,
		.alloc_charge = totals.alloc_charge,
		.free_charge = totals.free_charge,
		.heap_taken = totals.heap_taken,
		.heap_returned = totals.heap_returned,
		.front_held = totals.front_held,
		.jemalloc_allocated = heap_je_allocated() - heap_spans_idle(),
	};
}

BASE_EXPORT struct mallinfo2 mallinfo2(void)
{
	struct pool_totals totals;

	pool_sum(&totals);
	return (struct mallinfo2){
		.arena = totals.heap_taken - totals.heap_returned,
		.uordblks = totals.alloc_charge - totals.free_charge,
		.fordblks = totals.front_held,
	};
}

static int clamp(size_t value)
{
	return value > INT_MAX ? INT_MAX : (int)value;
}

BASE_EXPORT struct mallinfo mallinfo(void)
{
	struct mallinfo2 info = mallinfo2();

	return (struct mallinfo){
		.arena = clamp(info.arena),
		.uordblks = clamp(info.uordblks),
		.fordblks = clamp(info.fordblks),
	};
}

static void add_line(struct base_text *text, const char *name, uint64_t value)
{
	base_text_add(text, name);
	base_text_unsigned(text, value);
	base_text_char(text, '\n');
}

BASE_EXPORT void malloc_stats(void)
{
	char buffer[1024];
	struct base_text text = base_text_in(buffer, sizeof(buffer));
	struct pooltag_audit audit;

	pooltag_audit(&audit);
	add_line(&text, "blocks allocated        ", audit.allocs);
	add_line(&text, "blocks freed            ", audit.frees);
	add_line(&text, "bytes requested, in use ", audit.alloc_bytes - audit.free_bytes);
	add_line(&text, "bytes charged, in use   ", audit.alloc_charge - audit.free_charge);
	add_line(&text, "bytes in front lists    ", audit.front_held);
	add_line(&text, "bytes from jemalloc     ", audit.heap_taken - audit.heap_returned);
	add_line(&text, "bytes by its own count  ", audit.jemalloc_allocated);
	BASE_SYSCALL3(SYS_write, 2, buffer, text.length);
}
