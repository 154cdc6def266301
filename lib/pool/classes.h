/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * classes.h - tells readers which sizes blocks have
 *
 * Purpose: so that a viewer can say what a request of another size would take. Callers: state.c,
 * once at start. Locking: the segment's. Context: never allocates.
 */
#ifndef LIB_POOL_CLASSES_H
#define LIB_POOL_CLASSES_H

/* Publishes the sizes of both pools, up to blocks of 64 MiB. */
void pool_classes_publish(void);

#endif
