/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wdf_device.h - devices and queues from the inside
 *
 * Callers: wdf_driver.c, wdf_request.c. Locking: written before the device gets requests. Context:
 * any.
 */
#ifndef LIB_KERNEL_WDF_DEVICE_H
#define LIB_KERNEL_WDF_DEVICE_H

#include "lib/kernel/wdf_object.h"

struct wdf_device {
	struct wdf_object *default_queue; /* a child of the device */
};

struct wdf_queue {
	struct wdf_object *device;
	WDF_IO_QUEUE_CONFIG config;
};

struct wdf_device *wdf_device_in(struct wdf_object *object);
struct wdf_queue *wdf_queue_in(struct wdf_object *object);

#endif
