/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table.h - generic tables: elements in order, in memory that the driver's own routine allocates
 *
 * Both kinds are balanced trees here. An element begins with POOLTAG_TABLE_LINKS bytes that are the
 * table's, which the size that the allocate routine gets has in it.
 */
#ifndef POOLTAG_DDK_TABLE_H
#define POOLTAG_DDK_TABLE_H

#pragma GCC system_header

#include "list.h"

typedef enum _RTL_GENERIC_COMPARE_RESULTS {
	GenericLessThan,
	GenericGreaterThan,
	GenericEqual,
} RTL_GENERIC_COMPARE_RESULTS;

typedef enum _TABLE_SEARCH_RESULT {
	TableEmptyTree,
	TableFoundNode,
	TableInsertAsLeft,
	TableInsertAsRight,
} TABLE_SEARCH_RESULT;

typedef struct _RTL_BALANCED_LINKS {
	struct _RTL_BALANCED_LINKS *Parent;
	struct _RTL_BALANCED_LINKS *LeftChild;
	struct _RTL_BALANCED_LINKS *RightChild;
	CHAR Balance; /* height */
	UCHAR Reserved[3];
} RTL_BALANCED_LINKS, *PRTL_BALANCED_LINKS;

/* Links and the place in the order of insertion. */
#define POOLTAG_TABLE_LINKS (sizeof(RTL_BALANCED_LINKS) + sizeof(LIST_ENTRY))

/* The two kinds of tables and their routines: `Kind` is of types, `Suffix` of routines. */
#define POOLTAG_TABLE(Kind, TABLE, Suffix)                                                      \
	struct TABLE;                                                                           \
	typedef RTL_GENERIC_COMPARE_RESULTS Kind##_COMPARE_ROUTINE(                             \
		struct TABLE *Table, PVOID FirstStruct, PVOID SecondStruct);                    \
	typedef Kind##_COMPARE_ROUTINE *P##Kind##_COMPARE_ROUTINE;                              \
	typedef PVOID Kind##_ALLOCATE_ROUTINE(struct TABLE *Table, CLONG ByteSize);             \
	typedef Kind##_ALLOCATE_ROUTINE *P##Kind##_ALLOCATE_ROUTINE;                            \
	typedef void Kind##_FREE_ROUTINE(struct TABLE *Table, PVOID Buffer);                    \
	typedef Kind##_FREE_ROUTINE *P##Kind##_FREE_ROUTINE;                                    \
	struct TABLE {                                                                          \
		RTL_BALANCED_LINKS BalancedRoot; /* the tree is its right child */              \
		LIST_ENTRY InsertOrderList;                                                     \
		ULONG NumberGenericTableElements;                                               \
		PRTL_BALANCED_LINKS RestartKey;                                                 \
		P##Kind##_COMPARE_ROUTINE CompareRoutine;                                       \
		P##Kind##_ALLOCATE_ROUTINE AllocateRoutine;                                     \
		P##Kind##_FREE_ROUTINE FreeRoutine;                                             \
		PVOID TableContext;                                                             \
	};                                                                                      \
	EXTERN_C_START                                                                          \
	void RtlInitializeGenericTable##Suffix(                                                 \
		struct TABLE *Table, P##Kind##_COMPARE_ROUTINE CompareRoutine,                  \
		P##Kind##_ALLOCATE_ROUTINE AllocateRoutine, P##Kind##_FREE_ROUTINE FreeRoutine, \
		PVOID TableContext);                                                            \
	PVOID RtlInsertElementGenericTable##Suffix(struct TABLE *Table, PVOID Buffer,           \
						   CLONG BufferSize, PBOOLEAN NewElement);      \
	PVOID RtlInsertElementGenericTableFull##Suffix(                                         \
		struct TABLE *Table, PVOID Buffer, CLONG BufferSize, PBOOLEAN NewElement,       \
		PVOID NodeOrParent, TABLE_SEARCH_RESULT SearchResult);                          \
	BOOLEAN RtlDeleteElementGenericTable##Suffix(struct TABLE *Table, PVOID Buffer);        \
	PVOID RtlLookupElementGenericTable##Suffix(struct TABLE *Table, PVOID Buffer);          \
	PVOID RtlLookupElementGenericTableFull##Suffix(struct TABLE *Table, PVOID Buffer,       \
						       PVOID *NodeOrParent,                     \
						       TABLE_SEARCH_RESULT *SearchResult);      \
	PVOID RtlEnumerateGenericTable##Suffix(struct TABLE *Table, BOOLEAN Restart);           \
	PVOID RtlEnumerateGenericTableWithoutSplaying##Suffix(struct TABLE *Table,              \
							      PVOID *RestartKey);               \
	PVOID RtlGetElementGenericTable##Suffix(struct TABLE *Table, ULONG I);                  \
	ULONG RtlNumberGenericTableElements##Suffix(struct TABLE *Table);                       \
	BOOLEAN RtlIsGenericTableEmpty##Suffix(struct TABLE *Table);                            \
	EXTERN_C_END

POOLTAG_TABLE(RTL_AVL, _RTL_AVL_TABLE, Avl)
POOLTAG_TABLE(RTL_GENERIC, _RTL_GENERIC_TABLE, )
typedef struct _RTL_AVL_TABLE RTL_AVL_TABLE, *PRTL_AVL_TABLE;
typedef struct _RTL_GENERIC_TABLE RTL_GENERIC_TABLE, *PRTL_GENERIC_TABLE;

/* A driver's wish that its generic tables be those that are balanced on Windows, too. */
#ifdef RTL_USE_AVL_TABLES
#	define RTL_GENERIC_TABLE                       RTL_AVL_TABLE
#	define PRTL_GENERIC_TABLE                      PRTL_AVL_TABLE
#	define _RTL_GENERIC_TABLE                      _RTL_AVL_TABLE
#	define RTL_GENERIC_COMPARE_ROUTINE             RTL_AVL_COMPARE_ROUTINE
#	define PRTL_GENERIC_COMPARE_ROUTINE            PRTL_AVL_COMPARE_ROUTINE
#	define RTL_GENERIC_ALLOCATE_ROUTINE            RTL_AVL_ALLOCATE_ROUTINE
#	define PRTL_GENERIC_ALLOCATE_ROUTINE           PRTL_AVL_ALLOCATE_ROUTINE
#	define RTL_GENERIC_FREE_ROUTINE                RTL_AVL_FREE_ROUTINE
#	define PRTL_GENERIC_FREE_ROUTINE               PRTL_AVL_FREE_ROUTINE
#	define RtlInitializeGenericTable               RtlInitializeGenericTableAvl
#	define RtlInsertElementGenericTable            RtlInsertElementGenericTableAvl
#	define RtlInsertElementGenericTableFull        RtlInsertElementGenericTableFullAvl
#	define RtlDeleteElementGenericTable            RtlDeleteElementGenericTableAvl
#	define RtlLookupElementGenericTable            RtlLookupElementGenericTableAvl
#	define RtlLookupElementGenericTableFull        RtlLookupElementGenericTableFullAvl
#	define RtlEnumerateGenericTable                RtlEnumerateGenericTableAvl
#	define RtlEnumerateGenericTableWithoutSplaying RtlEnumerateGenericTableWithoutSplayingAvl
#	define RtlGetElementGenericTable               RtlGetElementGenericTableAvl
#	define RtlNumberGenericTableElements           RtlNumberGenericTableElementsAvl
#	define RtlIsGenericTableEmpty                  RtlIsGenericTableEmptyAvl
#endif

#endif
