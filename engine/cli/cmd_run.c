/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/command.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <sys/stat.h>

#include "engine/base/log.h"
#include "engine/cli/diagnose.h"
#include "engine/engine.h"
#include "engine/notify.h"
#include "engine/vocabulary.h"

#define PATHS_MAX 64

struct run_flags {
	const char *config, *state_dir, *run_dir, *proc_root, *sys_root, *source;
	const char *rules[PATHS_MAX], *sets[PATHS_MAX];
	size_t n_rules, n_sets;
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
	for (int o; (o = getopt_long(argc, argv, "c:r:v", options, NULL)) != -1;) {
		switch (o) {
		case 'c': f->config = optarg; break;
		case 'd': f->state_dir = optarg; break;
		case 'u': f->run_dir = optarg; break;
		case 'p': f->proc_root = optarg; break;
		case 'y': f->sys_root = optarg; break;
		case 'o': f->source = optarg; break;
		case 't': f->seconds = atof(optarg); break;
		case 'v': log_set_max(LOG_LEVEL_DEBUG); break;
		case 'r':
			if (f->n_rules == PATHS_MAX)
				return command_usage("run", "at most %d --rules", PATHS_MAX);
			f->rules[f->n_rules++] = optarg;
			break;
		case 's':
			if (f->n_sets == PATHS_MAX)
				return command_usage("run", "at most %d --set", PATHS_MAX);
			f->sets[f->n_sets++] = optarg;
			break;
		default: return command_usage("run", "wrong arguments");
		}
	}
	return optind < argc ? command_usage("run", "unexpected argument '%s'", argv[optind]) : 0;
}

static bool replace(char **value, const char *flag)
{
	if (!flag)
		return true;
	free(*value);
	*value = strdup(flag);
	return *value;
}

/* Flags go before the environment, the environment before the file, the file before the defaults. */
static int apply_flags(struct config *c, const struct run_flags *f)
{
	bool ok = replace(&c->state_dir, f->state_dir ? f->state_dir : getenv("TRACETRAP_STATE_DIR")) &&
		  replace(&c->run_dir, f->run_dir ? f->run_dir : getenv("TRACETRAP_RUN_DIR")) &&
		  replace(&c->proc_root, f->proc_root) && replace(&c->sys_root, f->sys_root);
	if (!ok)
		return -ENOMEM;
	if (!f->source)
		return 0;
	static const char *const kinds[] = {[SOURCE_AUTO] = "auto", [SOURCE_BPF] = "bpf", [SOURCE_PROC] = "proc"};
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (streq(f->source, kinds[i])) {
			c->source = (enum source_kind)i;
			return 0;
		}
	return command_usage("run", "unknown --source '%s': auto, bpf or proc", f->source);
}

static int load_config(struct config *c, const struct run_flags *f, struct diagnostics *d)
{
	int r = config_load(c, f->config ? f->config : command_config(), d);
	if (r == -ENOENT && !f->config)
		return 0;
	if (r == -ENOENT)
		log_error_errno(r, "cannot read '%s'", f->config);
	return r;
}

static int load_rules(const struct config *c, const struct run_flags *f, struct diagnostics *d, struct ruleset **ret)
{
	struct load_options load = {
		.paths = f->n_rules ? f->rules : (const char *const *)c->rules.at,
		.n_paths = f->n_rules ? f->n_rules : c->rules.n,
		.overrides = f->sets,
		.n_overrides = f->n_sets,
		.vocabulary = vocabulary(),
		.store_bytes = c->store.max_use,
	};
	return rules_load(&load, d, ret);
}

/* A store on a fresh machine: the directories are made here, before anything that could fire. */
static int make_state_dir(const char *path)
{
	if (mkdir(path, 0750) < 0 && errno != EEXIST)
		return log_error_errno(-errno, "cannot make '%s'; --state-dir names another place", path);
	return 0;
}

static int run_engine(const struct config *c, const struct ruleset *rules, const struct noise *noise, double seconds)
{
	struct engine *e = NULL;
	if (make_state_dir(c->state_dir) < 0 || engine_new(c, rules, noise, &e) < 0)
		return EXIT_FOUND;
	log_info("watching with %zu rules", rules->n);
	notify_ready();
	int r = engine_run(e, (uint64_t)(seconds * 1e9));
	notify_stopping();
	engine_free(e);
	return r < 0 ? EXIT_FOUND : EXIT_OK;
}

int cmd_run(int argc, char **argv)
{
	struct run_flags flags = {0};
	struct config config;
	struct ruleset *rules = NULL;
	struct noise *noise = NULL;
	if (command_wants_help("run", argc, argv))
		return EXIT_OK;
	int r = parse(argc, argv, &flags);
	if (r)
		return r;
	struct diagnostics *d = diagnostics_new();
	if (!d || config_init(&config) < 0)
		return EXIT_FOUND;
	signal(SIGPIPE, SIG_IGN);
	r = load_config(&config, &flags, d);
	if (r == 0)
		r = apply_flags(&config, &flags);
	if (r == 0)
		r = load_rules(&config, &flags, d, &rules);
	if (r == 0)
		r = config_load_noise(&config, vocabulary(), d, &noise);
	diagnose_print(d, stderr);
	diagnostics_free(d);
	int status = r > 0 ? r : r < 0 ? EXIT_FOUND : run_engine(&config, rules, noise, flags.seconds);
	noise_free(noise);
	ruleset_free(rules);
	config_done(&config);
	return status;
}
