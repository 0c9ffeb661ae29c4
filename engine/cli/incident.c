/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/incident.h"

#include "engine/base/log.h"
#include "engine/cli/options.h"

static const struct option options[] = {
	{"store", required_argument, NULL, 's'}, {"json", no_argument, NULL, 'j'}, {"force", no_argument, NULL, 'f'},
	{"members", no_argument, NULL, 'm'}, {"off", no_argument, NULL, 'o'},	 {"directory", required_argument, NULL, 'C'}, {0},
};

static bool take_option(struct incident_options *o, int letter)
{
	switch (letter) {
	case 's':
		return snprintf(o->store, sizeof(o->store), "%s", optarg) < (int)sizeof(o->store);
	case 'C':
		o->directory = optarg;
		return true;
	case 'j':
		o->json = true;
		return true;
	case 'f':
		o->force = true;
		return true;
	case 'm':
		o->members = true;
		return true;
	default:
		o->off = true;
		return true;
	}
}

int incident_parse(const char *command, const char *allowed, int argc, char **argv, struct incident_options *ret)
{
	struct incident_options o = {.directory = "."};
	for (int c; (c = options_next(argc, argv, "C:", options)) != -1;) {
		if (c == '?')
			return options_wrong(command, options, argv);
		if (c != 's' && !strchr(allowed, c))
			return command_usage(command, "unknown option '%s'", argv[optind - 1 - (optarg == argv[optind - 1])]);
		if (!take_option(&o, c))
			return command_usage(command, "the path '%s' is too long", optarg);
	}
	if (!*o.store)
		command_store_dir(o.store);
	o.words = argv + optind;
	o.n_words = argc - optind;
	*ret = o;
	return 0;
}

bool incident_path(const struct incident_options *o, const char *word, char ret_path[512])
{
	char error[1024] = "out of memory";
	int r = store_resolve(o->store, word, ret_path, 512, error, sizeof(error));
	if (r < 0)
		log_error("%s", error);
	return r == 0;
}

bool incident_open(const struct incident_options *o, const char *word, struct bundle **ret)
{
	char path[512], error[1024] = "out of memory";
	if (!incident_path(o, word, path))
		return false;
	int r = bundle_open(path, ret, error, sizeof(error));
	if (r < 0)
		log_error("%s", error);
	return r == 0;
}
