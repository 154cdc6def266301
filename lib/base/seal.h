/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seal.h - variables that nobody writes after the start
 *
 * Purpose: an overrun of the host that reaches our data must not change what the library decides
 * by. What is marked BASE_SEALED lies among the pages the loader makes read-only once it has
 * relocated them; the start opens them, once, and closes them again.
 * Callers: lib/pool/state.c, and tests that build parts of the library without it. Locking: the
 * start's. Context: never allocates, runs before init.
 */
#ifndef LIB_BASE_SEAL_H
#define LIB_BASE_SEAL_H

/* On a definition: only written between base_seal_open and base_seal_close. */
#define BASE_SEALED __attribute__((section(".data.rel.ro.sealed")))

void base_seal_open(void);
void base_seal_close(void);

#endif
