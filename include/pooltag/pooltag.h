/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pooltag.h - what a program can tell and ask the library that counts its memory
 *
 * For programs that may or may not run under libpooltag.so: the library's functions are weak here,
 * and the functions a program calls (pooltag_malloc, pooltag_scope_enter, ...) are inline and do
 * the plain thing, or nothing, without it. Nothing needs to be linked. Compiles as C11 and C++17.
 *
 * Tags are given as pooltag_tag numbers: POOLTAG_TAG('A', 'b', 'c', 'd') shows as Abcd. A tag given
 * with an allocation wins over the thread's scope, a scope over rules files, rules over automatic
 * tags. Tag 0 is "none given".
 *
 * All functions are thread-safe. None may be called in a signal handler that interrupted malloc.
 */
#ifndef POOLTAG_POOLTAG_H
#define POOLTAG_POOLTAG_H

#include "tag.h"
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The library's books held against jemalloc's. All figures are of the whole process, in bytes
 * unless said otherwise, and exact when no other thread allocates meanwhile:
 *
 *   heap_taken - heap_returned = (alloc_charge - free_charge) + front_held
 *
 * jemalloc_allocated is larger than that by what jemalloc keeps in the thread caches of other
 * threads, which it regards as allocated; in a single-threaded process they are equal.
 */
struct pooltag_audit {
	uint64_t allocs, frees;             /* blocks, ever */
	uint64_t alloc_bytes, free_bytes;   /* requested, ever */
	uint64_t alloc_charge, free_charge; /* charged, ever */
	uint64_t heap_taken,
		heap_returned; /* blocks taken from and given back to spans and jemalloc, ever */
	uint64_t front_held;   /* in the threads' front lists now */
	uint64_t jemalloc_allocated; /* now; without its own needs and idle parts of spans */
};

/*
 * Fills `audit`, which the caller owns. Takes jemalloc's locks for its statistics; not for signal
 * handlers.
 */
void pooltag_audit(struct pooltag_audit *audit) __attribute__((weak));

/* What is known of a live block. */
struct pooltag_block {
	uint64_t start; /* its address; the question may have been about any byte of a small one */
	uint64_t requested; /* bytes asked for */
	uint64_t charge;    /* bytes it takes: requested + header + rounding */
	pooltag_tag tag;
	uint32_t pool; /* enum pooltag_pool */
	uint32_t site; /* number in the segment */
	uint32_t reserved;
	uint64_t caller; /* return address of the call it is charged to */
};

/* Blocks, and the bytes requested for them. */
struct pooltag_leak_sum {
	uint64_t blocks, bytes;
};

/* What a leak scan found the live blocks to be. */
struct pooltag_leaks {
	struct pooltag_leak_sum definite;  /* nothing points to them */
	struct pooltag_leak_sum indirect;  /* only lost blocks point to them */
	struct pooltag_leak_sum possible;  /* only pointers into their middle lead to them */
	struct pooltag_leak_sum reachable; /* the program can still free them */
	struct pooltag_leak_sum ignored;   /* by __lsan_ignore_object or __lsan_disable */
};

/* The library's side; use the inline functions below. */
void *pooltag_tagged_malloc(pooltag_tag tag, size_t size) __attribute__((weak));
void *pooltag_tagged_calloc(pooltag_tag tag, size_t count, size_t size) __attribute__((weak));
void *pooltag_tagged_realloc(pooltag_tag tag, void *block, size_t size) __attribute__((weak));
void *pooltag_tagged_aligned_alloc(pooltag_tag tag, size_t alignment, size_t size)
	__attribute__((weak));
pooltag_tag pooltag_scope_set(pooltag_tag tag) __attribute__((weak));
int pooltag_block_retag(void *block, pooltag_tag tag) __attribute__((weak));
int pooltag_block_info(const void *block, struct pooltag_block *ret_block) __attribute__((weak));
int pooltag_leak_scan(struct pooltag_leaks *ret_leaks) __attribute__((weak));

/*
 * 1 when the program runs under the library. Asked of the global offset table: the linker takes the
 * address of a weak function for 0, for good, in a program that is not position-independent.
 */
static inline int pooltag_active(void)
{
	const void *library;

	__asm__(".weak pooltag_scope_set\n\t"
		"movq pooltag_scope_set@GOTPCREL(%%rip), %0"
		: "=r"(library));
	return library != NULL;
}

/* malloc, calloc, realloc and aligned_alloc with a tag. Blocks are freed with free. */
static inline void *pooltag_malloc(pooltag_tag tag, size_t size)
{
	return pooltag_active() ? pooltag_tagged_malloc(tag, size) : malloc(size);
}

static inline void *pooltag_calloc(pooltag_tag tag, size_t count, size_t size)
{
	return pooltag_active() ? pooltag_tagged_calloc(tag, count, size) : calloc(count, size);
}

static inline void *pooltag_realloc(pooltag_tag tag, void *block, size_t size)
{
	return pooltag_active() ? pooltag_tagged_realloc(tag, block, size) : realloc(block, size);
}

static inline void *pooltag_aligned_alloc(pooltag_tag tag, size_t alignment, size_t size)
{
	return pooltag_active() ? pooltag_tagged_aligned_alloc(tag, alignment, size)
				: aligned_alloc(alignment, size);
}

/*
 * From here on everything the calling thread allocates gets `tag`, until pooltag_scope_leave is
 * called with what this returned. Scopes nest.
 */
static inline pooltag_tag pooltag_scope_enter(pooltag_tag tag)
{
	return pooltag_active() ? pooltag_scope_set(tag) : 0;
}

static inline void pooltag_scope_leave(pooltag_tag previous)
{
	if (pooltag_active())
		pooltag_scope_set(previous);
}

static inline void pooltag_scope_cleanup(pooltag_tag *previous)
{
	pooltag_scope_leave(*previous);
}

/* A scope that ends with the C block it stands in, however that is left. */
#define POOLTAG_SCOPE(tag)                                                                      \
	__attribute__((cleanup(pooltag_scope_cleanup), unused)) pooltag_tag POOLTAG_SCOPE_NAME( \
		__LINE__) = pooltag_scope_enter(tag)
#define POOLTAG_SCOPE_NAME(line)  POOLTAG_SCOPE_PASTE(line)
#define POOLTAG_SCOPE_PASTE(line) pooltag_scope_of_line_##line

/*
 * Gives a live block another tag. Counted as one allocation under the new tag and one free under
 * the old. 0, or EINVAL when `block` is not the start of a live block of the library, or tag is 0.
 */
static inline int pooltag_retag(void *block, pooltag_tag tag)
{
	return pooltag_active() ? pooltag_block_retag(block, tag) : 0;
}

/*
 * Fills `ret_block`, which the caller owns, with what is known of a block. 0; EINVAL when the
 * address lies in no live block of the library; ENOSYS (38) without the library.
 */
static inline int pooltag_query(const void *block, struct pooltag_block *ret_block)
{
	return pooltag_active() ? pooltag_block_info(block, ret_block) : 38;
}

/*
 * Looks now which blocks the program can still reach, and fills `ret_leaks`, which the caller owns.
 * The program goes on as it was; its other threads stand still for the moment of a fork, and a
 * system call they sleep in may end with EINTR. 0; ECANCELED (125) when the scan could not be made;
 * ENOSYS (38) without the library. poolmon shows what was found by site.
 */
static inline int pooltag_leak_check(struct pooltag_leaks *ret_leaks)
{
	return pooltag_active() ? pooltag_leak_scan(ret_leaks) : 38;
}

#ifdef __cplusplus
}

namespace pooltag
{
/* A scope that ends with the object, also when an exception leaves its block. */
class scope
{
      public:
	explicit scope(pooltag_tag tag) : previous_(pooltag_scope_enter(tag))
	{
	}

	~scope()
	{
		pooltag_scope_leave(previous_);
	}

	scope(const scope &) = delete;
	scope &operator=(const scope &) = delete;

      private:
	pooltag_tag previous_;
};
} // namespace pooltag
#endif

#endif
