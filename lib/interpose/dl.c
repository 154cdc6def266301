/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dl.c - dlclose
 *
 * Addresses of an unloaded file may belong to another one after the next dlopen. What is known of
 * them must be forgotten in between, and this is the only moment to do it.
 */
#include "lib/base/atomic.h"
#include "lib/pool/site.h"
#include <dlfcn.h>

BASE_EXPORT int dlclose(void *handle)
{
	static int (*real)(void *);
	int result;

	if (base_load_relaxed(&real) == NULL)
		base_store_relaxed(&real, (int (*)(void *))(uintptr_t)dlsym(RTLD_NEXT, "dlclose"));
	result = real(handle);
	if (result == 0)
		pool_sites_unload();
	return result;
}
