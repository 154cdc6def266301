// SPDX-License-Identifier: BSD-2-Clause
/*
 * plugin.c - a library that is loaded and unloaded; built twice, with FUNCTION another name and
 * the same code at the same place
 */
#include "host.h"

void *FUNCTION(size_t size);
void *plugin_malloc(size_t size);

SITE void *plugin_malloc(size_t size)
{
	void *block = malloc(size);

	KEEP(block);
	return block;
}

SITE void *FUNCTION(size_t size)
{
	void *block = malloc(size);
	void *wrapped = plugin_malloc(size + 1);

	KEEP(block);
	free(wrapped);
	return block;
}
