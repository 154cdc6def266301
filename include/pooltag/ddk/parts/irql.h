/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * irql.h - interrupt request levels: one per thread
 *
 * A thread stands for a processor here: its level is its own, and raising it keeps nobody else from
 * running. The rules that hang on it are checked.
 */
#ifndef POOLTAG_DDK_IRQL_H
#define POOLTAG_DDK_IRQL_H

#pragma GCC system_header

#include "types.h"

#define PASSIVE_LEVEL  0
#define LOW_LEVEL      0
#define APC_LEVEL      1
#define DISPATCH_LEVEL 2
#define CMCI_LEVEL     5
#define CLOCK_LEVEL    13
#define IPI_LEVEL      14
#define DRS_LEVEL      14
#define POWER_LEVEL    14
#define PROFILE_LEVEL  15
#define HIGH_LEVEL     15

EXTERN_C_START

KIRQL KeGetCurrentIrql(void);
KIRQL KfRaiseIrql(KIRQL NewIrql);
void KeLowerIrql(KIRQL NewIrql);
KIRQL KeRaiseIrqlToDpcLevel(void);
KIRQL KeRaiseIrqlToSynchLevel(void);

/* Bug check DRIVER_IRQL_NOT_LESS_OR_EQUAL (0xD1) above APC_LEVEL. */
void PooltagPagedCode(void);

EXTERN_C_END

#define KeRaiseIrql(NewIrql, OldIrql) ((void)(*(OldIrql) = KfRaiseIrql(NewIrql)))
#define KfLowerIrql                   KeLowerIrql

#define PAGED_CODE()                  PooltagPagedCode()
#define PAGED_CODE_LOCKED()           ((void)0)
#define PAGED_ASSERT(e)               NT_ASSERT(e)

#endif
