// SPDX-License-Identifier: BSD-2-Clause
/*
 * api.c - tags given by the program; the table is api.expect
 *
 * Without the library all of it does the plain thing: the program ends the same way.
 */
#include "host.h"

#include <errno.h>
#include <pooltag/pooltag.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#define TAG_GIVEN POOLTAG_TAG('G', 'i', 'v', 'n')
#define TAG_SCOPE POOLTAG_TAG('S', 'c', 'o', 'p')
#define TAG_INNER POOLTAG_TAG('I', 'n', 'n', 'r')
#define TAG_OTHER POOLTAG_TAG('O', 't', 'h', 'r')

void *allocate(size_t size);
void *ruled(size_t size);
void *tagged(size_t size);
void scopes(void);
void retags(void);
void queries(void);
void *in_thread(void *unused);

SITE void *allocate(size_t size)
{
	void *block = malloc(size);

	KEEP(block);
	return block;
}

/* A rule of api.rules names it. */
SITE void *ruled(size_t size)
{
	void *block = malloc(size);

	KEEP(block);
	return block;
}

SITE void *tagged(size_t size)
{
	void *block = pooltag_malloc(TAG_GIVEN, size);
	char *zeroed = pooltag_calloc(TAG_GIVEN, 4, size);
	void *aligned = pooltag_aligned_alloc(TAG_GIVEN, 4096, size);

	MUST(block != NULL && zeroed != NULL && aligned != NULL);
	MUST(zeroed[0] == 0 && zeroed[4 * size - 1] == 0);
	MUST(((uintptr_t)aligned & 4095) == 0);
	memset(zeroed, 7, size);
	zeroed = pooltag_realloc(TAG_OTHER, zeroed, 100 * size);
	MUST(zeroed != NULL && zeroed[size - 1] == 7);
	free(zeroed);
	free(aligned);
	return block;
}

/* 11 bytes with each tag that is in force, 5 with one that wins over it. */
SITE void scopes(void)
{
	allocate(11);
	{
		POOLTAG_SCOPE(TAG_SCOPE);
		allocate(11);
		ruled(11);
		for (int i = 0; i < 3; i++) {
			POOLTAG_SCOPE(TAG_INNER);
			allocate(11);
			if (i == 1)
				continue;
			free(pooltag_malloc(TAG_GIVEN, 5));
		}
		allocate(11);
	}
	allocate(11);
	ruled(11);
}

SITE void retags(void)
{
	void *block = allocate(1000);
	void *big = allocate(100000);

	MUST(pooltag_retag(block, TAG_OTHER) == 0);
	MUST(pooltag_retag(block, TAG_GIVEN) == 0);
	MUST(pooltag_retag(big, TAG_OTHER) == 0);
	if (pooltag_active()) {
		MUST(pooltag_retag((char *)block + 16, TAG_OTHER) == EINVAL);
		MUST(pooltag_retag(&block, TAG_OTHER) == EINVAL);
		MUST(pooltag_retag(block, 0) == EINVAL);
	}
	free(big);
	STAY();
}

SITE void queries(void)
{
	char *block = pooltag_malloc(TAG_OTHER, 100);
	char *big = allocate(50000);
	struct pooltag_block info = {.reserved = 0};
	struct pooltag_block within = {.reserved = 0};

	if (!pooltag_active()) {
		MUST(pooltag_query(block, &info) == ENOSYS);
		return;
	}
	MUST(pooltag_query(block, &info) == 0);
	MUST(info.start == (uintptr_t)block && info.requested == 100 && info.charge >= 108);
	MUST(info.tag == TAG_OTHER && info.pool == POOLTAG_POOL_PAGED);
	MUST(info.caller > (uintptr_t)queries && info.caller < (uintptr_t)queries + 4096);
	MUST(pooltag_query(block + 99, &within) == 0);
	MUST(memcmp(&info, &within, sizeof(info)) == 0);
	MUST(pooltag_query(big, &info) == 0);
	MUST(info.start == (uintptr_t)big && info.requested == 50000 && info.charge >= 50000);
	MUST(info.tag == POOLTAG_TAG('a', 'l', 'l', 'o'));
	MUST(info.caller > (uintptr_t)allocate && info.caller < (uintptr_t)allocate + 4096);
	MUST(pooltag_query(&info, &info) == EINVAL);
	MUST(pooltag_query(NULL, &info) == EINVAL);
	free(block);
	MUST(pooltag_query(block, &info) == EINVAL);
}

/* Scopes are a thread's own. */
SITE void *in_thread(void *unused)
{
	allocate(11);
	return unused;
}

int main(void)
{
	pthread_t thread;
	pooltag_tag before = pooltag_scope_enter(TAG_INNER);

	MUST(before == 0);
	MUST(pthread_create(&thread, NULL, in_thread, NULL) == 0);
	pthread_join(thread, NULL);
	pooltag_scope_leave(before);
	free(tagged(64));
	scopes();
	retags();
	queries();
	return 0;
}
