/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - poolmon: PoolMon for Linux processes under pooltag
 */
#include "cmd/cmd.h"
#include "cmd/tagfiles.h"
#include "cmd/usage.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int main_show(struct arguments *arguments)
{
	int status = tagfiles_load(arguments);

	if (status)
		return status;
	if (arguments->poolsnap.asked)
		return cmd_poolsnap(arguments);
	if (arguments->once || arguments->batch || arguments_exports(arguments) ||
	    !isatty(STDOUT_FILENO))
		return cmd_batch(arguments);
	return cmd_live(arguments);
}

static int main_dispatch(struct arguments *arguments)
{
	if (arguments->help) {
		usage_print(stdout);
		return 0;
	}
	if (arguments->version) {
		puts("poolmon " POOLMON_VERSION);
		return 0;
	}
	switch (arguments->command) {
	case CMD_RUN:
		return cmd_run(arguments);
	case CMD_CHECK:
		return cmd_check(arguments);
	case CMD_SNAP:
		return cmd_snap(arguments);
	case CMD_DIFF:
		return cmd_diff(arguments);
	case CMD_EXPORT:
		return cmd_export(arguments);
	case CMD_LIST:
		return cmd_list(arguments);
	case CMD_LOOKASIDE:
		return cmd_lookaside(arguments);
	case CMD_BLOCKS:
		return cmd_blocks(arguments);
	case CMD_REAP:
		return cmd_reap(arguments);
	case CMD_TAGS:
		return cmd_tags(arguments);
	case CMD_SHOW:
	case CMD_MAX:
		break;
	}
	return main_show(arguments);
}

/* Output that could not be written is no success, not even --help into a full disk. */
static int main_flush(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (status == 0)
		fprintf(stderr, "poolmon: cannot write: %s\n", strerror(errno ? errno : EIO));
	return status ? status : 1;
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	int status = ARGUMENTS_USAGE_STATUS;

	(void)argc;
	setlocale(LC_CTYPE, "");
	if (arguments_parse(&arguments, argv) == 0)
		status = main_flush(main_dispatch(&arguments));
	arguments_fini(&arguments);
	return status;
}
