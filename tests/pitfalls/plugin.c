// SPDX-License-Identifier: BSD-2-Clause
/*
 * plugin.c - a module for code.c to load: it allocates, frees, and has thread-local data
 */
#include <stdlib.h>

void *plugin_take(size_t size);
void plugin_give(void *block);
char *plugin_tls(void);

static __thread char much[65536];

void *plugin_take(size_t size)
{
	return malloc(size);
}

void plugin_give(void *block)
{
	free(block);
}

char *plugin_tls(void)
{
	return much;
}
