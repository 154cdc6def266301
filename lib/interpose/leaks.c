/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/interpose/leaks.h"
#include "lib/base/options.h"
#include "lib/pool/state.h"
#include "lib/verify/scan.h"

void interpose_leaks_at_exit(void)
{
	/* A process that never allocated has not looked at its options. */
	if (!pool_state.ready && base_environment("POOLTAG_OPTIONS") != NULL)
		pool_enter();
	if (base_options.leak_check)
		verify_scan(POOLTAG_SCAN_AT_EXIT, NULL, NULL);
}
