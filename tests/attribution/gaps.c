// SPDX-License-Identifier: BSD-2-Clause
/* gaps.c - linked with holes between its segments, as large programs are; the table is gaps.expect */
#include "host.h"

void *my_malloc(size_t size);
void *owner_one(void);
void *owner_two(void);

SITE void *my_malloc(size_t size)
{
	void *block = malloc(size);

	KEEP(block);
	return block;
}

SITE void *owner_one(void)
{
	void *block = my_malloc(100);

	KEEP(block);
	return block;
}

SITE void *owner_two(void)
{
	void *block = my_malloc(10);

	KEEP(block);
	return block;
}

int main(void)
{
	owner_one();
	owner_one();
	free(owner_two());
	return 0;
}
