// SPDX-License-Identifier: BSD-2-Clause
/* sampled.c - a known mixture of stacks, for sample=N; run.py knows the numbers below */
#include "host.h"

void *leaf(size_t size);
void small(void);
void middle(void);
void large(void);

SITE void *leaf(size_t size)
{
	void *block = malloc(size);

	KEEP(block);
	return block;
}

SITE void small(void)
{
	free(leaf(100));
	STAY();
}

SITE void middle(void)
{
	free(leaf(1500));
	STAY();
}

SITE void large(void)
{
	free(leaf(40000));
	STAY();
}

int main(void)
{
	for (int i = 0; i < 400000; i++) {
		small();
		if (i % 4 == 0)
			middle();
		if (i % 100 == 0)
			large();
	}
	return 0;
}
