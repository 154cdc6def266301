// SPDX-License-Identifier: BSD-2-Clause
/* public.h - the ring device's I/O control codes, for its driver and for who uses it */
#ifndef TESTS_DDK_RING_PUBLIC_H
#define TESTS_DDK_RING_PUBLIC_H

#define RING_ENTRIES   64
#define RING_ENTRY_MAX 256

/* Adds the input as the newest entry; the oldest makes room when the ring is full. */
#define IOCTL_RING_PUT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* Takes the oldest entry; STATUS_NO_MORE_ENTRIES when there is none. */
#define IOCTL_RING_GET CTL_CODE(FILE_DEVICE_UNKNOWN, 0x901, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)
/* Copies all entries, oldest first, without taking them. */
#define IOCTL_RING_COPY CTL_CODE(FILE_DEVICE_UNKNOWN, 0x902, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)
/* A line of text: what was put and taken so far. */
#define IOCTL_RING_STATE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x903, METHOD_BUFFERED, FILE_ANY_ACCESS)

#endif
