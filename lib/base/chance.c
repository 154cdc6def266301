/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/base/chance.h"

uint64_t base_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545f4914f6cdd1du;
}

double base_log(double x)
{
	const double ln2 = 0.693147180559945309;
	uint64_t bits;
	int exponent;
	double mantissa, z, square;
	double sum = 0;

	__builtin_memcpy(&bits, &x, sizeof(bits));
	exponent = (int)(bits >> 52) - 1022;
	/* The mantissa in [0.5, 1), moved to [0.7, 1.4) for the series ln m = 2
	 * artanh((m-1)/(m+1)). */
	bits = (bits & 0x000fffffffffffffu) | 0x3fe0000000000000u;
	__builtin_memcpy(&mantissa, &bits, sizeof(mantissa));
	if (mantissa < 0.70710678118654752) {
		mantissa *= 2;
		exponent--;
	}
	z = (mantissa - 1) / (mantissa + 1);
	square = z * z;
	for (int n = 15; n >= 1; n -= 2)
		sum = sum * square + 1.0 / n;
	return exponent * ln2 + 2 * z * sum;
}

double base_one_minus_exp(double x)
{
	double term = 1;
	double result = 0;
	int halvings = 0;

	if (x > 64)
		return 1;
	while (x > 0.125) {
		x /= 2;
		halvings++;
	}
	for (int n = 1; n <= 8; n++) {
		term *= -x / n;
		result -= term;
	}
	/* 1 - e^(-2x) = y (2 - y) with y = 1 - e^(-x) */
	while (halvings-- > 0)
		result = result * (2 - result);
	return result;
}

int64_t base_exponential(uint64_t *state, uint64_t mean)
{
	/* In (0, 1]: 53 random bits, and never 0. */
	double uniform = (double)((base_random(state) >> 11) + 1) * 0x1p-53;
	double value = -base_log(uniform) * (double)mean;

	return value < 1 ? 1 : (int64_t)value;
}
