/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/command.h"

#include <stdarg.h>

#include "engine/base/log.h"
#include "engine/cli/diagnose.h"
#include "engine/settings.h"

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

const char *command_config(void)
{
	const char *v = getenv("TRACETRAP_CONFIG");
	return v && *v ? v : "/etc/tracetrap/tracetrap.yaml";
}

int command_load_config(const struct settings_flags *flags, struct config *ret)
{
	struct diagnostics *d = diagnostics_new();
	*ret = (struct config){0};
	int r = d ? settings_load_config(flags, d, ret) : -ENOMEM;
	if (d)
		diagnose_print(d, stderr);
	diagnostics_free(d);
	return r;
}

/* Where things are does not depend on its other mistakes: they stop the daemon, not whoever reads what it left. */
static void find_places(struct config *ret)
{
	const struct settings_flags flags = {.usual_config = command_config()};
	struct diagnostics *d = diagnostics_new();
	*ret = (struct config){0};
	if (d && settings_load_config(&flags, d, ret) < 0)
		log_warning("not all of '%s' can be read; `tracetrap check --config FILE` tells why", flags.usual_config);
	diagnostics_free(d);
}

static const char *place(char path[COMMAND_PATH_MAX], const char *dir, const char *below, const char *otherwise)
{
	snprintf(path, COMMAND_PATH_MAX, "%s%s", dir ? dir : otherwise, below);
	return path;
}

static const char *below_state(char path[COMMAND_PATH_MAX], const char *below)
{
	struct config c;
	find_places(&c);
	place(path, c.state_dir, below, "/var/lib/tracetrap");
	config_done(&c);
	return path;
}

const char *command_state_dir(char path[COMMAND_PATH_MAX])
{
	return below_state(path, "");
}

const char *command_store_dir(char path[COMMAND_PATH_MAX])
{
	return below_state(path, "/incidents");
}

const char *command_run_dir(char path[COMMAND_PATH_MAX])
{
	struct config c;
	find_places(&c);
	place(path, c.run_dir, "", "/run/tracetrap");
	config_done(&c);
	return path;
}
