/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock.h - the one lock of the checks
 *
 * Purpose: what the checks share is written rarely or briefly, so one lock does. Reports are made
 * without it: a SIGABRT handler of the host may allocate.
 * Callers: lib/verify. Locking: outermost of all; the pool's may be taken inside. Context: slow
 * paths.
 */
#ifndef LIB_VERIFY_LOCK_H
#define LIB_VERIFY_LOCK_H

#include "lib/base/lock.h"

extern BASE_HIDDEN struct base_lock verify_lock;

#endif
