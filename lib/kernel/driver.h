/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * driver.h - what the framework takes part in when a driver is loaded
 *
 * Callers: driver.c. Locking: none. Context: PASSIVE_LEVEL.
 */
#ifndef LIB_KERNEL_DRIVER_H
#define LIB_KERNEL_DRIVER_H

#include <pooltag/ddk/wdf.h>

/* DriverEntry failed: the framework deletes what stands under its driver object. */
void kernel_driver_failed(void);

#endif
