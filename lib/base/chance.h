/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * chance.h - the arithmetic of sampling, without libm
 *
 * Callers: pool/sample.c. Locking: the caller's state. Context: any.
 */
#ifndef LIB_BASE_CHANCE_H
#define LIB_BASE_CHANCE_H

#include "lib/base/compiler.h"

/* The next number of a xorshift64* sequence; `state` must not be 0. */
uint64_t base_random(uint64_t *state);

/* Natural logarithm of x > 0, to about 1e-9 relative. */
double base_log(double x);

/* 1 - exp(-x) for x >= 0, to about 1e-9 relative. */
double base_one_minus_exp(double x);

/* An exponentially distributed number with the given mean, at least 1. */
int64_t base_exponential(uint64_t *state, uint64_t mean);

#endif
