/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/base/report.h"
#include "lib/base/sys.h"
#include "lib/base/text.h"
#include <stdlib.h>

static int silenced;
static uint32_t *marked; /* where base_report() leaves its mark, NULL: nowhere yet */
static uint32_t mark;

void base_report_silence(void)
{
	silenced = 1;
}

static void print(const char *line)
{
	char buffer[1024];
	struct base_text text = base_text_in(buffer, sizeof(buffer) - 1);

	base_text_add(&text, "pooltag: ");
	base_text_add(&text, line);
	buffer[text.length] = '\n';
	BASE_SYSCALL3(SYS_write, 2, buffer, text.length + 1);
}

void base_note(const char *line)
{
	if (!silenced)
		print(line);
}

void base_say(const char *line)
{
	print(line);
}

void base_refuse(const char *line)
{
	print(line);
	for (;;)
		BASE_SYSCALL1(SYS_exit_group, 1);
}

void base_report_mark(uint32_t *flags, uint32_t bit)
{
	marked = flags;
	mark = bit;
}

void base_report(const char *line)
{
	print(line);
	if (marked != NULL)
		__atomic_fetch_or(marked, mark, __ATOMIC_RELAXED);
}

void base_abort(void)
{
	abort();
}

void base_fatal(const char *line)
{
	print(line);
	abort();
}
