/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/command.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "engine/base/log.h"
#include "engine/cli/diagnose.h"
#include "engine/cli/options.h"
#include "engine/engine.h"
#include "engine/notify.h"

struct run_flags {
	struct settings_flags of;
	double seconds; /* 0: until a signal */
};

static const struct option options[] = {
	{"config", required_argument, NULL, 'c'},    {"rules", required_argument, NULL, 'r'},
	{"set", required_argument, NULL, 's'},	     {"state-dir", required_argument, NULL, 'd'},
	{"run-dir", required_argument, NULL, 'u'},   {"proc-root", required_argument, NULL, 'p'},
	{"sys-root", required_argument, NULL, 'y'},  {"source", required_argument, NULL, 'o'},
	{"seconds", required_argument, NULL, 't'},   {"verbose", no_argument, NULL, 'v'},
	{0},
};

static int parse(int argc, char **argv, struct run_flags *f)
{
	for (int o; (o = options_next(argc, argv, "c:r:v", options)) != -1;) {
		switch (o) {
		case 'c': f->of.config = optarg; break;
		case 'd': f->of.state_dir = optarg; break;
		case 'u': f->of.run_dir = optarg; break;
		case 'p': f->of.proc_root = optarg; break;
		case 'y': f->of.sys_root = optarg; break;
		case 'o': f->of.source = optarg; break;
		case 't': f->seconds = atof(optarg); break;
		case 'v': log_set_max(LOG_LEVEL_DEBUG); break;
		case 'r':
			if (f->of.n_rules == SETTINGS_PATHS_MAX)
				return command_usage("run", "at most %d --rules", SETTINGS_PATHS_MAX);
			f->of.rules[f->of.n_rules++] = optarg;
			break;
		case 's':
			if (f->of.n_sets == SETTINGS_PATHS_MAX)
				return command_usage("run", "at most %d --set", SETTINGS_PATHS_MAX);
			f->of.sets[f->of.n_sets++] = optarg;
			break;
		default: return options_wrong("run", options, argv);
		}
	}
	return optind < argc ? command_usage("run", "unexpected argument '%s'", argv[optind]) : 0;
}

/* A store on a fresh machine: the directories are made here, before anything that could fire. */
static int make_state_dir(const char *path)
{
	if (mkdir(path, 0750) < 0 && errno != EEXIST)
		return log_error_errno(-errno, "cannot make '%s'; --state-dir names another place", path);
	return 0;
}

static int run_engine(struct settings *settings, const struct run_flags *flags)
{
	struct engine *e = NULL;
	size_t n = settings->rules->n;
	if (make_state_dir(settings->config.state_dir) < 0 || engine_new(settings, &flags->of, &e) < 0)
		return EXIT_FOUND;
	log_info("watching with %zu rules", n);
	notify_ready();
	int r = engine_run(e, (uint64_t)(flags->seconds * 1e9));
	notify_stopping();
	engine_free(e);
	return r < 0 ? EXIT_FOUND : EXIT_OK;
}

int cmd_run(int argc, char **argv)
{
	struct run_flags flags = {.of.usual_config = command_config()};
	struct settings *settings = NULL;
	struct stamps stamps;
	if (command_wants_help("run", argc, argv))
		return EXIT_OK;
	int r = parse(argc, argv, &flags);
	if (r)
		return r;
	struct diagnostics *d = diagnostics_new();
	if (!d)
		return EXIT_FOUND;
	signal(SIGPIPE, SIG_IGN);
	r = settings_load(&flags.of, d, &stamps, NULL, &settings);
	stamps_done(&stamps);
	diagnose_print(d, stderr);
	diagnostics_free(d);
	int status = r < 0 ? EXIT_FOUND : run_engine(settings, &flags);
	settings_free(settings);
	return status;
}
