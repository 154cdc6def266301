/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/base/lock.h"
#include "lib/base/atomic.h"
#include "lib/base/sys.h"
#include <linux/futex.h>

void base_lock_take(struct base_lock *lock)
{
	uint32_t expected = 0;

	if (BASE_LIKELY(__atomic_compare_exchange_n(&lock->word, &expected, 1, 0, __ATOMIC_ACQUIRE,
						    __ATOMIC_RELAXED)))
		return;
	while (__atomic_exchange_n(&lock->word, 2, __ATOMIC_ACQUIRE) != 0)
		BASE_SYSCALL4(SYS_futex, &lock->word, FUTEX_WAIT_PRIVATE, 2, NULL);
}

int base_lock_try(struct base_lock *lock)
{
	uint32_t expected = 0;

	return __atomic_compare_exchange_n(&lock->word, &expected, 1, 0, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

void base_lock_drop(struct base_lock *lock)
{
	if (__atomic_exchange_n(&lock->word, 0, __ATOMIC_RELEASE) == 2)
		BASE_SYSCALL3(SYS_futex, &lock->word, FUTEX_WAKE_PRIVATE, 1);
}

void base_lock_reset(struct base_lock *lock)
{
	base_store_release(&lock->word, 0);
}
