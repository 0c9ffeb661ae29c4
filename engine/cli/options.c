/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/options.h"

#include "engine/base/text.h"
#include "engine/cli/command.h"

#define OPTIONS_MAX 32

int options_next(int argc, char **argv, const char *letters, const struct option *options)
{
	opterr = 0;
	return getopt_long(argc, argv, letters, options, NULL);
}

static int unknown(const char *command, const struct option *options, const char *word)
{
	const char *names[OPTIONS_MAX], *near = NULL;
	char name[64];
	size_t n = 0;
	for (; options[n].name && n < OPTIONS_MAX; n++)
		names[n] = options[n].name;
	if (starts_with(word, "--")) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
		near = text_nearest(name, names, n);
	}
	if (near)
		return command_usage(command, "unknown option '%s', perhaps '--%s'", word, near);
	return command_usage(command, "unknown option '%s'", word);
}

int options_wrong(const char *command, const struct option *options, char **argv)
{
	for (const struct option *o = options; optopt && o->name; o++)
		if (o->val == optopt)
			return command_usage(command, o->has_arg ? "the option '--%s' needs a value" : "the option '--%s' takes no value",
					     o->name);
	return unknown(command, options, argv[optind - 1]);
}
