/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * asking.c - a program that asks for leak checks itself, under LeakSanitizer's names and pooltag's
 *
 * asking check|recover|api|off. Loses 55 bytes, and 777 that it suppresses.
 */
#include "expect.h"
#include <pooltag/pooltag.h>
#include <string.h>

extern void __lsan_do_leak_check(void) __attribute__((weak));
extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:quiet*site\n";
}

/* Call sites of their own. */
#define SITE(name, size)                                 \
	__attribute__((noinline)) static void name(void) \
	{                                                \
		void *volatile block = malloc(size);     \
                                                         \
		must(block != NULL, "malloc");           \
		block = NULL;                            \
		(void)block;                             \
	}
SITE(loud_site, 55)
SITE(quiet_site, 777)

static void ask_api(void)
{
	struct pooltag_leaks leaks;

	must(pooltag_leak_check(&leaks) == 0, "pooltag_leak_check");
	must(leaks.definite.blocks == 2 && leaks.definite.bytes == 55 + 777, "definite");
	must(leaks.indirect.blocks == 0 && leaks.ignored.blocks == 0, "others");
}

int main(int argc, char **argv)
{
	must(argc == 2, "usage: asking check|recover|api|off");
	loud_site();
	quiet_site();
	scrub();
	if (strcmp(argv[1], "check") == 0) {
		__lsan_do_leak_check();
	} else if (strcmp(argv[1], "recover") == 0) {
		must(__lsan_do_recoverable_leak_check() == 1, "first");
		must(__lsan_do_recoverable_leak_check() == 1, "second");
	} else if (strcmp(argv[1], "api") == 0) {
		ask_api();
	}
	return 0;
}
