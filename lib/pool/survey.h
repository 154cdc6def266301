/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * survey.h - every live block there is, found in the heap itself
 *
 * Callers: pool/fork.c and pool/largest.c, in a child that has one thread. Locking: none; nobody
 * may allocate meanwhile. Context: raw system calls only. Takes a look at every page of the heap.
 */
#ifndef LIB_POOL_SURVEY_H
#define LIB_POOL_SURVEY_H

#include "lib/pool/identify.h"

typedef void pool_survey_use(const struct pool_identified *block, void *argument);

void pool_survey(pool_survey_use *use, void *argument);

#endif
