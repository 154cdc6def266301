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
#include "lib/pool/check.h"
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
BASE_COLD static void *new_slow(struct pool_want want)
{
	for (;;) {
		void *block = pool_alloc_want(want);
		new_handler handler;

		if (block != NULL)
			return block;
		handler = current_handler();
		if (handler == NULL)
			throw_bad_alloc();
		handler();
	}
}

BASE_INLINE struct pool_want wanted(size_t size, size_t alignment, enum pool_family family,
				    struct pool_frame frame)
{
	return (struct pool_want){
		.size = size, .alignment = alignment, .family = family, .frame = frame};
}

/* What the fast path could not do. Checks want to know the family. */
BASE_INLINE void *new_warm(size_t size, enum pool_family family, struct pool_frame frame)
{
	void *block = pool_checks.active ? NULL : pool_warm_alloc(size, frame);

	return BASE_LIKELY(block != NULL) ? block : new_slow(wanted(size, 1, family, frame));
}

/* The same for nothrow forms, which may answer NULL. */
BASE_INLINE void *nothrow_warm(size_t size, enum pool_family family, struct pool_frame frame)
{
	return pool_checks.active ? pool_alloc_want(wanted(size, 1, family, frame))
				  : pool_warm_alloc(size, frame);
}

/* The slower paths of a form. */
#define NEW_PATHS(name, warm, family)                                                              \
	static __attribute__((noinline)) void *name##_slow(size_t size, struct pool_frame frame)   \
	{                                                                                          \
		return warm(size, family, frame);                                                  \
	}                                                                                          \
                                                                                                   \
	static __attribute__((noinline)) void *name##_behind(size_t size, struct pool_frame frame, \
							     struct pool_thread *thread,           \
							     struct pool_slot *home, uint64_t key) \
	{                                                                                          \
		return pool_alloc_behind_or(size, frame, thread, home, key, name##_slow);          \
	}

NEW_PATHS(single, new_warm, POOL_FAMILY_NEW)
NEW_PATHS(array, new_warm, POOL_FAMILY_NEW_ARRAY)
NEW_PATHS(single_nothrow, nothrow_warm, POOL_FAMILY_NEW)
NEW_PATHS(array_nothrow, nothrow_warm, POOL_FAMILY_NEW_ARRAY)

#define NEW_BY(name, size) pool_alloc_or(size, POOL_FRAME(), name##_behind, name##_slow)

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

#define NEW_PLAIN(symbol, name)                \
	BASE_EXPORT void *symbol(size_t size); \
	BASE_EXPORT void *symbol(size_t size)  \
	{                                      \
		return NEW_BY(name, size);     \
	}

#define NEW_NOTHROW(symbol, name)                                   \
	BASE_EXPORT void *symbol(size_t size, const void *nothrow); \
	BASE_EXPORT void *symbol(size_t size, const void *nothrow)  \
	{                                                           \
		void *block = NEW_BY(name##_nothrow, size);         \
                                                                    \
		if (BASE_LIKELY(block != NULL))                     \
			return block;                               \
		return nothrow_slow(size, 1, nothrow, #symbol);     \
	}

#define NEW_ALIGNED(symbol, name, family)                                       \
	BASE_EXPORT void *symbol(size_t size, size_t alignment);                \
	BASE_EXPORT void *symbol(size_t size, size_t alignment)                 \
	{                                                                       \
		if (alignment <= HEAP_GRANULE)                                  \
			return NEW_BY(name, size);                              \
		return new_slow(wanted(size, alignment, family, POOL_FRAME())); \
	}

#define NEW_ALIGNED_NOTHROW(symbol, family)                                                   \
	BASE_EXPORT void *symbol(size_t size, size_t alignment, const void *nothrow);         \
	BASE_EXPORT void *symbol(size_t size, size_t alignment, const void *nothrow)          \
	{                                                                                     \
		void *block = pool_alloc_want(wanted(size, alignment, family, POOL_FRAME())); \
                                                                                              \
		if (BASE_LIKELY(block != NULL))                                               \
			return block;                                                         \
		return nothrow_slow(size, alignment, nothrow, #symbol);                       \
	}

NEW_PLAIN(_Znwm, single)
NEW_PLAIN(_Znam, array)
NEW_NOTHROW(_ZnwmRKSt9nothrow_t, single)
NEW_NOTHROW(_ZnamRKSt9nothrow_t, array)
NEW_ALIGNED(_ZnwmSt11align_val_t, single, POOL_FAMILY_NEW)
NEW_ALIGNED(_ZnamSt11align_val_t, array, POOL_FAMILY_NEW_ARRAY)
NEW_ALIGNED_NOTHROW(_ZnwmSt11align_val_tRKSt9nothrow_t, POOL_FAMILY_NEW)
NEW_ALIGNED_NOTHROW(_ZnamSt11align_val_tRKSt9nothrow_t, POOL_FAMILY_NEW_ARRAY)

/* The family and the size that a form tells are compared with the block's in verified processes. */
#define DELETE(symbol, slow)                         \
	BASE_EXPORT void symbol(void *block);        \
	BASE_EXPORT void symbol(void *block)         \
	{                                            \
		pool_free_or(block, SIZE_MAX, slow); \
	}

#define DELETE_SIZED(symbol, slow)                         \
	BASE_EXPORT void symbol(void *block, size_t size); \
	BASE_EXPORT void symbol(void *block, size_t size)  \
	{                                                  \
		pool_free_or(block, size, slow);           \
	}

/* A second argument that tells nothing: nothrow, or the alignment, which the block's record has. */
#define DELETE_WITH(symbol, slow)                            \
	BASE_EXPORT void symbol(void *block, size_t second); \
	BASE_EXPORT void symbol(void *block, size_t second)  \
	{                                                    \
		(void)second;                                \
		pool_free_or(block, SIZE_MAX, slow);         \
	}

#define DELETE_ALIGNED_NOTHROW(symbol, slow)                                    \
	BASE_EXPORT void symbol(void *block, size_t alignment, size_t nothrow); \
	BASE_EXPORT void symbol(void *block, size_t alignment, size_t nothrow)  \
	{                                                                       \
		(void)alignment;                                                \
		(void)nothrow;                                                  \
		pool_free_or(block, SIZE_MAX, slow);                            \
	}

#define DELETE_SIZED_ALIGNED(symbol, slow)                                   \
	BASE_EXPORT void symbol(void *block, size_t size, size_t alignment); \
	BASE_EXPORT void symbol(void *block, size_t size, size_t alignment)  \
	{                                                                    \
		(void)alignment;                                             \
		pool_free_or(block, size, slow);                             \
	}

DELETE(_ZdlPv, pool_delete_slow)
DELETE(_ZdaPv, pool_delete_array_slow)
DELETE_SIZED(_ZdlPvm, pool_delete_slow)
DELETE_SIZED(_ZdaPvm, pool_delete_array_slow)
DELETE_WITH(_ZdlPvRKSt9nothrow_t, pool_delete_slow)
DELETE_WITH(_ZdaPvRKSt9nothrow_t, pool_delete_array_slow)
DELETE_WITH(_ZdlPvSt11align_val_t, pool_delete_slow)
DELETE_WITH(_ZdaPvSt11align_val_t, pool_delete_array_slow)
DELETE_ALIGNED_NOTHROW(_ZdlPvSt11align_val_tRKSt9nothrow_t, pool_delete_slow)
DELETE_ALIGNED_NOTHROW(_ZdaPvSt11align_val_tRKSt9nothrow_t, pool_delete_array_slow)
DELETE_SIZED_ALIGNED(_ZdlPvmSt11align_val_t, pool_delete_slow)
DELETE_SIZED_ALIGNED(_ZdaPvmSt11align_val_t, pool_delete_array_slow)
