// SPDX-License-Identifier: BSD-2-Clause
/* plugin.c - a module that is unloaded while its blocks live */
#include <stdlib.h>

#include "host.h"

HOST_SITE void *plugin_allocate(size_t size);

HOST_SITE void *plugin_allocate(size_t size)
{
	void *block = malloc(size);

	HOST_NO_TAIL_CALL(block);
	return block;
}
