/* SPDX-License-Identifier: BSD-2-Clause */
#include "symbols/functions.h"

#include "common/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct functions_symbol {
	GElf_Addr start;
	GElf_Xword size;
	GElf_Addr reach; /* where the last ends of those that begin no later */
	const char *name;
	int index; /* in the module's tables */
	int rank;  /* of its binding: the higher the better */
};

struct functions_list {
	size_t count;
	size_t allocated;
	struct functions_symbol *symbols; /* by start */
};

struct functions {
	Dwfl_Module *module;
	int first_global;
	struct functions_list sized;
	struct functions_list labels; /* in assembly code: without a size */
	struct functions_list around; /* an address that is being looked for, by index */
};

static int functions_rank(const GElf_Sym *symbol)
{
	switch (GELF_ST_BIND(symbol->st_info)) {
	case STB_GLOBAL:
		return 3;
	case STB_WEAK:
		return 2;
	case STB_LOCAL:
		return 1;
	default:
		return 0;
	}
}

static bool functions_is_place(const GElf_Sym *symbol)
{
	int type = GELF_ST_TYPE(symbol->st_info);

	return symbol->st_shndx != SHN_UNDEF && type != STT_SECTION && type != STT_FILE &&
	       type != STT_TLS;
}

static void functions_append(struct functions_list *list, const struct functions_symbol *symbol)
{
	memory_reserve(&list->symbols, &list->allocated, list->count, sizeof(*list->symbols));
	list->symbols[list->count++] = *symbol;
}

static int functions_by_start(const void *left, const void *right)
{
	const struct functions_symbol *a = left;
	const struct functions_symbol *b = right;

	return (a->start > b->start) - (a->start < b->start);
}

static int functions_by_index(const void *left, const void *right)
{
	const struct functions_symbol *a = left;
	const struct functions_symbol *b = right;

	return (a->index > b->index) - (a->index < b->index);
}

static void functions_sort(struct functions_list *list)
{
	GElf_Addr reach = 0;

	if (list->count)
		qsort(list->symbols, list->count, sizeof(*list->symbols), functions_by_start);
	for (size_t i = 0; i < list->count; i++) {
		GElf_Addr end;

		if (__builtin_add_overflow(list->symbols[i].start, list->symbols[i].size, &end))
			end = UINT64_MAX;
		reach = end > reach ? end : reach;
		list->symbols[i].reach = reach;
	}
}

struct functions *functions_create(Dwfl_Module *module)
{
	struct functions *functions = memory_zeroed(1, sizeof(*functions));
	int count = dwfl_module_getsymtab(module);

	functions->module = module;
	functions->first_global = dwfl_module_getsymtab_first_global(module);
	for (int i = 1; i < count; i++) {
		struct functions_symbol to = {.index = i};
		GElf_Sym symbol;

		to.name = dwfl_module_getsym_info(module, i, &symbol, &to.start, NULL, NULL, NULL);
		if (!to.name || !*to.name || !functions_is_place(&symbol))
			continue;
		to.size = symbol.st_size;
		to.rank = functions_rank(&symbol);
		functions_append(to.size ? &functions->sized : &functions->labels, &to);
	}
	functions_sort(&functions->sized);
	functions_sort(&functions->labels);
	return functions;
}

void functions_destroy(struct functions *functions)
{
	if (!functions)
		return;
	free(functions->sized.symbols);
	free(functions->labels.symbols);
	free(functions->around.symbols);
	free(functions);
}

/* How many begin at `address` or before it. */
static size_t functions_before(const struct functions_list *list, GElf_Addr address)
{
	size_t low = 0;
	size_t high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->symbols[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Fills in those that `address` lies in. */
static void functions_collect(struct functions *functions, GElf_Addr address)
{
	const struct functions_list *sized = &functions->sized;

	functions->around.count = 0;
	for (size_t i = functions_before(sized, address); i > 0; i--) {
		const struct functions_symbol *symbol = &sized->symbols[i - 1];

		if (symbol->reach <= address)
			break;
		if (address - symbol->start < symbol->size)
			functions_append(&functions->around, symbol);
	}
	if (functions->around.count > 1)
		qsort(functions->around.symbols, functions->around.count,
		      sizeof(*functions->around.symbols), functions_by_index);
}

/* Whether libdwfl, which takes them in the order of the tables, leaves `old` for `other`. */
static bool functions_is_better(const struct functions_symbol *other,
				const struct functions_symbol *old)
{
	if (!old || other->start > old->start || other->rank > old->rank)
		return true;
	return other->start == old->start && other->size < old->size && other->rank == old->rank;
}

/* The best of those around an address, of the global ones or of the others. */
static const struct functions_symbol *functions_best(const struct functions *functions, bool global)
{
	const struct functions_symbol *best = NULL;

	for (size_t i = 0; i < functions->around.count; i++) {
		const struct functions_symbol *symbol = &functions->around.symbols[i];

		if ((symbol->index >= functions->first_global) == global &&
		    functions_is_better(symbol, best))
			best = symbol;
	}
	return best;
}

/* The last label at `address` or before it, or NULL. */
static const struct functions_symbol *functions_label(const struct functions *functions,
						      GElf_Addr address)
{
	size_t before = functions_before(&functions->labels, address);

	return before ? &functions->labels.symbols[before - 1] : NULL;
}

/* Whether nothing that has a size ends behind `label`, from which the code at `address` follows. */
static bool functions_is_open(const struct functions *functions,
			      const struct functions_symbol *label, GElf_Addr address)
{
	size_t before = functions_before(&functions->sized, address);

	return before == 0 || functions->sized.symbols[before - 1].reach <= label->start;
}

const char *functions_find(struct functions *functions, GElf_Addr address, GElf_Off *ret_offset)
{
	const struct functions_symbol *label = functions_label(functions, address);
	const struct functions_symbol *best;
	GElf_Sym symbol;

	functions_collect(functions, address);
	best = functions_best(functions, true);
	if (!best && !(label && label->start == address))
		best = functions_best(functions, false);
	if (best) {
		*ret_offset = address - best->start;
		return best->name;
	}
	/*
	 * Which label it is, if any, depends on sections and bindings: that is rare enough to ask.
	 */
	if (label && (label->start == address || functions_is_open(functions, label, address)))
		return dwfl_module_addrinfo(functions->module, address, ret_offset, &symbol, NULL,
					    NULL, NULL);
	return NULL;
}
