/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * driver.c - code with tags as constants, of which poolmon -c has to find those and no others
 *
 * Never loaded, so what it calls need not be there. The tagged API is called as well as the
 * Windows driver kit's, which needs no header for this.
 */
#include "pooltag/pooltag.h"

void *ExAllocatePool2(unsigned long long flags, size_t size, unsigned tag);
void ExFreePoolWithTag(void *block, unsigned tag);
void *driver_begin(size_t size);
void *driver_more(size_t size);
void driver_end(void *block);
unsigned driver_version(unsigned number);

void *driver_begin(size_t size)
{
	return ExAllocatePool2(64, size, POOLTAG_TAG('D', 'r', 'v', '1'));
}

void *driver_more(size_t size)
{
	return pooltag_malloc(POOLTAG_TAG('D', 'r', '2', ' '), size);
}

void driver_end(void *block)
{
	ExFreePoolWithTag(block, POOLTAG_TAG('D', 'r', 'v', '3'));
}

/* Four letters that no call takes as a tag. */
unsigned driver_version(unsigned number)
{
	return number == POOLTAG_TAG('N', 'o', 't', 'a');
}
