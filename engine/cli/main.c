/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/command.h"

#include <sys/prctl.h>

static int help(FILE *to)
{
	fprintf(to, "tracetrap - a camera trap for Linux: watch, fire, capture, replay\n\n"
		    "usage: tracetrap COMMAND [ARGUMENTS]\n\n");
	for (size_t i = 0; i < command_table_n; i++)
		if (!command_table[i].hidden)
			fprintf(to, "  %-10s %s\n", command_table[i].name, command_table[i].summary);
	fprintf(to, "\nEach command has --help. Exit codes: 0 done, 1 failed or found something, 2 usage, "
		    "3 warnings only, 77 not supported here.\n");
	return to == stdout ? EXIT_OK : EXIT_USAGE;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return help(stderr);
	if (streq(argv[1], "help") || streq(argv[1], "--help") || streq(argv[1], "-h"))
		return help(stdout);
	if (streq(argv[1], "--version"))
		return puts("tracetrap " TRACETRAP_VERSION) < 0;
	const struct command *c = command_find(argv[1]);
	prctl(PR_SET_NAME, "tracetrap"); /* re-exec'd by /proc/self/exe it would be called "exe" */
	return c ? c->run(argc - 1, argv + 1) : command_unknown(argv[1]);
}
