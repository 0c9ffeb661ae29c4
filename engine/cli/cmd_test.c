/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/base/log.h"
#include "engine/cli/command.h"
#include "engine/cli/options.h"
#include "engine/cli/trials.h"

struct arguments {
	const char *run, *junit;
	bool diff, json, mutate;
	char **paths;
	int n_paths;
};

static int load(struct trials *t, const struct arguments *a)
{
	for (int i = 0; i < a->n_paths; i++) {
		int r = trials_add(t, a->paths[i]);
		if (r < 0)
			return log_error_errno(r, "cannot read the tests of '%s'", a->paths[i]);
	}
	if (t->n)
		return 0;
	log_error("no *.test.yaml in '%s'", a->paths[0]);
	return -ENOENT;
}

static int report(const struct trials *t, const struct arguments *a)
{
	if (a->json)
		trials_print_json(t);
	else
		trials_print(t, a->diff);
	int r = a->junit ? trials_write_junit(t, a->junit) : 0;
	if (r < 0)
		log_error_errno(r, "cannot write '%s'", a->junit);
	return trials_failed(t) || r < 0 ? EXIT_FOUND : EXIT_OK;
}

/* Mutating needs tests that pass; the report is then about the mutations alone. */
static int run(const struct arguments *a, const regex_t *chosen)
{
	_cleanup_(trials_done) struct trials t = {0};
	if (load(&t, a) < 0)
		return EXIT_FOUND;
	if (trials_run(&t, chosen) == 0 && trials_failed(&t) == 0) {
		log_error("no test%s%s", a->run ? " has a name that matches " : "", a->run ? a->run : "");
		return EXIT_FOUND;
	}
	if (!a->mutate || trials_failed(&t))
		return report(&t, a);
	return trials_mutate(&t, a->json) ? EXIT_OK : EXIT_FOUND;
}

static int parse(int argc, char **argv, struct arguments *a)
{
	static const struct option long_options[] = {
		{"diff", no_argument, NULL, 'd'},
		{"json", no_argument, NULL, 'j'},
		{"junit", required_argument, NULL, 'u'},
		{"mutate", no_argument, NULL, 'm'},
		{"run", required_argument, NULL, 'r'},
		{0},
	};
	for (int c; (c = options_next(argc, argv, "", long_options)) != -1;) {
		if (c == 'd')
			a->diff = true;
		else if (c == 'j')
			a->json = true;
		else if (c == 'u')
			a->junit = optarg;
		else if (c == 'm')
			a->mutate = true;
		else if (c == 'r')
			a->run = optarg;
		else
			return options_wrong("test", long_options, argv);
	}
	a->paths = argv + optind;
	a->n_paths = argc - optind;
	return a->n_paths ? EXIT_OK : command_usage("test", "expected at least one FILE of tests");
}

int cmd_test(int argc, char **argv)
{
	struct arguments a = {0};
	regex_t chosen;
	if (command_wants_help("test", argc, argv))
		return EXIT_OK;
	int r = parse(argc, argv, &a);
	if (r != EXIT_OK)
		return r;
	if (a.run && regcomp(&chosen, a.run, REG_EXTENDED | REG_NOSUB) != 0)
		return command_usage("test", "'%s' is no regular expression", a.run);
	r = run(&a, a.run ? &chosen : NULL);
	if (a.run)
		regfree(&chosen);
	return r;
}
