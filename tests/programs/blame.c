// SPDX-License-Identifier: BSD-2-Clause
/*
 * blame.c - preloaded behind the library: says whose code a program crashed in
 *
 * On SIGSEGV, SIGBUS, SIGILL and SIGFPE one line, "blame: <file>", for the file whose code was running,
 * and in libc, where it may be a leaf such as memcpy, one for its caller; then the signal has its
 * usual effect. Allocates nothing.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

static void say(const char *what, const char *name)
{
	char line[512];
	size_t length = 0;

	for (const char *part = what; *part != '\0'; part++)
		line[length++] = *part;
	for (; *name != '\0' && length < sizeof(line) - 1; name++)
		line[length++] = *name;
	line[length++] = '\n';
	if (write(STDERR_FILENO, line, length) < 0)
		_exit(99);
}

static void blame(int number, siginfo_t *info, void *argument)
{
	const ucontext_t *context = argument;
	const uintptr_t *stack = (const uintptr_t *)context->uc_mcontext.gregs[REG_RSP];
	Dl_info found;

	(void)info;
	signal(number, SIG_DFL);
	if (!dladdr((void *)context->uc_mcontext.gregs[REG_RIP], &found) || !found.dli_fname) {
		say("blame: ", "unknown code");
		return;
	}
	say("blame: ", found.dli_fname);
	/* Elsewhere the last word of the stack is anything, an address of an old call as well. */
	if (strstr(found.dli_fname, "/libc.so") == NULL)
		return;
	if (dladdr((void *)stack[0], &found) && found.dli_fname)
		say("blame: called by ", found.dli_fname);
}

__attribute__((constructor)) static void watch(void)
{
	static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
	struct sigaction action = {.sa_sigaction = blame, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &action, NULL);
}
