/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plugin.c - a file that is opened and closed: keeps pointers in its data and in dynamic
 * thread-local storage
 */
#include <stddef.h>
#include <stdlib.h>

void **plugin_slot(void);
void plugin_keep(void *block);
void *plugin_make(size_t size);

static __thread void *slots[100];
static void *kept, *made;

void **plugin_slot(void)
{
	return &slots[50];
}

void plugin_keep(void *block)
{
	kept = block;
	__asm__ volatile("" : : "m"(kept));
}

void *plugin_make(size_t size)
{
	made = malloc(size);
	__asm__ volatile("" : : "m"(made));
	return made;
}
