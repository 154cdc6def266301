/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dl.c - dlclose
 *
 * Addresses of an unloaded file may belong to another one after the next dlopen. What is known of
 * them must be forgotten in between, and this is the only moment to do it.
 */
#include "lib/pool/site.h"
#include <dlfcn.h>

BASE_EXPORT int dlclose(void *handle)
{
	/* Looked up each time: a pointer kept would be one more for an overrun to aim at. */
	int (*real)(void *) = (int (*)(void *))(uintptr_t)dlsym(RTLD_NEXT, "dlclose");
	int result = real(handle);

	if (result == 0)
		pool_sites_unload();
	return result;
}
