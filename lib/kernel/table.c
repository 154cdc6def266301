/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table.c - generic tables
 *
 * Purpose: a tree balanced by height whose elements stand in memory of the driver's. The two kinds
 * of tables have one layout and one tree; their routines differ in type only.
 * Callers: drivers. Locking: its caller's. Context: as the driver's routines; allocates through
 * them only.
 */
#include "lib/base/compiler.h"
#include <pooltag/ddk/ntddk.h>

C_ASSERT(sizeof(RTL_AVL_TABLE) == sizeof(RTL_GENERIC_TABLE));

/* An element. */
struct node {
	RTL_BALANCED_LINKS links;
	LIST_ENTRY order;
	char data[];
};

C_ASSERT(offsetof(struct node, data) == POOLTAG_TABLE_LINKS);

static struct node *node_of(PRTL_BALANCED_LINKS links)
{
	return (struct node *)(void *)links;
}

static PVOID data_of(PRTL_BALANCED_LINKS links)
{
	return links != NULL ? node_of(links)->data : NULL;
}

/* --- the tree ------------------------------------------------------------------------------- */

static int height(const RTL_BALANCED_LINKS *links)
{
	return links != NULL ? links->Balance : 0;
}

static void measure(PRTL_BALANCED_LINKS links)
{
	links->Balance = (CHAR)(base_max(height(links->LeftChild), height(links->RightChild)) + 1);
}

/* Puts `child`, or NULL, where `old` is below its parent. */
static void replace(PRTL_BALANCED_LINKS old, PRTL_BALANCED_LINKS child)
{
	if (old->Parent->LeftChild == old)
		old->Parent->LeftChild = child;
	else
		old->Parent->RightChild = child;
	if (child != NULL)
		child->Parent = old->Parent;
}

/* The left or right child comes up; what it had in between goes below. */
static PRTL_BALANCED_LINKS rotate(PRTL_BALANCED_LINKS top, int left_comes_up)
{
	PRTL_BALANCED_LINKS up = left_comes_up ? top->LeftChild : top->RightChild;
	PRTL_BALANCED_LINKS *hole = left_comes_up ? &up->RightChild : &up->LeftChild;
	PRTL_BALANCED_LINKS *place = left_comes_up ? &top->LeftChild : &top->RightChild;

	replace(top, up);
	*place = *hole;
	if (*place != NULL)
		(*place)->Parent = top;
	*hole = top;
	top->Parent = up;
	measure(top);
	measure(up);
	return up;
}

static PRTL_BALANCED_LINKS level_out(PRTL_BALANCED_LINKS links)
{
	int lean = height(links->LeftChild) - height(links->RightChild);
	PRTL_BALANCED_LINKS child;

	if (lean > 1) {
		child = links->LeftChild;
		if (height(child->LeftChild) < height(child->RightChild))
			rotate(child, 0);
		return rotate(links, 1);
	}
	if (lean < -1) {
		child = links->RightChild;
		if (height(child->RightChild) < height(child->LeftChild))
			rotate(child, 1);
		return rotate(links, 0);
	}
	measure(links);
	return links;
}

static void balance(RTL_AVL_TABLE *table, PRTL_BALANCED_LINKS links)
{
	while (links != &table->BalancedRoot)
		links = level_out(links)->Parent;
}

/* The neighbour in order: what is next to the right, or to the left; NULL at the end. */
static PRTL_BALANCED_LINKS neighbour(const RTL_AVL_TABLE *table, PRTL_BALANCED_LINKS links,
				     int right)
{
	PRTL_BALANCED_LINKS at = right ? links->RightChild : links->LeftChild;

	if (at == NULL) {
		while (links->Parent != &table->BalancedRoot &&
		       links == (right ? links->Parent->RightChild : links->Parent->LeftChild))
			links = links->Parent;
		return links->Parent != &table->BalancedRoot ? links->Parent : NULL;
	}
	while ((right ? at->LeftChild : at->RightChild) != NULL)
		at = right ? at->LeftChild : at->RightChild;
	return at;
}

static PRTL_BALANCED_LINKS first_of(const RTL_AVL_TABLE *table)
{
	PRTL_BALANCED_LINKS at = table->BalancedRoot.RightChild;

	while (at != NULL && at->LeftChild != NULL)
		at = at->LeftChild;
	return at;
}

/* --- the routines of both kinds --------------------------------------------------------------- */

static TABLE_SEARCH_RESULT find(RTL_AVL_TABLE *table, PVOID buffer, PRTL_BALANCED_LINKS *ret_links)
{
	PRTL_BALANCED_LINKS at = table->BalancedRoot.RightChild;

	*ret_links = NULL;
	while (at != NULL) {
		RTL_GENERIC_COMPARE_RESULTS result =
			table->CompareRoutine(table, buffer, data_of(at));
		PRTL_BALANCED_LINKS next =
			result == GenericLessThan ? at->LeftChild : at->RightChild;

		*ret_links = at;
		if (result == GenericEqual)
			return TableFoundNode;
		if (next == NULL)
			return result == GenericLessThan ? TableInsertAsLeft : TableInsertAsRight;
		at = next;
	}
	return TableEmptyTree;
}

static PVOID insert(RTL_AVL_TABLE *table, PVOID buffer, CLONG size, PBOOLEAN ret_new,
		    PRTL_BALANCED_LINKS place, TABLE_SEARCH_RESULT result)
{
	struct node *node;

	if (ret_new != NULL)
		*ret_new = FALSE;
	if (result == TableFoundNode)
		return data_of(place);
	if (size > MAXULONG - (CLONG)sizeof(*node))
		return NULL;
	node = table->AllocateRoutine(table, (CLONG)sizeof(*node) + size);
	if (node == NULL)
		return NULL;
	if (result == TableEmptyTree)
		place = &table->BalancedRoot;
	node->links = (RTL_BALANCED_LINKS){.Parent = place, .Balance = 1};
	if (result == TableInsertAsLeft)
		place->LeftChild = &node->links;
	else
		place->RightChild = &node->links;
	balance(table, place);
	InsertTailList(&table->InsertOrderList, &node->order);
	table->NumberGenericTableElements++;
	memcpy(node->data, buffer, size);
	if (ret_new != NULL)
		*ret_new = TRUE;
	return node->data;
}

/* Takes an element out: the next one comes in its place when it has two children. */
static void take_out(RTL_AVL_TABLE *table, PRTL_BALANCED_LINKS links)
{
	PRTL_BALANCED_LINKS heir, from;

	if (links->LeftChild == NULL || links->RightChild == NULL) {
		heir = links->LeftChild != NULL ? links->LeftChild : links->RightChild;
		replace(links, heir);
		balance(table, links->Parent);
		return;
	}
	heir = neighbour(table, links, 1);
	from = heir->Parent != links ? heir->Parent : heir;
	replace(heir, heir->RightChild);
	replace(links, heir);
	heir->LeftChild = links->LeftChild;
	heir->RightChild = links->RightChild;
	heir->LeftChild->Parent = heir;
	if (heir->RightChild != NULL)
		heir->RightChild->Parent = heir;
	balance(table, from);
}

static BOOLEAN delete_element(RTL_AVL_TABLE *table, PVOID buffer)
{
	PRTL_BALANCED_LINKS links;

	if (find(table, buffer, &links) != TableFoundNode)
		return FALSE;
	/* An enumeration goes on with the element behind. */
	if (table->RestartKey == links)
		table->RestartKey = neighbour(table, links, 0);
	take_out(table, links);
	RemoveEntryList(&node_of(links)->order);
	table->NumberGenericTableElements--;
	table->FreeRoutine(table, links);
	return TRUE;
}

static PVOID enumerate(RTL_AVL_TABLE *table, PRTL_BALANCED_LINKS *key)
{
	PRTL_BALANCED_LINKS next = *key == NULL ? first_of(table) : neighbour(table, *key, 1);

	if (next != NULL)
		*key = next;
	return data_of(next);
}

static PVOID element_at(const RTL_AVL_TABLE *table, ULONG index)
{
	PLIST_ENTRY at = table->InsertOrderList.Flink;

	if (index >= table->NumberGenericTableElements)
		return NULL;
	while (index-- > 0)
		at = at->Flink;
	return CONTAINING_RECORD(at, struct node, order)->data;
}

/* --- their names ------------------------------------------------------------------------------ */

#define ROUTINES(Kind, TABLE, Suffix)                                                              \
	BASE_EXPORT void RtlInitializeGenericTable##Suffix(                                        \
		struct TABLE *Table, P##Kind##_COMPARE_ROUTINE CompareRoutine,                     \
		P##Kind##_ALLOCATE_ROUTINE AllocateRoutine, P##Kind##_FREE_ROUTINE FreeRoutine,    \
		PVOID TableContext)                                                                \
	{                                                                                          \
		*Table = (struct TABLE){.CompareRoutine = CompareRoutine,                          \
					.AllocateRoutine = AllocateRoutine,                        \
					.FreeRoutine = FreeRoutine,                                \
					.TableContext = TableContext};                             \
		InitializeListHead(&Table->InsertOrderList);                                       \
	}                                                                                          \
	BASE_EXPORT PVOID RtlInsertElementGenericTableFull##Suffix(                                \
		struct TABLE *Table, PVOID Buffer, CLONG BufferSize, PBOOLEAN NewElement,          \
		PVOID NodeOrParent, TABLE_SEARCH_RESULT SearchResult)                              \
	{                                                                                          \
		return insert((RTL_AVL_TABLE *)(void *)Table, Buffer, BufferSize, NewElement,      \
			      NodeOrParent, SearchResult);                                         \
	}                                                                                          \
	BASE_EXPORT PVOID RtlInsertElementGenericTable##Suffix(                                    \
		struct TABLE *Table, PVOID Buffer, CLONG BufferSize, PBOOLEAN NewElement)          \
	{                                                                                          \
		PRTL_BALANCED_LINKS links;                                                         \
		TABLE_SEARCH_RESULT result = find((RTL_AVL_TABLE *)(void *)Table, Buffer, &links); \
                                                                                                   \
		return insert((RTL_AVL_TABLE *)(void *)Table, Buffer, BufferSize, NewElement,      \
			      links, result);                                                      \
	}                                                                                          \
	BASE_EXPORT BOOLEAN RtlDeleteElementGenericTable##Suffix(struct TABLE *Table,              \
								 PVOID Buffer)                     \
	{                                                                                          \
		return delete_element((RTL_AVL_TABLE *)(void *)Table, Buffer);                     \
	}                                                                                          \
	BASE_EXPORT PVOID RtlLookupElementGenericTableFull##Suffix(                                \
		struct TABLE *Table, PVOID Buffer, PVOID *NodeOrParent,                            \
		TABLE_SEARCH_RESULT *SearchResult)                                                 \
	{                                                                                          \
		PRTL_BALANCED_LINKS links;                                                         \
                                                                                                   \
		*SearchResult = find((RTL_AVL_TABLE *)(void *)Table, Buffer, &links);              \
		*NodeOrParent = links;                                                             \
		return *SearchResult == TableFoundNode ? data_of(links) : NULL;                    \
	}                                                                                          \
	BASE_EXPORT PVOID RtlLookupElementGenericTable##Suffix(struct TABLE *Table, PVOID Buffer)  \
	{                                                                                          \
		TABLE_SEARCH_RESULT result;                                                        \
		PVOID links;                                                                       \
                                                                                                   \
		return RtlLookupElementGenericTableFull##Suffix(Table, Buffer, &links, &result);   \
	}                                                                                          \
	BASE_EXPORT PVOID RtlEnumerateGenericTable##Suffix(struct TABLE *Table, BOOLEAN Restart)   \
	{                                                                                          \
		if (Restart)                                                                       \
			Table->RestartKey = NULL;                                                  \
		return enumerate((RTL_AVL_TABLE *)(void *)Table, &Table->RestartKey);              \
	}                                                                                          \
	BASE_EXPORT PVOID RtlEnumerateGenericTableWithoutSplaying##Suffix(struct TABLE *Table,     \
									  PVOID *RestartKey)       \
	{                                                                                          \
		return enumerate((RTL_AVL_TABLE *)(void *)Table,                                   \
				 (PRTL_BALANCED_LINKS *)(void *)RestartKey);                       \
	}                                                                                          \
	BASE_EXPORT PVOID RtlGetElementGenericTable##Suffix(struct TABLE *Table, ULONG I)          \
	{                                                                                          \
		return element_at((RTL_AVL_TABLE *)(void *)Table, I);                              \
	}                                                                                          \
	BASE_EXPORT ULONG RtlNumberGenericTableElements##Suffix(struct TABLE *Table)               \
	{                                                                                          \
		return Table->NumberGenericTableElements;                                          \
	}                                                                                          \
	BASE_EXPORT BOOLEAN RtlIsGenericTableEmpty##Suffix(struct TABLE *Table)                    \
	{                                                                                          \
		return Table->NumberGenericTableElements == 0;                                     \
	}

ROUTINES(RTL_AVL, _RTL_AVL_TABLE, Avl)
ROUTINES(RTL_GENERIC, _RTL_GENERIC_TABLE, )
