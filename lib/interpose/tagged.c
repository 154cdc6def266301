/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tagged.c - the API of <pooltag/pooltag.h>: tags given by the program
 */
#include "lib/pool/alloc.h"
#include "lib/pool/state.h"
#include <errno.h>

BASE_EXPORT void *pooltag_tagged_malloc(pooltag_tag tag, size_t size)
{
	return pool_alloc_want((struct pool_want){
		.size = size, .alignment = 1, .tag = tag, .frame = POOL_FRAME()});
}

BASE_EXPORT void *pooltag_tagged_calloc(pooltag_tag tag, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return pool_alloc_want((struct pool_want){
		.size = bytes, .alignment = 1, .zero = 1, .tag = tag, .frame = POOL_FRAME()});
}

BASE_EXPORT void *pooltag_tagged_aligned_alloc(pooltag_tag tag, size_t alignment, size_t size)
{
	if (alignment == 0 || (alignment & (alignment - 1)) != 0) {
		errno = EINVAL;
		return NULL;
	}
	return pool_alloc_want((struct pool_want){
		.size = size, .alignment = alignment, .tag = tag, .frame = POOL_FRAME()});
}

BASE_EXPORT void *pooltag_tagged_realloc(pooltag_tag tag, void *block, size_t size)
{
	size_t old_size = pool_usable_size(block);
	void *fresh;

	if (block != NULL && size == 0) {
		pool_free(block);
		return NULL;
	}
	fresh = pool_alloc_want((struct pool_want){
		.size = size, .alignment = 1, .tag = tag, .frame = POOL_FRAME()});
	if (fresh != NULL && block != NULL) {
		memcpy(fresh, block, base_min(size, old_size));
		pool_free(block);
	}
	return fresh;
}

BASE_EXPORT pooltag_tag pooltag_scope_set(pooltag_tag tag)
{
	struct pool_thread *thread = pool_enter();
	pooltag_tag previous;

	/* Past its teardown a thread has no state of its own any more. */
	if (thread == NULL || thread == &pool_orphan)
		return 0;
	previous = thread->scope_tag;
	thread->scope_tag = tag;
	thread->scope_salt = pool_salt_with(tag, thread->scope_use);
	return previous;
}

BASE_EXPORT int pooltag_block_retag(void *block, pooltag_tag tag)
{
	return pool_retag(block, tag);
}

BASE_EXPORT int pooltag_block_info(const void *block, struct pooltag_block *ret_block)
{
	return pool_inspect(block, ret_block);
}
