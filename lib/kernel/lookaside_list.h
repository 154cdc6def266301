/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lookaside_list.h - make, use and delete a list of any kind
 *
 * Callers: lookaside_api.c, the framework. Locking, context: as lookaside.h.
 */
#ifndef LIB_KERNEL_LOOKASIDE_LIST_H
#define LIB_KERNEL_LOOKASIDE_LIST_H

#include "lib/kernel/pool.h"
#include "lib/pool/caller.h"

/* What every kind of list starts with. */
typedef GENERAL_LOOKASIDE_POOL kernel_list;

struct kernel_list_plan {
	uint8_t kind;  /* enum pooltag_lookaside_kind */
	uint32_t type; /* POOL_TYPE with its modifiers */
	enum heap_pool pool;
	size_t size;
	uint32_t tag;
	uint16_t depth;
	unsigned raise : 1;
	unsigned ex : 1; /* callbacks are told the list */

	union {
		PALLOCATE_FUNCTION_EX allocate; /* NULL: of the pool */
		PALLOCATE_FUNCTION allocate_plain;
	};

	union {
		PFREE_FUNCTION_EX free;
		PFREE_FUNCTION free_plain;
	};
};

/* Makes a list. Misuse is a bug check. */
void kernel_list_init(kernel_list *list, const struct kernel_list_plan *plan,
		      const void *return_address);

/* A block, or NULL, or a raise. `zero`: all its bytes. */
void *kernel_list_allocate(kernel_list *list, unsigned zero, struct pool_frame frame);

void kernel_list_free(kernel_list *list, void *entry, const void *return_address);

/* Gives the kept blocks back. */
void kernel_list_flush(kernel_list *list, const void *return_address);

/* Flushes and forgets the list. */
void kernel_list_delete(kernel_list *list, const void *return_address);

/* Active lists, for the check at a driver's unload; `ret_first` is one of them. */
uint32_t kernel_list_count(const void **ret_first);

#endif
