/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cxx.c - every form of C++ operator new and delete
 *
 * Defined here in C under their linker names, so that the return address is the C++ caller's and
 * not libstdc++'s. new-handlers and std::bad_alloc belong to whatever C++ library the host has: its
 * functions are found when memory runs out, never before, and the library does not link it.
 *
 * Compiled with -fexceptions: bad_alloc and new-handlers' exceptions pass through these frames.
 */
#include "lib/base/report.h"
#include "lib/pool/alloc.h"
#include <dlfcn.h>

typedef void (*new_handler)(void);

/* A function of the host's C++ library, also when only a plugin brought it in. */
static void *find_cxx(const char *name)
{
	static const char *const libraries[] = {"libstdc++.so.6", "libc++.so.1", "libc++abi.so.1"};
	void *found = dlsym(RTLD_NEXT, name);

	for (size_t i = 0; found == NULL && i < BASE_ARRAY_SIZE(libraries); i++) {
		void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);

		if (library != NULL)
			found = dlsym(library, name);
	}
	return found;
}

static new_handler current_handler(void)
{
	new_handler (*get)(void) =
		(new_handler(*)(void))(uintptr_t)find_cxx("_ZSt15get_new_handlerv");

	return get != NULL ? get() : NULL;
}

static __attribute__((noreturn)) void throw_bad_alloc(void)
{
	void (*throw_it)(void) = (void (*)(void))(uintptr_t)find_cxx("_ZSt17__throw_bad_allocv");

	if (throw_it != NULL)
		throw_it();
	base_fatal("operator new is out of memory, and the program has no C++ library to throw "
		   "std::bad_alloc with");
}

/* As [new.delete.single] has it: retry as long as there is a handler, then throw. */
BASE_COLD static void *new_slow(size_t size, size_t alignment, struct pool_frame frame)
{
	for (;;) {
		void *block = pool_alloc_want(
			(struct pool_want){.size = size, .alignment = alignment, .frame = frame});
		new_handler handler;

		if (block != NULL)
			return block;
		handler = current_handler();
		if (handler == NULL)
			throw_bad_alloc();
		handler();
	}
}

/* What pool_alloc's fast path could not do. */
static __attribute__((noinline)) void *new_cool(size_t size, struct pool_frame frame)
{
	void *block = pool_alloc_slow(size, frame);

	return BASE_LIKELY(block != NULL) ? block : new_slow(size, 1, frame);
}

BASE_INLINE void *new_block(size_t size, size_t alignment, struct pool_frame frame)
{
	return alignment <= HEAP_GRANULE ? pool_alloc_or(size, frame, new_cool)
					 : new_slow(size, alignment, frame);
}

/*
 * A nothrow form must turn the handler's exception into NULL, which takes a catch: the C++
 * library's own form has it, and calls the throwing form, which is ours.
 */
BASE_COLD static void *nothrow_slow(size_t size, size_t alignment, const void *nothrow,
				    const char *name)
{
	void *form = current_handler() != NULL ? find_cxx(name) : NULL;

	if (form == NULL)
		return NULL;
	if (alignment > 1)
		return ((void *(*)(size_t, size_t, const void *))(uintptr_t)form)(size, alignment,
										  nothrow);
	return ((void *(*)(size_t, const void *))(uintptr_t)form)(size, nothrow);
}

#define NEW_PLAIN(symbol)                                \
	BASE_EXPORT void *symbol(size_t size);           \
	BASE_EXPORT void *symbol(size_t size)            \
	{                                                \
		return new_block(size, 1, POOL_FRAME()); \
	}

#define NEW_NOTHROW(symbol)                                         \
	BASE_EXPORT void *symbol(size_t size, const void *nothrow); \
	BASE_EXPORT void *symbol(size_t size, const void *nothrow)  \
	{                                                           \
		void *block = pool_alloc(size, POOL_FRAME());       \
                                                                    \
		if (BASE_LIKELY(block != NULL))                     \
			return block;                               \
		return nothrow_slow(size, 1, nothrow, #symbol);     \
	}

#define NEW_ALIGNED(symbol)                                      \
	BASE_EXPORT void *symbol(size_t size, size_t alignment); \
	BASE_EXPORT void *symbol(size_t size, size_t alignment)  \
	{                                                        \
		return new_block(size, alignment, POOL_FRAME()); \
	}

#define NEW_ALIGNED_NOTHROW(symbol)                                                    \
	BASE_EXPORT void *symbol(size_t size, size_t alignment, const void *nothrow);  \
	BASE_EXPORT void *symbol(size_t size, size_t alignment, const void *nothrow)   \
	{                                                                              \
		void *block = pool_alloc_want((struct pool_want){                      \
			.size = size, .alignment = alignment, .frame = POOL_FRAME()}); \
                                                                                       \
		if (BASE_LIKELY(block != NULL))                                        \
			return block;                                                  \
		return nothrow_slow(size, alignment, nothrow, #symbol);                \
	}

NEW_PLAIN(_Znwm)
NEW_PLAIN(_Znam)
NEW_NOTHROW(_ZnwmRKSt9nothrow_t)
NEW_NOTHROW(_ZnamRKSt9nothrow_t)
NEW_ALIGNED(_ZnwmSt11align_val_t)
NEW_ALIGNED(_ZnamSt11align_val_t)
NEW_ALIGNED_NOTHROW(_ZnwmSt11align_val_tRKSt9nothrow_t)
NEW_ALIGNED_NOTHROW(_ZnamSt11align_val_tRKSt9nothrow_t)

#define DELETE1(symbol)                       \
	BASE_EXPORT void symbol(void *block); \
	BASE_EXPORT void symbol(void *block)  \
	{                                     \
		pool_free(block);             \
	}

/* Sizes and alignments of the sized and aligned forms repeat what the block's record says. */
#define DELETE2(symbol)                                      \
	BASE_EXPORT void symbol(void *block, size_t second); \
	BASE_EXPORT void symbol(void *block, size_t second)  \
	{                                                    \
		(void)second;                                \
		pool_free(block);                            \
	}

#define DELETE3(symbol)                                                    \
	BASE_EXPORT void symbol(void *block, size_t second, size_t third); \
	BASE_EXPORT void symbol(void *block, size_t second, size_t third)  \
	{                                                                  \
		(void)second;                                              \
		(void)third;                                               \
		pool_free(block);                                          \
	}

DELETE1(_ZdlPv)
DELETE1(_ZdaPv)
DELETE2(_ZdlPvm)
DELETE2(_ZdaPvm)
DELETE2(_ZdlPvRKSt9nothrow_t)
DELETE2(_ZdaPvRKSt9nothrow_t)
DELETE2(_ZdlPvSt11align_val_t)
DELETE2(_ZdaPvSt11align_val_t)
DELETE3(_ZdlPvSt11align_val_tRKSt9nothrow_t)
DELETE3(_ZdaPvSt11align_val_tRKSt9nothrow_t)
DELETE3(_ZdlPvmSt11align_val_t)
DELETE3(_ZdaPvmSt11align_val_t)
