/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/command.h"

#include <stdarg.h>

int command_usage(const char *name, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fprintf(stderr, "tracetrap %s: ", name);
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "; see `tracetrap %s --help`\n", name);
	va_end(ap);
	return EXIT_USAGE;
}

bool command_wants_help(const char *name, int argc, char **argv)
{
	if (argc < 2 || !(streq(argv[1], "--help") || streq(argv[1], "-h")))
		return false;
	const struct command *c = command_find(name);
	printf("usage: tracetrap %s %s\n\n%s\n", name, c->arguments, c->summary);
	return true;
}

static const char *from_environment(const char *variable, const char *otherwise)
{
	const char *v = getenv(variable);
	return v && *v ? v : otherwise;
}

const char *command_state_dir(void)
{
	return from_environment("TRACETRAP_STATE_DIR", "/var/lib/tracetrap");
}

const char *command_run_dir(void)
{
	return from_environment("TRACETRAP_RUN_DIR", "/run/tracetrap");
}

const char *command_config(void)
{
	return from_environment("TRACETRAP_CONFIG", "/etc/tracetrap/tracetrap.yaml");
}

const char *command_store_dir(char path[512], const char *state_dir)
{
	snprintf(path, 512, "%s/incidents", state_dir);
	return path;
}
