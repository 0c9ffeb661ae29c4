/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/cli/command.h"
#include "engine/cli/diagnose.h"
#include "engine/cli/incident.h"
#include "engine/cli/options.h"
#include "engine/config.h"
#include "engine/detect/klog_patterns.h"
#include "engine/vocabulary.h"
#include "rules/check/schema.h"
#include "rules/kinds/kind.h"
#include "rules/load.h"
#include "rules/tell/effective.h"

#include <json-c/json.h>

/* Growing lists of borrowed arguments, as rules_load() takes them. */
struct arguments {
	const char **paths, **overrides, **noise;
	size_t n_paths, n_overrides, n_noise;
	const char *config; /* NULL: the usual one, which may be absent */
	bool json, effective, schema;
	const char *explain;
};

static void show_json(struct diagnostics *d)
{
	size_t n;
	const struct diagnostic *all = diagnostics_all(d, &n);
	struct json_object *list = json_object_new_array();
	for (size_t i = 0; i < n; i++) {
		struct json_object *o = json_object_new_object();
		json_object_object_add(o, "file", json_object_new_string(all[i].at.file));
		json_object_object_add(o, "line", json_object_new_int64(all[i].at.line));
		json_object_object_add(o, "column", json_object_new_int64(all[i].at.column));
		json_object_object_add(o, "level",
				       json_object_new_string(all[i].level == DIAGNOSTIC_ERROR ? "error" : "warning"));
		json_object_object_add(o, "code", json_object_new_string(all[i].code));
		const struct kind *kind = kind_find(all[i].code);
		json_object_object_add(o, "explain", kind ? json_object_new_string(kind->code) : NULL);
		json_object_object_add(o, "message", json_object_new_string(all[i].message));
		json_object_array_add(list, o);
	}
	puts(json_object_to_json_string_ext(list, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(list);
}

/* The configuration is checked where it is asked for, or where nothing is. */
static int check_config(const struct arguments *a, struct config *c, struct diagnostics *d)
{
	const char *path = a->config ? a->config : command_config();
	if (!a->config && a->n_paths)
		return 0;
	int r = config_load(c, path, d);
	if (r == -ENOENT && !a->config)
		return 0;
	if (r < 0 && r != -EINVAL && r != -ENOMEM) {
		diagnostics_add(d, DIAGNOSTIC_ERROR, (struct position){path, 1, 1}, "unreadable", "cannot read '%s': %s", path,
				strerror(-r));
		return -EINVAL;
	}
	return r;
}

/* With the configuration go the patterns of the kernel's log that it names; `tracetrap doctor` says when there are none. */
static int check_klog(const struct arguments *a, const struct config *c, struct diagnostics *d)
{
	struct klog_patterns *patterns = NULL;
	if ((!a->config && a->n_paths) || access(c->klog_path, F_OK) < 0)
		return 0;
	int r = klog_patterns_load(c->klog_path, NULL, d, &patterns);
	klog_patterns_free(patterns);
	return r;
}

/* Without paths: the rules that `tracetrap run` would take. */
static int check_rules(const struct arguments *a, const struct config *c, struct diagnostics *d, struct ruleset **ret_set)
{
	const struct load_options options = {
		.paths = a->n_paths ? a->paths : (const char *const *)c->rules.at,
		.n_paths = a->n_paths ? a->n_paths : c->rules.n,
		.overrides = a->overrides,
		.n_overrides = a->n_overrides,
		.vocabulary = vocabulary(),
		.store_bytes = c->store.max_use,
	};
	return rules_load(&options, d, ret_set);
}

/* As check_rules(): what is named, else, where no rules are named either, what `tracetrap run` would take. */
static int check_noise(const struct arguments *a, const struct config *c, struct diagnostics *d)
{
	const struct load_options options = {.paths = a->noise, .n_paths = a->n_noise, .vocabulary = vocabulary()};
	struct noise *noise = NULL;
	if (!a->n_noise && a->n_paths)
		return 0;
	int r = a->n_noise ? noise_load(&options, d, &noise) : config_load_noise(c, vocabulary(), NULL, d, &noise);
	noise_free(noise);
	return r;
}

static void show_lines(const char *title, const char *lines)
{
	printf("\n  %s\n", title);
	for (const char *line = lines; *line; line += strcspn(line, "\n"), line += *line == '\n')
		printf("      %.*s\n", (int)strcspn(line, "\n"), line);
}

/* A word that is none of them is answered with all. */
static int explain(const char *word)
{
	const struct kind *one = kind_find(word);
	if (one) {
		printf("%s %s\n", one->code, one->name);
		print_wrapped(one->paragraph, 2);
		if (one->wrong)
			show_lines("instead of", one->wrong);
		if (one->right)
			show_lines("write", one->right);
		return EXIT_OK;
	}
	fprintf(stderr, "tracetrap check: nothing is called '%.64s'; there are\n", word);
	for (size_t i = 0; (one = kind_at(i)); i++)
		fprintf(stderr, "  %s %s\n", one->code, one->name);
	return EXIT_USAGE;
}

static int show_schema(void)
{
	_cleanup_buf_ struct buf out = {0};
	rules_schema(vocabulary(), &out);
	struct json_object *o = json_tokener_parse(buf_str(&out));
	if (!o)
		return EXIT_FOUND;
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
	return EXIT_OK;
}

static void show_effective(const struct ruleset *set)
{
	_cleanup_buf_ struct buf out = {0};
	rules_effective(set, &out);
	fputs(buf_str(&out), stdout);
}

static int report(const struct arguments *a, struct diagnostics *d, const struct ruleset *set)
{
	size_t errors = diagnostics_count(d, DIAGNOSTIC_ERROR), warnings = diagnostics_count(d, DIAGNOSTIC_WARNING);
	if (a->json && !a->effective)
		show_json(d);
	else
		diagnose_print(d, stderr);
	if (a->effective && set)
		show_effective(set);
	else if (!a->json && set && !errors)
		printf("%zu rule%s, %zu warning%s\n", set->n, set->n == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
	return errors ? EXIT_FOUND : warnings ? EXIT_WARNINGS : EXIT_OK;
}

static int check(const struct arguments *a)
{
	struct config config;
	struct diagnostics *d = diagnostics_new();
	struct ruleset *set = NULL;
	if (!d || config_init(&config) < 0) {
		diagnostics_free(d);
		return EXIT_FOUND;
	}
	int r = check_config(a, &config, d);
	if (r != -ENOMEM)
		r = check_klog(a, &config, d);
	if (r != -ENOMEM && (a->n_paths || !a->n_noise))
		r = check_rules(a, &config, d, &set);
	if (r != -ENOMEM)
		r = check_noise(a, &config, d);
	int status = r == -ENOMEM ? EXIT_FOUND : report(a, d, set);
	if (r == -ENOMEM)
		fprintf(stderr, "tracetrap check: out of memory\n");
	ruleset_free(set);
	config_done(&config);
	diagnostics_free(d);
	return status;
}

static const struct option options[] = {
	{"config", required_argument, NULL, 'c'},   {"effective", no_argument, NULL, 'e'},
	{"explain", required_argument, NULL, 'x'},  {"json", no_argument, NULL, 'j'},
	{"noise", required_argument, NULL, 'n'},    {"rules", required_argument, NULL, 'r'},
	{"schema", no_argument, NULL, 'S'},	    {"set", required_argument, NULL, 's'},
	{0},
};

static bool take_option(struct arguments *a, int option)
{
	switch (option) {
	case 'c':
		a->config = optarg;
		return true;
	case 'e':
		return a->effective = true;
	case 'j':
		return a->json = true;
	case 'n':
		a->noise[a->n_noise++] = optarg;
		return true;
	case 'r':
		a->paths[a->n_paths++] = optarg;
		return true;
	case 'S':
		return a->schema = true;
	case 's':
		a->overrides[a->n_overrides++] = optarg;
		return true;
	case 'x':
		a->explain = optarg;
		return true;
	default:
		return false;
	}
}

/* EXIT_OK, or what to end with. */
static int parse(int argc, char **argv, struct arguments *a)
{
	for (int option; (option = options_next(argc, argv, "", options)) != -1;)
		if (!take_option(a, option))
			return options_wrong("check", options, argv);
	while (optind < argc)
		a->paths[a->n_paths++] = argv[optind++];
	return EXIT_OK;
}

int cmd_check(int argc, char **argv)
{
	if (command_wants_help("check", argc, argv))
		return EXIT_OK;
	_cleanup_free_ const char **paths = calloc((size_t)argc + 1, sizeof(*paths));
	_cleanup_free_ const char **overrides = calloc((size_t)argc + 1, sizeof(*overrides));
	_cleanup_free_ const char **noise = calloc((size_t)argc + 1, sizeof(*noise));
	struct arguments a = {.paths = paths, .overrides = overrides, .noise = noise};
	if (!paths || !overrides || !noise)
		return EXIT_FOUND;
	int r = parse(argc, argv, &a);
	return r != EXIT_OK ? r : a.explain ? explain(a.explain) : a.schema ? show_schema() : check(&a);
}
